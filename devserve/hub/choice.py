"""Which services are meant by names, among those of every devserve that runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path, PurePath

from devserve.config.labels import is_called
from devserve.config.values import OTHER_REPOSITORY
from devserve.errors import UsageError
from devserve.hub.orders import Status

NEAR = 0.6  # how alike a name is that could be meant


@dataclass(frozen=True, slots=True)
class Known:
    """A service that a devserve runs, and that one's pid."""

    devserve: int
    status: Status

    @property
    def name(self) -> str:
        """The service's name."""
        return self.status.name


def chosen(names: Sequence[str], known: Sequence[Known]) -> list[Known]:
    """Return the services that names mean, without names all of them.

    A name is `web`, or with the end of its repository's folder in front: `shop/web`, `work/shop/web`.

    Raises:
        UsageError: no service, or services of several repositories, are called so.
    """
    meant = [one for name in names for one in _called(name, known)]
    return list(dict.fromkeys(meant)) if names else list(known)


def is_meant(name: str, one: Known) -> bool:
    """Tell whether a name, with or without its repository, is that of a service."""
    repository, _, own = name.rpartition(OTHER_REPOSITORY)
    return own == one.name and (not repository or is_called(Path(one.status.root), repository))


def labels(known: Sequence[Known]) -> dict[Known, str]:
    """Return what each service is called so that no other one is: its name, with as many folders as that takes."""
    return {one: _label(one, known) for one in known}


def _label(one: Known, known: Sequence[Known]) -> str:
    folders = PurePath(one.status.root).parts[1:]
    names = ("/".join((*folders[len(folders) - depth :], one.name)) for depth in range(len(folders) + 1))
    alone = (name for name in names if _is_alone(one, [other for other in known if is_meant(name, other)]))
    return next(alone, f"{one.status.root}/{one.name}")


def _is_alone(one: Known, meant: Iterable[Known]) -> bool:
    """Tell whether none of these is another repository's; of one that runs twice both are meant."""
    return all(other.status.root == one.status.root for other in meant)


def _called(name: str, known: Sequence[Known]) -> list[Known]:
    meant = [one for one in known if is_meant(name, one)]
    if not meant:
        raise UsageError(_unknown(name, known))
    if not _is_alone(meant[0], meant):
        several = " or ".join(dict.fromkeys(_label(one, known) for one in meant))
        raise UsageError(f"{name}: several repositories have a service of this name; write {several}")
    return meant


def _unknown(name: str, known: Sequence[Known]) -> str:
    by_name = {one.name: one for one in known}
    near = get_close_matches(name.rpartition(OTHER_REPOSITORY)[2], by_name, n=1, cutoff=NEAR)
    if near:
        one = by_name[near[0]]
        return f"{name}: no service is called so; did you mean {_label(one, known)}, which runs in {one.status.root}?"
    return f"{name}: no service is called so; {there_are(known)}"


def there_are(known: Sequence[Known]) -> str:
    """Return which services run where, as the end of a sentence."""
    roots = dict.fromkeys(one.status.root for one in known)
    listed = (f"{', '.join(one.name for one in known if one.status.root == root)} in {root}" for root in roots)
    return f"there are {'; '.join(listed)}" if known else "none runs"
