"""The Node plugin, called through the public hooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import devserve_node
from devserve import Service
from devserve.testing import Hooked

VITE = '{"scripts": {"dev": "vite"}}'


def services(hooked: Callable[..., Hooked], root: Path, **files: str) -> list[Service]:
    for name, text in files.items():
        (root / name).write_text(text)
    return list(devserve_node.devserve_services(replace(hooked(devserve_node).project, services=())))


@pytest.mark.parametrize(
    ("lock", "command"),
    [
        ("package-lock.json", ("npm", "run", "dev", "--", "--port", "$PORT", "--strictPort")),
        ("pnpm-lock.yaml", ("pnpm", "run", "dev", "--port", "$PORT", "--strictPort")),
        ("yarn.lock", ("yarn", "run", "dev", "--port", "$PORT", "--strictPort")),
    ],
)
def test_a_script_is_started_by_the_package_manager_of_the_lock_file(
    hooked: Callable[..., Hooked], tmp_path: Path, lock: str, command: tuple[str, ...]
) -> None:
    (service,) = services(hooked, tmp_path, **{"package.json": VITE, lock: ""})
    assert (service.command, service.dev_server) == (command, "vite")


@pytest.mark.parametrize("files", [{"package.json": "{}"}, {"package.json": VITE, "Procfile": "web: x"}, {}])
def test_what_has_no_script_or_a_procfile_is_left_alone(
    hooked: Callable[..., Hooked], tmp_path: Path, files: dict[str, str]
) -> None:
    assert services(hooked, tmp_path, **files) == []
