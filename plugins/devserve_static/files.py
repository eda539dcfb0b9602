"""What a URL's path means below a folder, what it is, and what is never shown."""

from __future__ import annotations

import os
from mimetypes import MimeTypes
from pathlib import Path

PRIVATE = (".pem", ".key")
UNKNOWN = "application/octet-stream"
COMPRESSED = {"gzip": "application/gzip"}
# Python knows some of these from 3.12, 3.13 or 3.14 on only; the lists of the system are not looked at.
TYPES = {
    ".avif": "image/avif",
    ".cjs": "text/javascript",
    ".css": "text/css",
    ".ico": "image/x-icon",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/markdown",
    ".mjs": "text/javascript",
    ".mp4": "video/mp4",
    ".otf": "font/otf",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
    ".txt": "text/plain",
    ".wasm": "application/wasm",
    ".webm": "video/webm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xhtml": "application/xhtml+xml",
    ".xml": "text/xml",
}
KNOWN = MimeTypes(filenames=())
for _ending, _type in TYPES.items():
    KNOWN.add_type(_type, _ending)


def names_in(path: str) -> tuple[str, ...]:
    """Return the names in a decoded path, between its slashes."""
    return tuple(name for name in path.split("/") if name)


def is_hidden(names: tuple[str, ...]) -> bool:
    """Tell whether a path is none to show: with dot-files, steps upward, keys, or what no URL's path should have."""
    return any(name.startswith(".") or name.lower().endswith(PRIVATE) or "\\" in name or "\0" in name for name in names)


def found(root: Path, path: str) -> Path | None:
    """Return the file or folder that a decoded path means, with its symbolic links followed.

    None if there is none to show. What decides is where it really is: below `root`, and nowhere hidden. `root` must be
    resolved already.
    """
    names = names_in(path)
    if is_hidden(names):
        return None
    try:
        place = root.joinpath(*names).resolve(strict=True)
    except (OSError, ValueError, RuntimeError):  # not there; too long; a link that leads to itself
        return None
    if not place.is_relative_to(root) or is_hidden(place.relative_to(root).parts):
        return None
    is_shown = place.is_dir() or (place.is_file() and not path.endswith("/"))
    return place if is_shown and os.access(place, os.R_OK) else None


def path_of(root: Path, folder: Path, name: str) -> str:
    """Return the decoded path of what a folder below `root` holds by a name."""
    return "/".join((*folder.relative_to(root).parts, name))


def is_page(path: str) -> bool:
    """Tell whether a path may be a page of a program in the browser: its last name has no ending."""
    names = names_in(path)
    return not is_hidden(names) and (not names or "." not in names[-1])


def content_type(name: str) -> str:
    """Return the type of a file by its name's ending."""
    kind, coding = KNOWN.guess_type(name)
    if coding:
        return COMPRESSED.get(coding, UNKNOWN)
    return f"{kind}; charset=utf-8" if kind and kind.startswith("text/") else kind or UNKNOWN
