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
from devserve.io.ca import hosts_file
path, *names = sys.argv[1:]
try:
    hosts_file.add(Path(path), names) if names else hosts_file.remove(Path(path))
except DevserveError as error:
    raise SystemExit(str(error))
"""
STORES = (  # what setup changes on Debian, Fedora, Arch and openSUSE
    Path("/usr/local/share/ca-certificates"),
    Path("/etc/ssl"),
    Path("/etc/pki"),
    Path("/etc/ca-certificates"),
    Path("/var/lib/ca-certificates"),
)
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


def stores_of_ours(folder: Path) -> str:
    """Return a script that puts copies over this machine's trust stores, so that setup changes those alone."""
    script = []
    for number, store in enumerate(STORES):
        if store.is_dir():
            copy = folder / f"store-{number}"
            shutil.copytree(store, copy, symlinks=True)
            script.append(f"mount --bind '{copy}' '{store}'")
    return "\n".join(script)
