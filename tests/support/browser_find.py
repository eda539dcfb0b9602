"""Where this machine has a Chromium or Chrome that the tests can drive, and why not."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# How a browser in a temporary HOME learns to trust the CA; on macOS it would be the user's own keychain.
TRUST_TOOL = "certutil"


def find_browser() -> Path | None:
    """Return the browser's path."""
    found = filter(None, map(shutil.which, COMMANDS))
    return next(map(Path, found), None)


def lacking() -> str:
    """Return why the browser's tests cannot run here, or an empty string."""
    if sys.platform != "linux":
        return "the browser's tests need Linux: elsewhere trust is in the user's own keychain, which tests leave alone"
    if find_browser() is None:
        return f"no Chromium or Chrome here (looked for {', '.join(COMMANDS)}); on Debian: apt install chromium"
    if shutil.which(TRUST_TOOL) is None:
        return f"no {TRUST_TOOL} here, which adds the CA to the browser's trust; on Debian: apt install libnss3-tools"
    return ""


def need_browser() -> Path:
    """Return the browser's path; skip the test where there is none, or fail it with CI=true."""
    reason = lacking()
    if reason and os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(f"{reason} (CI is set, so this is a failure)")
    if reason:
        pytest.skip(reason)
    browser = find_browser()
    assert browser is not None
    return browser
