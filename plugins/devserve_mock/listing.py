"""All answers that are written down for a service, as parts of a panel of the dashboard."""

from __future__ import annotations

from pathlib import Path

from devserve import ConfigError, Table
from devserve_mock import folder, openapi

COLUMNS = ("Asked", "Status", "Answered from")


def answers_in(place: Path) -> Table | str:
    """Return the answers of a folder or a description, in the order of their paths; a sentence when it is broken."""
    try:
        found = folder.listed(place) if place.is_dir() else openapi.listed(openapi.read(place))
    except ConfigError as error:
        return f"{place.name}: {error}."
    rows = sorted(found, key=lambda each: (each.path, each.method))
    return Table(COLUMNS, [(f"{each.method} {each.path}", each.status, each.source) for each in rows], "No answer yet.")
