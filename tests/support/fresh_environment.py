"""A virtual environment as its owner has it: devserve and pytest are installed in it, and nothing of this test yet."""

from __future__ import annotations

import sysconfig
import venv
from pathlib import Path

# pip is the real one. It finds all requirements installed, and asks no index for a build backend that is there too.
PIP = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_QUIET": "1"}


def fresh_environment(folder: Path) -> Path:
    """Return the programs of a new environment that sees what is installed for the tests, and gets new ones alone."""
    venv.EnvBuilder(symlinks=True).create(folder)
    programs = folder / "bin"
    (packages,) = folder.glob("lib/python*/site-packages")
    # As a site folder, not a path: devserve is installed here by a .pth file of its own.
    (packages / "tests.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    script = programs / "devserve"
    script.write_text(f'#!/bin/sh\nexec "{programs}/python" -m devserve "$@"\n')
    script.chmod(0o755)
    return programs
