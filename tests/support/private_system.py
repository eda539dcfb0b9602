"""A mount namespace in which the system's trust store and hosts file are copies: what setup does there stays there."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from support.fleet_home import Home

COPIED = (Path("/etc/ssl"), Path("/usr/local/share/ca-certificates"))
# Debian's hook for Java goes by dpkg's triggers. Both keep records there.
RECORDS = tuple(folder for folder in (Path("/var/lib/dpkg"), Path("/var/lib/ca-certificates-java")) if folder.is_dir())
JAVA = Path("java/cacerts")  # a key store with times in it: never twice the same bytes
UNSHARE = ("unshare", "--mount", "--propagation", "private")
SECONDS = 60


@dataclass(frozen=True)
class System:
    """The namespace of a process that waits in it."""

    process: int
    folder: Path

    def inside(self, command: Sequence[str | Path], cwd: Path) -> list[str]:
        """Return the command that runs another inside the namespace."""
        enter = ["nsenter", f"--target={self.process}", "--mount", "--"]
        # nsenter's own --wd means a folder outside.
        return [*enter, "sh", "-c", 'cd "$0" && exec "$@"', str(cwd), *map(str, command)]

    def run(
        self, command: Sequence[str | Path], cwd: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a command inside the namespace to its end."""
        return subprocess.run(
            self.inside(command, cwd),
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def files(self) -> dict[str, str]:
        """Return the digest of what every file and link of the system's trust store leads to."""
        found = {}
        for copied in COPIED:
            below = self.folder / copied.name
            for path in sorted(below.rglob("*")):
                name = f"{copied}/{path.relative_to(below)}"
                if path.is_dir() or name.endswith(str(JAVA)):
                    continue
                found[name] = sha256(path.read_bytes()).hexdigest() if path.exists() else "leads nowhere"
        return found


@contextmanager
def private_system(folder: Path, names: Iterable[str], more: Sequence[str] = ()) -> Iterator[System]:
    """Make the namespace, with these names in its hosts file, for as long as the block lasts; run more lines there."""
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("nsenter"):
        pytest.skip("only root, with util-linux's unshare and nsenter, can make a mount namespace")
    if not Path("/usr/sbin/update-ca-certificates").exists():
        pytest.skip("no update-ca-certificates here: not a Debian")
    probe = subprocess.run([*UNSHARE, "true"], capture_output=True, text=True, check=False, timeout=10)
    if probe.returncode != 0:
        pytest.skip(f"no mount namespace here: {probe.stderr.strip()}")
    (folder / "hosts").write_text(
        "".join(f"127.0.0.1 {name}\n::1 {name}\n" for name in ("localhost", platform.node(), *names))
    )
    lines = [f"mount --bind {folder}/hosts /etc/hosts"]
    for copied in (*COPIED, *RECORDS):
        lines += [f"cp -a {copied} {folder}/{copied.name}", f"mount --bind {folder}/{copied.name} {copied}"]
    script = "\n".join([*lines, *more, "echo ready", "exec cat"])
    with subprocess.Popen([*UNSHARE, "sh", "-ec", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"ready\n"
        yield System(holder.pid, folder)


def plain_environment(home: Home) -> dict[str, str]:
    """Return a client's environment without any variable that names certificates."""
    return {"HOME": str(home.path), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
