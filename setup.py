"""Compiles what every exchange goes through, where a C compiler is; everything works without.

An editable installation stays uncompiled: there the source is what runs. DEVSERVE_PURE=1 compiles nothing anywhere.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from setuptools import Extension, setup

EXCHANGE = [
    "access",
    "answers",
    "downstream",
    "dressing",
    "exchange",
    "messages",
    "plugged",
    "relay",
    "site",
    "streams",
    "tls",
    "tunnel",
    "upload",
    "upstream",
]
# Calls between the compiled modules go straight, not by the table for symbols that another library might replace.
FLAGS = ["-fvisibility=hidden", "-fno-semantic-interposition"]


def compiled() -> list[Extension]:
    """Return the extension modules; none where they are not wanted."""
    if "bdist_wheel" not in sys.argv or os.environ.get("DEVSERVE_PURE"):
        return []
    from mypyc.build import mypycify  # packaging/backend.py asks for it where a wheel is built

    files = [*Path("devserve/http1").glob("*.py"), *Path("devserve/proxy").rglob("*.py")]
    files += [Path(f"devserve/io/proxy/{name}.py") for name in EXCHANGE]
    wanted = [str(file) for file in sorted(files) if file.name != "__init__.py"]
    options = [
        "--config-file=",
        "--ignore-missing-imports",  # an isolated build has no dependencies, so of other files' types
        "--follow-imports=silent",  # nothing can be said there
        "--python-version",
        ".".join(map(str, sys.version_info[:2])),
    ]
    try:
        extensions = mypycify([*options, *wanted], opt_level="3", group_name="devserve")
    except SystemExit:  # mypy has said why: a later version may see what the one of our tests does not
        sys.stderr.write("devserve: nothing is compiled; everything works, at about half the speed\n")
        return []
    for extension in extensions:
        extension.optional = True
        extension.extra_compile_args = [*extension.extra_compile_args, *FLAGS]  # the extensions share their list
    return extensions


setup(ext_modules=compiled())
