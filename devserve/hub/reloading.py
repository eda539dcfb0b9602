"""Whom `devserve reload [SERVICE] [FILE …]` means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from devserve.errors import UsageError
from devserve.hub.choice import Known, chosen, is_meant, there_are


@dataclass(frozen=True, slots=True)
class Reload:
    """Whose pages are told of which files, relative to the service's folder; without files they load themselves."""

    known: Known
    files: tuple[str, ...] = ()


def reloads(words: Sequence[str], folder: Path, known: Sequence[Known]) -> tuple[Reload, ...]:
    """Return what the words mean for the services that run; `folder` is where they were typed.

    The first word is a service if one is called so. Without a service, a file is told to those in whose folder it is.

    Raises:
        UsageError: there is neither a service nor a file of that name, or several services.
    """
    named = chosen(words[:1], known) if words and any(is_meant(words[0], one) for one in known) else []
    files = [(folder / word).resolve() for word in words[1 if named else 0 :]]
    if named or not files:
        return tuple(Reload(one, tuple(_as_seen(file, one) for file in files)) for one in named or known)
    found = tuple(
        Reload(one, inside)
        for one in known
        if (inside := tuple(_as_seen(file, one) for file in files if file.is_relative_to(_root(one))))
    )
    if not found:
        raise UsageError(f"{words[0]} is neither a service nor a file of one; {there_are(known)}")
    return found


def _root(one: Known) -> Path:
    return Path(one.status.root).resolve()


def _as_seen(file: Path, one: Known) -> str:
    root = _root(one)
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else file.name
