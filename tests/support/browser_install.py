"""Install a browser, and the other programs of the tests, on Debian as root. Says what is missing elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

from support.browser_find import TRUST_TOOL, find_browser, lacking

SEARCHED = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
TOOLS = {"strace": "strace", "nft": "nftables"}  # other programs of the tests, and Debian's packages of them
APT_GET = ("apt-get", "--quiet", "--quiet", "--yes")


def missing_packages() -> list[str]:
    """Return the Debian packages that the browser's tests lack here."""
    packages = []
    if find_browser() is None:
        packages.append("chromium")
    if shutil.which(TRUST_TOOL) is None:
        packages.append("libnss3-tools")
    return packages + [package for tool, package in TOOLS.items() if shutil.which(tool, path=SEARCHED) is None]


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
