"""Whom `devserve reload [SERVICE] [FILE …]` means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devserve.errors import UsageError
from devserve.hub.messages import ReloadOrder


@dataclass(frozen=True, slots=True)
class Reload:
    """Whose pages are told of which files, relative to the service's folder; without files they load themselves."""

    service: str
    files: tuple[str, ...] = ()


def reloads(order: ReloadOrder, roots: Mapping[str, Path]) -> tuple[Reload, ...]:
    """Return what an order means for the services that run, which have these folders.

    The first word is a service if one has that name. Without a service, a file is told to those in whose folder it is.

    Raises:
        UsageError: there is neither a service nor a file of that name.
    """
    words = order.words
    named = words[0] if words and words[0] in roots else ""
    files = [Path(order.folder, word).resolve() for word in words[1 if named else 0 :]]
    if named:
        return (Reload(named, tuple(_as_seen(file, roots[named]) for file in files)),)
    if not files:
        return tuple(Reload(service) for service in roots)
    found = tuple(
        Reload(service, inside)
        for service, root in roots.items()
        if (inside := tuple(_as_seen(file, root) for file in files if file.is_relative_to(root.resolve())))
    )
    if not found:
        known = ", ".join(roots) or "none"
        raise UsageError(f"{words[0]} is neither a service nor a file of one; the services are {known}")
    return found


def _as_seen(file: Path, root: Path) -> str:
    folder: Sequence[str] = root.resolve().parts
    return "/".join(file.parts[len(folder) :]) if file.is_relative_to(root.resolve()) else file.name
