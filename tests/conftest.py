"""No test reaches this machine's own trust stores, whatever it leaves out."""

from __future__ import annotations

import os

pytest_plugins = ["devserve.testing", "pytester"]
NOWHERE = "/nonexistent/system"


def pytest_configure() -> None:
    """Let `setup` see an empty system, without JDKs and without Windows; a test that needs one makes it."""
    os.environ["DEVSERVE_SYSTEM_ROOT"] = NOWHERE
    for name in ("JAVA_HOME", "WSL_DISTRO_NAME"):
        os.environ.pop(name, None)
