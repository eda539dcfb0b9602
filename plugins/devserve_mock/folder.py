"""Answers in a folder: the path of a request, in lower folders, is the path of a JSON file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

from devserve_mock.found import Found, Listed

# people.json · people.POST.json · people.POST.201.json; index.json is the folder's own.
NAME = re.compile(r"(?P<name>.+?)(?:\.(?P<method>[A-Z]+))?(?:\.(?P<status>[2-5]\d\d))?\.json")
INDEX = "index"
STATUSES = {"POST": 201}


def answer(root: Path, method: str, path: str) -> Found | None:
    """Return what the folder has for a path; a name in braces, as in people/{id}.json, stands for any."""
    names = tuple(unquote(name) for name in path.split("/") if name)
    if any(name.startswith(".") or "/" in name or "\0" in name for name in names):
        return None
    return _below(root, method, names)


def name_for(method: str, path: str) -> str:
    """Return the path of the file that answers a request."""
    name = unquote(path).strip("/") or INDEX
    return f"{name}.json" if method in ("GET", "HEAD") else f"{name}.{method}.json"


def listed(root: Path) -> Iterator[Listed]:
    """Yield each answer of the folder."""
    for file in root.rglob("*.json"):
        match = NAME.fullmatch(file.name)
        below = file.relative_to(root)
        if match is not None and not any(name.startswith(".") for name in below.parts):
            names = below.parent.parts if match["name"] == INDEX else (*below.parent.parts, match["name"])
            yield Listed(match["method"] or "GET", "/" + "/".join(names), _status(match), str(below))


def _below(folder: Path, method: str, names: tuple[str, ...]) -> Found | None:
    if not names:
        return _file(folder, method, INDEX)
    first, rest = names[0], names[1:]
    if not rest and (found := _file(folder, method, first)):
        return found
    for below in _folders(folder, first):
        if found := _below(below, method, rest):
            return found
    return None if rest else _file(folder, method, "")


def _folders(folder: Path, name: str) -> list[Path]:
    """Return the folder of a name, then those that stand for any."""
    exact = [folder / name] if (folder / name).is_dir() else []
    return exact + sorted(each for each in folder.glob("{*}") if each.is_dir())


def _file(folder: Path, method: str, name: str) -> Found | None:
    """Return the answer in a folder's file of a name; of no name, in one with braces."""
    for file in sorted(folder.glob("*.json")):
        match = NAME.fullmatch(file.name)
        if match is None or (match["method"] or "GET") != method:
            continue
        if match["name"] == name or (not name and match["name"].startswith("{") and match["name"].endswith("}")):
            return Found(_status(match), file.read_bytes())
    return None


def _status(name: re.Match[str]) -> int:
    """Return the status that the name of a file says."""
    return int(name["status"] or STATUSES.get(name["method"], 200))
