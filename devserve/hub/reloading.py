"""Whom `devserve reload [SERVICE] [FILE …]` means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from devserve.config.labels import is_called
from devserve.config.values import OTHER_REPOSITORY
from devserve.errors import UsageError
from devserve.hub.messages import ReloadOrder


@dataclass(frozen=True, slots=True)
class Reload:
    """Whose pages are told of which files, relative to the service's folder; without files they load themselves."""

    service: str
    files: tuple[str, ...] = ()


def reloads(order: ReloadOrder, roots: Mapping[str, Path]) -> tuple[Reload, ...]:
    """Return what an order means for the services that run, which have these labels and folders.

    The first word is a service if one is called so. Without a service, a file is told to those in whose folder it is.

    Raises:
        UsageError: there is neither a service nor a file of that name, or several services.
    """
    words = order.words
    named = _named(words[0], roots) if words else ""
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


def _named(word: str, roots: Mapping[str, Path]) -> str:
    """Return the label of the service that NAME or REPOSITORY/NAME means, or nothing."""
    if word in roots:
        return word
    repository, _, name = word.rpartition(OTHER_REPOSITORY)
    found = [
        label
        for label, root in roots.items()
        if label.rpartition(OTHER_REPOSITORY)[2] == name and (not repository or is_called(root, repository))
    ]
    if len(found) > 1:
        raise UsageError(f"{word}: several repositories have such a service; say {' or '.join(found)}")
    return found[0] if found else ""


def _as_seen(file: Path, root: Path) -> str:
    folder: Sequence[str] = root.resolve().parts
    return "/".join(file.parts[len(folder) :]) if file.is_relative_to(root.resolve()) else file.name
