"""Programs that take the place of those which would fetch packages: what the tests have installed is there at once."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

from support.node_packages import need_node_packages
from support.python_packages import install

NPM = """case "$1 $2" in
  "create vite@latest") shift 2; name=$1; shift 2; exec node {packages}/create-vite/index.js "$name" "$@" ;;
  "install "*) exec ln -s {packages} node_modules ;;
esac
"""
NPX = """case "$1" in express-generator) shift; exec {packages}/.bin/express "$@" ;; esac
"""
PYTHON = """case "$1 $2" in "-m venv") exec ln -s {environment} "$3" ;; esac
"""
PROGRAMS = {"npm": NPM, "npx": NPX, "python3": PYTHON}


def stand_ins(folder: Path) -> Path:
    """Return a folder of such programs; each is the real one for all that fetches nothing."""
    places = {"packages": shlex.quote(str(need_node_packages())), "environment": shlex.quote(str(install()))}
    folder.mkdir()
    for name, script in PROGRAMS.items():
        real = shutil.which(name) or sys.executable
        file = folder / name
        file.write_text(f'#!/bin/sh\n{script.format(**places)}exec {shlex.quote(real)} "$@"\n')
        file.chmod(0o755)
    return folder
