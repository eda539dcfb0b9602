"""The npm packages of the tests with Node: installed once, into folders that git ignores, for all of them."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.fleet_home import ROOT

FOLDER = ROOT / ".cache"
NPM = ("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--loglevel=error")
SECONDS = 300


@dataclass(frozen=True)
class Packages:
    """Packages with their versions that are installed together, in a folder of their own."""

    name: str
    versions: Mapping[str, str]


USUAL = Packages("node", {
    **json.loads((ROOT / "examples/gulp/package.json").read_text())["dependencies"],
    "axe-core": "4.14.1",
    "cookie-parser": "1.4.7",
    "create-vite": "9.3.0",
    "debug": "4.4.3",
    "express": "5.3.0",
    "express-generator": "4.16.1",
    "livereload-js": "4.0.2",
    "morgan": "1.12.1",
    "next": "16.4.6",
    "react": "19.3.1",
    "react-dom": "19.3.1",
    "vite": "8.3.8",
    "webpack": "5.112.2",
    "webpack-cli": "7.3.1",
    "webpack-dev-server": "5.2.7",
})  # fmt: skip
ANGULAR = Packages("angular", {  # for tests that are long: more than 400 packages
    **dict.fromkeys(("@angular/build", "@angular/cli"), "21.2.27"),
    **{f"@angular/{name}": "21.2.24" for name in ("common", "compiler", "compiler-cli", "core", "platform-browser")},
    "rxjs": "7.8.2",
    "tslib": "2.9.1",
    "typescript": "5.9.3",
})  # fmt: skip


def lacking() -> str:
    """Return why the tests with Node cannot run here, or an empty string."""
    absent = [program for program in ("node", "npm") if shutil.which(program) is None]
    return f"no {' and no '.join(absent)} here; on Debian: apt install npm" if absent else ""


def install(packages: Packages = USUAL) -> Path:
    """Return the node_modules folder, filled unless it is already."""
    folder = FOLDER / packages.name
    folder.mkdir(parents=True, exist_ok=True)
    wanted = json.dumps({"private": True, "dependencies": packages.versions}, indent=1)
    done = folder / "installed.json"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test processes
        if not done.exists() or done.read_text() != wanted:
            (folder / "package.json").write_text(wanted)
            subprocess.run(NPM, cwd=folder, check=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
            done.write_text(wanted)
    return folder / "node_modules"


def need_node_packages(packages: Packages = USUAL) -> Path:
    """Return the node_modules folder; skip the test where there is no Node, or fail it with CI=true."""
    reason = lacking()
    if reason and os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(f"{reason} (CI is set, so this is a failure)")
    if reason:
        pytest.skip(reason)
    return install(packages)


def main() -> None:
    if reason := lacking():
        sys.stderr.write(f"devserve: some tests will be skipped: {reason}\n")
        return
    try:
        install()
    except (subprocess.SubprocessError, OSError) as error:
        sys.stderr.write(f"devserve: the npm packages for some tests cannot be installed: {error}\n")
        if os.environ.get("CI", "").lower() in ("true", "1"):
            sys.exit(1)


if __name__ == "__main__":
    main()
