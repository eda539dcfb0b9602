"""The form that a wheel has: `make compiled` runs this and the tests of what is compiled, over the compiled modules."""

from __future__ import annotations

import importlib
import os
import shutil
import sys
from pathlib import Path

import pytest

COMPILED = Path(sys.prefix) / "compiled"
MODULES = ["devserve.http1.connection", "devserve.proxy.forward", "devserve.proxy.pages.markup", "devserve.io.exchange"]

pytestmark = pytest.mark.skipif(
    str(COMPILED) not in os.environ.get("PYTHONPATH", "").split(os.pathsep),
    reason="runs over the source; `make compiled` is for the other form",
)


@pytest.mark.parametrize("name", MODULES)
def test_what_an_exchange_goes_through_is_compiled(name: str) -> None:
    if shutil.which("cc") is None:
        pytest.skip("no C compiler here, so the source is installed; on Debian: apt install gcc")
    file = importlib.import_module(name).__file__
    assert file is not None
    assert Path(file).is_relative_to(COMPILED)
    assert Path(file).suffix == ".so"
