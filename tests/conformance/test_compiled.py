"""Which form runs: a wheel's, compiled, under `make compiled`; else the source."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from pathlib import Path

import pytest

from support.command_line import devserve

COMPILED = Path(sys.prefix) / "compiled"
MODULES = [
    "devserve.http1.connection",
    "devserve.proxy.forward",
    "devserve.proxy.pages.markup",
    "devserve.io.proxy.exchange",
]
AS_A_WHEEL = str(COMPILED) in os.environ.get("PYTHONPATH", "").split(os.pathsep)


@pytest.mark.parametrize("name", MODULES)
def test_what_an_exchange_goes_through_has_the_form_that_is_meant(name: str) -> None:
    file = Path(str(importlib.import_module(name).__file__))
    assert file.is_relative_to(COMPILED) is AS_A_WHEEL
    compiled = AS_A_WHEEL and shutil.which("cc") is not None
    assert file.suffix == (".so" if compiled else ".py")
    assert f", {'compiled' if compiled else 'from its source'}, Python 3." in devserve("--version").stdout
