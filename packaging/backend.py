"""The build backend: setuptools', with mypy asked for only where a wheel is compiled (PEP 517, PEP 660)."""

from __future__ import annotations

import os
from collections.abc import Mapping

from setuptools import build_meta
from setuptools.build_meta import (
    build_editable,
    build_sdist,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

__all__ = [
    "build_editable",
    "build_sdist",
    "build_wheel",
    "get_requires_for_build_editable",
    "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
    "prepare_metadata_for_build_editable",
    "prepare_metadata_for_build_wheel",
]
COMPILER = "mypy>=2.4"


def get_requires_for_build_wheel(config_settings: Mapping[str, str | list[str] | None] | None = None) -> list[str]:
    """Return what a wheel is built with."""
    needed = build_meta.get_requires_for_build_wheel(config_settings)
    return needed if os.environ.get("DEVSERVE_PURE") else [*needed, COMPILER]
