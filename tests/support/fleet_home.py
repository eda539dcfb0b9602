"""A user's home for one test: an empty HOME, devserve's own state in it, and devserve run there as a user would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
BIN = Path(sys.executable).parent
DEVSERVE = str(BIN / "devserve")
# What would make a run depend on who runs the tests.
FOREIGN = (
    "XDG_",
    "DEVSERVE",
    "SUDO_",
    "CI",
    "NO_COLOR",
    "FORCE_COLOR",
    "COLUMNS",
    "PYTHON",
    "LISTEN_",
    "JAVA_HOME",
    "WSL_",
)
SECONDS = 30


@dataclass(frozen=True)
class Home:
    """An empty home folder."""

    path: Path
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        """DEVSERVE_HOME."""
        return self.path / ".devserve"

    @property
    def environment(self) -> dict[str, str]:
        """The whole environment of a command in this home."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
        path = f"{BIN}{os.pathsep}{os.environ['PATH']}"
        return {**inherited, "HOME": str(self.path), "DEVSERVE_HOME": str(self.state), "PATH": path, **self.extra}

    def devserve(self, *arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a command of devserve to its end."""
        return subprocess.run(
            [DEVSERVE, *map(str, arguments)],
            cwd=cwd,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )


def new_home(folder: Path, **extra: str) -> Home:
    """Return an empty home in a folder."""
    path = folder / "home"
    path.mkdir()
    hosts = folder / "hosts"  # never this machine's own
    hosts.write_text("127.0.0.1 localhost\n::1 localhost\n")
    own = {"DEVSERVE_HOSTS_FILE": str(hosts), "DEVSERVE_SYSTEM_ROOT": str(folder / "no-system")}
    return Home(path, {**own, **extra})


def copy_of_fleet(folder: Path) -> Path:
    """Return a copy of examples/fleet that a test may edit."""
    fleet = folder / "fleet"
    shutil.copytree(ROOT / "examples" / "fleet", fleet, ignore=shutil.ignore_patterns("__pycache__"))
    return fleet


def repository(folder: Path, text: str) -> Path:
    """Return a new repository with this devserve.toml."""
    root = folder / "repository"
    root.mkdir()
    (root / "devserve.toml").write_text(text)
    return root
