"""A user of a private system: a line in passwd, a home, and sudo without a password, all in the namespace."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.fleet_home import DEVSERVE
from support.private_system import System, private_system

NAME, NUMBER = "ann", 54321
HOME = Path("/home") / NAME
BORROWED = {"SUDO_UID": str(NUMBER), "SUDO_GID": str(NUMBER), "SUDO_USER": NAME}  # as sudo sets them
AS_USER = ("setpriv", f"--reuid={NUMBER}", f"--regid={NUMBER}", "--clear-groups", "--")
# Notes each call; then the real one.
SUDO = '#!/bin/sh\necho "$@" >> ~/sudo.log\nexec /usr/bin/sudo "$@"\n'
CONFIGURATION = '[project]\ndomain = "shop.test"\n'


@dataclass(frozen=True)
class User:
    """The user, in the system."""

    system: System

    def devserve(
        self, *arguments: str, prefix: Sequence[str] = AS_USER, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        """Run devserve in the user's repository; as the user, if nothing else is said."""
        environment = {"HOME": str(HOME), "PATH": f"{HOME}/bin:/usr/local/bin:/usr/bin:/bin", **variables}
        return self.system.run([*prefix, DEVSERVE, *arguments], HOME / "shop", environment)

    def shell(self, script: str, **environment: str) -> str:
        """Run a script as root in the system; return what it prints."""
        done = self.system.run(["sh", "-c", script], Path("/"), {"PATH": "/usr/sbin:/usr/bin:/bin", **environment})
        assert done.returncode == 0, done.stderr
        return done.stdout

    def strangers(self) -> list[str]:
        """Return what is in the home and is not the user's."""
        return self.shell(f"find {HOME} ! -user {NAME} -o ! -group {NAME}").split()


@contextmanager
def private_user(folder: Path) -> Iterator[User]:
    """Make the user, for as long as the block lasts."""
    with private_system(folder, [], script(folder)) as system:
        user = User(system)
        probe = user.devserve("--version")
        if "ermission denied" in probe.stderr:
            pytest.skip(f"another user cannot reach this checkout: {probe.stderr.strip()[-200:]}")
        assert probe.returncode == 0, probe.stderr
        yield user


def script(folder: Path) -> list[str]:
    """Return what is done in the namespace before anybody works there."""
    (folder / "passwd").write_text(f"{Path('/etc/passwd').read_text()}{NAME}:*:{NUMBER}:{NUMBER}:Ann:{HOME}:/bin/sh\n")
    (folder / "group").write_text(f"{Path('/etc/group').read_text()}{NAME}:x:{NUMBER}:\n")
    (folder / "sudoers").write_text(f"root ALL=(ALL:ALL) ALL\n{NAME} ALL=(ALL:ALL) NOPASSWD: ALL\n")
    (folder / "sudoers").chmod(0o440)
    (folder / "sudo").write_text(SUDO)
    (folder / "devserve.toml").write_text(CONFIGURATION)
    lines = [f"mount --bind {folder}/{name} /etc/{name}" for name in ("passwd", "group")]
    if shutil.which("sudo"):
        lines.append(f"mount --bind {folder}/sudoers /etc/sudoers")
    lines += [
        "mount -t tmpfs -o mode=755 tmpfs /home",
        f"mkdir -p {HOME}/bin {HOME}/shop",
        f"install -m 755 {folder}/sudo {HOME}/bin/sudo",
        f"cp {folder}/devserve.toml {HOME}/shop",
        f"chown -R {NAME}:{NAME} {HOME}",
    ]
    return [*lines, *opened(folder, Path(sys.base_prefix))]


def opened(folder: Path, python: Path) -> list[str]:
    """Return how a Python below root's closed home is reached by others, in the namespace."""
    if not python.is_relative_to("/root"):
        return []
    return [
        f"mkdir {folder}/python",
        f"mount --bind {python} {folder}/python",
        "mount -t tmpfs -o mode=755 tmpfs /root",
        f"mkdir -p {python}",
        f"mount --bind {folder}/python {python}",
    ]
