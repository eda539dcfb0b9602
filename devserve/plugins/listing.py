"""The plugins of a project as they are listed: where each is from, its version, its hooks and what has come of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from devserve.plugins.hooks import Hooks


@dataclass(frozen=True, slots=True)
class ListedHook:
    """One hook of a plugin. `calls` and `milliseconds` are None where no devserve runs that counts them."""

    name: str
    calls: int | None = None
    milliseconds: float | None = None
    is_off: bool = False  # it has failed too often


@dataclass(frozen=True, slots=True)
class Listed:
    """One plugin of a project."""

    name: str
    source: str  # the package, or the file of the repository
    version: str
    project: str  # the devserve.toml whose services see it
    hooks: tuple[ListedHook, ...] = ()

    def as_data(self) -> dict[str, object]:
        """Return it for JSON."""
        return asdict(self)


def listed(project: str, hooks: Hooks, *, counted: bool = False) -> list[Listed]:
    """Return the plugins of a project in the order of their calls; `counted` with what came of them."""
    found = hooks.implementations()
    return [
        Listed(
            plugin.name,
            plugin.package or plugin.name,
            plugin.version,
            project,
            tuple(
                ListedHook(each.hook, each.calls, round(each.seconds * 1000, 3), each.is_off)
                if counted
                else ListedHook(each.hook)
                for each in found
                if each.plugin is plugin
            ),
        )
        for plugin in reversed(hooks.plugins)
    ]


def listed_in(data: Mapping[str, object]) -> Listed:
    """Return what `as_data` wrote, as it comes through JSON.

    Raises:
        ValueError: it is something else, as when another version wrote it.
    """
    match data:
        case {
            "name": str(name),
            "source": str(source),
            "version": str(version),
            "project": str(project),
            "hooks": list(hooks),
        }:
            return Listed(name, source, version, project, tuple(map(_hook_in, hooks)))
    raise ValueError("no plugin")


def with_counts(here: Sequence[Listed], running: Sequence[Listed]) -> list[Listed]:
    """Return the plugins that are here, those that run in a devserve with what came of them there."""
    counted = {(each.project, each.name): each for each in running}
    return [counted.get((each.project, each.name), each) for each in here]


def _hook_in(data: object) -> ListedHook:
    match data:
        case {
            "name": str(name),
            "calls": int() | None as calls,
            "milliseconds": int() | float() | None as milliseconds,
            "is_off": bool(is_off),
        }:
            return ListedHook(name, calls, milliseconds, is_off)
    raise ValueError("no hook of a plugin")
