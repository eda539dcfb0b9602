"""Which development server with a hot client of its own a command starts: Vite, webpack and their like."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
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


def dev_server_of(command: Sequence[str], package: str = "") -> str:
    """Return the program that serves with a hot client; "" when the command starts none. `package`: package.json."""
    return _within(tuple(command), _scripts(package), DEEPEST)


def _within(words: tuple[str, ...], scripts: Mapping[str, str], depth: int) -> str:
    if depth == 0:
        return ""
    if len(words) == 3 and words[1] == "-c":  # a shell
        return _in_text(words[2], scripts, depth)
    while words and (PurePosixPath(words[0]).name in WRAPPERS | RUNNERS or words[0].startswith("-") or "=" in words[0]):
        words = words[1:]
    if not words:
        return ""
    program = PurePosixPath(words[0]).name.removesuffix(".js").removesuffix(".mjs")
    if program in SCRIPT_RUNNERS:
        return _through_script(words[1:], scripts, depth)
    plain = [word for word in words[1:] if not word.startswith("-")]
    flags_first = len(words) > 1 and words[1].startswith("-")
    asked = "" if flags_first or not plain else plain[0]
    return program if asked in SERVE.get(program, ()) else ""


def _through_script(words: tuple[str, ...], scripts: Mapping[str, str], depth: int) -> str:
    if words and words[0] in RUNNERS:
        return _within(words[1:], scripts, depth - 1)
    name = next((word for word in words if word not in ("run", "run-script") and not word.startswith("-")), "")
    return _in_text(scripts.get(name, ""), scripts, depth - 1) or (
        "" if name in scripts else _within(words, {}, depth - 1)
    )


def _in_text(text: str, scripts: Mapping[str, str], depth: int) -> str:
    for part in text.replace("&&", ";").replace("||", ";").replace("&", ";").split(";"):
        try:
            words = tuple(shlex.split(part))
        except ValueError:
            continue
        if found := _within(words, scripts, depth):
            return found
    return ""


def _scripts(package: str) -> Mapping[str, str]:
    try:
        found = json.loads(package)
    except ValueError:
        return {}
    scripts = found.get("scripts") if isinstance(found, dict) else None
    if not isinstance(scripts, dict):
        return {}
    return {name: text for name, text in scripts.items() if isinstance(text, str)}
