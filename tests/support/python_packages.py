"""The frameworks of the tests with Python: in an environment that is made once, in a folder that git ignores."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import venv
from pathlib import Path

from support.fleet_home import ROOT

FOLDER = ROOT / ".cache" / "python"
PACKAGES = ("django==5.2.19", "flask==3.1.3", "fastapi==0.165.0", "uvicorn==0.54.0", "websockets==17.4")
SECONDS = 180


def install() -> Path:
    """Return the environment, filled unless it is already."""
    environment = FOLDER / "environment"
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = "\n".join((sys.version, *PACKAGES))
    done = FOLDER / "installed.txt"
    with (FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test processes
        if not done.exists() or done.read_text() != wanted:
            venv.create(environment, with_pip=True, clear=True)
            pip = (environment / "bin/python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
            subprocess.run((*pip, *PACKAGES), check=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
            done.write_text(wanted)
    return environment


def main() -> None:
    try:
        install()
    except (subprocess.SubprocessError, OSError) as error:
        sys.stderr.write(f"devserve: the Python packages for some tests cannot be installed: {error}\n")
        if os.environ.get("CI", "").lower() in ("true", "1"):
            sys.exit(1)


if __name__ == "__main__":
    main()
