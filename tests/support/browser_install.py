"""Install what the tests drive where that needs no question: Debian, as root. Says what is missing elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from support.browser_find import TRUST_TOOL, find_browser, lacking

SEARCHED = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
TOOLS = {  # commands that tests need, and the packages that bring them
    TRUST_TOOL: "libnss3-tools",
    "certtool": "gnutls-bin",
    "cc": "gcc",
    "curl": "curl",
    "faketime": "faketime",
    "git": "git",
    "openssl": "openssl",
    "nft": "nftables",
    "strace": "strace",
}
APT_GET = ("apt-get", "--quiet", "--quiet", "--yes")


def missing_packages() -> list[str]:
    """Return the Debian packages that the tests lack here."""
    browser = ["chromium"] if find_browser() is None else []
    return [*browser, *(package for command, package in TOOLS.items() if shutil.which(command, path=SEARCHED) is None)]


def main() -> None:
    packages = missing_packages()
    if packages and os.geteuid() == 0 and shutil.which("apt-get"):
        sys.stderr.write(f"devserve: installing {' and '.join(packages)} for the tests\n")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for step in (("update",), ("install", "--no-install-recommends", *packages)):
            # What cannot be installed is told below, and by each test that needs it.
            subprocess.run([*APT_GET, *step], env=environment, check=False, stdin=subprocess.DEVNULL)
    if reason := lacking():
        sys.stderr.write(f"devserve: some tests will be skipped: {reason}\n")


if __name__ == "__main__":
    main()
