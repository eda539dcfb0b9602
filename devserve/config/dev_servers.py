"""Which development server with a hot client of its own a command starts: Vite, webpack and their like."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

# Each program's sub-commands that serve; "" is the program alone, and any flags.
SERVE = {
    "vite": ("", "dev", "serve"),
    "next": ("dev",),
    "webpack": ("serve", "s", "server"),
    "webpack-dev-server": ("",),
    "react-scripts": ("start",),
    "vue-cli-service": ("serve",),
    "ng": ("serve", "s"),
    "nuxt": ("dev",),
    "nuxi": ("dev",),
    "astro": ("", "dev"),
    "gatsby": ("develop",),
    "parcel": ("", "serve"),
    "rsbuild": ("", "dev"),
    "rspack": ("serve", "dev"),
    "vitepress": ("dev",),
    "storybook": ("dev",),
}
RUNNERS = {"npx", "pnpx", "bunx", "exec", "dlx", "x"}
SCRIPT_RUNNERS = {"npm", "pnpm", "yarn", "bun"}
WRAPPERS = {"node", "cross-env", "dotenv", "env", "--"}
DEEPEST = 4  # scripts that run scripts
PARTS = re.compile(r"&&|\|\||[;&|\n]")  # where a shell ends one command of a script
NOT_APPENDED_TO = re.compile(r"[()`]|\s#")  # in a script: its end is not the end of its last command


@dataclass(frozen=True, slots=True)
class Found:
    """A development server that a command starts, and what comes between the command and more arguments for it."""

    program: str
    before: tuple[str, ...] | None = ()  # None: what is appended to the command does not reach it


def dev_server_of(command: Sequence[str], package: str = "") -> str:
    """Return the program that serves with a hot client; "" when the command starts none. `package`: package.json."""
    found = _within(tuple(command), _scripts(package), DEEPEST)
    return found.program if found else ""


def appended(command: Sequence[str], arguments: Sequence[str], package: str = "") -> tuple[str, ...] | None:
    """Return a command with more arguments for the development server that it starts; None where none gets them."""
    found = _within(tuple(command), _scripts(package), DEEPEST)
    return None if found is None or found.before is None else (*command, *found.before, *arguments)


def _within(words: tuple[str, ...], scripts: Mapping[str, str], depth: int) -> Found | None:
    if depth == 0:
        return None
    if len(words) == 3 and words[1] == "-c":  # a shell, to which more arguments are $0, $1 ...
        found = _in_text(words[2], scripts, depth)
        return found and replace(found, before=None)
    while words and (PurePosixPath(words[0]).name in WRAPPERS | RUNNERS or words[0].startswith("-") or "=" in words[0]):
        words = words[1:]
    if not words:
        return None
    program = PurePosixPath(words[0]).name.removesuffix(".js").removesuffix(".mjs")
    if program in SCRIPT_RUNNERS:
        found = _through_script(words[1:], scripts, depth)
        return found and replace(found, before=_before(program, words, found.before))
    plain = [word for word in words[1:] if not word.startswith("-")]
    flags_first = len(words) > 1 and words[1].startswith("-")
    asked = "" if flags_first or not plain else plain[0]
    return Found(program) if asked in SERVE.get(program, ()) else None


def _before(runner: str, words: tuple[str, ...], inner: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Return what a runner of scripts has before arguments for a script: npm keeps what has no `--` before it."""
    if runner != "npm" or inner is None:
        return None if inner else inner
    return inner if "--" in words else ("--", *inner)


def _through_script(words: tuple[str, ...], scripts: Mapping[str, str], depth: int) -> Found | None:
    if words and words[0] in RUNNERS:
        return _within(words[1:], scripts, depth - 1)
    name = next((word for word in words if word not in ("run", "run-script") and not word.startswith("-")), "")
    return _in_text(scripts.get(name, ""), scripts, depth - 1) or (
        None if name in scripts else _within(words, {}, depth - 1)
    )


def _in_text(text: str, scripts: Mapping[str, str], depth: int) -> Found | None:
    parts = PARTS.split(text)
    for place, part in enumerate(parts, start=1):
        try:
            words = tuple(shlex.split(part))
        except ValueError:
            continue
        if found := _within(words, scripts, depth):
            is_end = place == len(parts) and NOT_APPENDED_TO.search(text) is None
            return found if is_end else replace(found, before=None)
    return None


def _scripts(package: str) -> Mapping[str, str]:
    try:
        found = json.loads(package)
    except ValueError:
        return {}
    scripts = found.get("scripts") if isinstance(found, dict) else None
    if not isinstance(scripts, dict):
        return {}
    return {name: text for name, text in scripts.items() if isinstance(text, str)}
