"""Which livereload.js a page gets: the one that comes with devserve, or its repository's own newer one."""

from __future__ import annotations

import json
import re

VERSION_IN_SCRIPT = re.compile(rb"\bVersion = '(\d+(?:\.\d+)*)'")
NUMBERS = re.compile(r"\d+(?:\.\d+)*")
PACKAGE = "node_modules/livereload-js"
FILES = ("dist/livereload.js", "dist/livereload.min.js")  # below the package's folder

Version = tuple[int, ...]


def version_of_script(script: bytes) -> Version:
    """Return the version that a livereload.js says it has; (0,) when it says none."""
    found = VERSION_IN_SCRIPT.search(script)
    return parsed(found[1].decode("ascii")) if found else (0,)


def version_of_package(package: str) -> Version:
    """Return the version in the text of a package.json; (0,) when it has none."""
    try:
        found = json.loads(package)
    except ValueError:
        return (0,)
    version = found.get("version") if isinstance(found, dict) else None
    return parsed(version) if isinstance(version, str) else (0,)


def parsed(text: str) -> Version:
    """Return the numbers at the start of a version; what follows them (-beta.1) does not count."""
    found = NUMBERS.match(text.strip())
    return tuple(int(number) for number in found[0].split(".")) if found else (0,)


def with_plugin(plugin: bytes, script: bytes) -> bytes:
    """Return one response with both; the plugin first, so that the script finds it."""
    return plugin.rstrip() + b"\n;\n" + script
