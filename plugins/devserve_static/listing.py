"""The page that lists what a folder holds."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from urllib.parse import quote

from devserve_static.files import found, path_of

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>body {{ font: 1em/1.6 system-ui, sans-serif; margin: 2em }} a {{ text-decoration: none }}</style>
<h1>{title}</h1>
<ul>
{items}
</ul>
</html>
"""


def listing(root: Path, folder: Path) -> str:
    """Return the page for a folder below `root`: its folders, then its files."""
    place = folder.relative_to(root)
    title = escape(shown(f"/{place}/" if place.parts else "/"))
    up = ["../"] if place.parts else []
    items = "\n".join(
        f'<li><a href="{escape(linked(name))}">{escape(shown(name))}</a>' for name in [*up, *names(root, folder)]
    )
    return PAGE.format(title=title, items=items)


def names(root: Path, folder: Path) -> Iterator[str]:
    """Yield the names of what is shown in a folder; a folder's ends with a slash."""
    entries = [
        (name, found(root, path_of(root, folder, name))) for name in sorted(entry.name for entry in folder.iterdir())
    ]
    yield from (f"{name}/" for name, entry in entries if entry is not None and entry.is_dir())
    yield from (name for name, entry in entries if entry is not None and entry.is_file())


def linked(name: str) -> str:
    """Return a name as a relative reference: with "./", or a colon in it would end a scheme."""
    return name if name == "../" else f"./{quote(name, errors='surrogateescape')}"


def shown(name: str) -> str:
    """Return a name that can be written as UTF-8."""
    return name.encode(errors="surrogateescape").decode(errors="replace")
