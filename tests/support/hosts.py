"""A hosts file for one test, and who edits it: processes of their own, in mount namespaces of their own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

USUAL = b"127.0.0.1\tlocalhost\n::1 localhost\n\n# the printer\n10.0.0.9 printer # upstairs\n"
EDIT = """
import sys
from pathlib import Path
from devserve.errors import DevserveError
from devserve.io import hosts_file
path, *names = sys.argv[1:]
try:
    hosts_file.add(Path(path), names) if names else hosts_file.remove(Path(path))
except DevserveError as error:
    raise SystemExit(str(error))
"""
PRIVATE = ("unshare", "--mount", "--propagation", "private")


def editor(path: Path, *names: str) -> list[str]:
    """Return the command that adds names to a hosts file, or, without any, takes devserve's lines out."""
    return [sys.executable, "-c", EDIT, str(path), *names]


def edit(path: Path, *names: str, wrapper: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """Run the editor to its end."""
    return subprocess.run([*wrapper, *editor(path, *names)], capture_output=True, text=True, timeout=30, check=False)


def mounted(script: str) -> list[str]:
    """Return a wrapper that runs a command in a mount namespace of its own, after this script."""
    if os.geteuid() != 0 or not shutil.which("unshare"):
        pytest.skip("only root can make a mount namespace")
    probe = subprocess.run([*PRIVATE, "true"], capture_output=True, check=False, timeout=10)
    if probe.returncode != 0:
        pytest.skip(f"no mount namespace here: {probe.stderr.decode().strip()}")
    return [*PRIVATE, "sh", "-ec", f'{script}\nexec "$@"', "sh"]


def path_without_stores(folder: Path) -> str:
    """Return a PATH with what setup needs for names, and no command of a trust store: this machine's own stay alone."""
    path = folder / "few-commands"
    path.mkdir()
    for command in ("sh", "tr", "grep"):
        (path / command).symlink_to(str(shutil.which(command)))
    return str(path)
