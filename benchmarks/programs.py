"""The programs that a run needs: looked for, installed on Debian as root, and asked for their versions."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import shutil
import ssl
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

COMPILED = Path(sys.prefix) / "compiled"  # `make compiled` installs there what a wheel has
CACHE = Path(__file__).parent / ".cache"  # ignored by git
PACKAGES = {"nginx": "nginx-light", "caddy": "caddy", "wrk": "wrk", "node": "nodejs", "npm": "npm"}
HTTP_PROXY = "http-proxy"
INSTALL_SECONDS = 600


def install() -> None:
    """Install what is missing, where this is Debian and we are root; elsewhere what is missing stays out."""
    missing = [package for program, package in PACKAGES.items() if not path_of(program)]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing {' '.join(missing)}")
        _quietly(["apt-get", "update"])
        for package in missing:  # one by one: what there is not must not keep the others out
            _install_package(package)
    if path_of("npm") and not (CACHE / "node_modules" / HTTP_PROXY).is_dir():
        print(f"installing {HTTP_PROXY} into {CACHE.name}")
        CACHE.mkdir(exist_ok=True)
        _quietly(["npm", "install", "--no-audit", "--no-fund", "--prefix", str(CACHE), HTTP_PROXY])


def path_of(program: str) -> str | None:
    """Return where a program is; servers are often outside of a user's PATH."""
    return shutil.which(program, path=os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"]))


def missing(needs: Sequence[str]) -> list[str]:
    """Return which of these are not installed."""
    return [need for need in needs if not (_http_proxy_version() if need == HTTP_PROXY else path_of(need))]


def versions() -> dict[str, str]:
    """Return the version of everything that takes part, where it is installed."""
    asked = {
        "devserve": f"{importlib.metadata.version('devserve')}, {_form()},"
        f" Python {platform.python_version()}, {_loop()},"
        f" {ssl.OPENSSL_VERSION}",
        "nginx": _first_line(["nginx", "-v"]).removeprefix("nginx version: nginx/"),
        "Caddy": _first_line(["caddy", "version"]),
        "Node": _first_line(["node", "--version"]),
        HTTP_PROXY: _http_proxy_version(),
        "wrk": _first_line(["wrk", "-v"]).partition(" Copyright")[0].removeprefix("wrk "),
    }
    return {name: version for name, version in asked.items() if version}


def _form() -> str:
    return "compiled" if any(COMPILED.glob("devserve__mypyc.*")) else "from its source"


def _install_package(package: str) -> None:
    # Debian starts servers when it installs them; a policy that says no keeps port 80 free.
    policy = Path("/usr/sbin/policy-rc.d")
    ours = not policy.exists()
    if ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        _quietly(["apt-get", "install", "--yes", "--no-install-recommends", package])
    finally:
        if ours:
            policy.unlink()


def _quietly(argv: Sequence[str]) -> None:
    done = subprocess.run(
        argv,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )
    if done.returncode:
        print(f"{' '.join(argv)} failed:\n{done.stderr.strip()}")


def _loop() -> str:
    try:
        return f"uvloop {importlib.metadata.version('uvloop')}"
    except importlib.metadata.PackageNotFoundError:
        return "asyncio's own loop"


def _http_proxy_version() -> str:
    file = CACHE / "node_modules" / HTTP_PROXY / "package.json"
    return str(json.loads(file.read_text())["version"]) if file.is_file() else ""


def _first_line(argv: Sequence[str]) -> str:
    program = path_of(argv[0])
    if program is None:
        return ""
    done = subprocess.run([program, *argv[1:]], capture_output=True, text=True, timeout=10, check=False)
    return (done.stdout + done.stderr).partition("\n")[0].strip()
