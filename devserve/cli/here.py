"""What the nearest devserve.toml upward holds, as the commands see it that do not run it."""

from __future__ import annotations

import os
from collections.abc import Sequence

from devserve import fleet
from devserve.cli.allow import harmless
from devserve.cli.terminal import Terminal
from devserve.config.values import Project, Service
from devserve.errors import UsageError
from devserve.io import privileges
from devserve.io.config import projects
from devserve.io.run.ports import free_port


def services_here(terminal: Terminal) -> Sequence[Service]:
    """Return the services in the nearest devserve.toml upward; none where there is none."""
    return configured_here(terminal)[1]


def configured_here(terminal: Terminal) -> tuple[Sequence[Project], Sequence[Service]]:
    """Return the projects of the nearest devserve.toml upward, with what plugins add, and the services of that."""
    try:
        found = projects.read_all([projects.here()])
    except UsageError:
        return (), ()
    if privileges.are_borrowed(os.environ):  # nothing of a repository runs as root, its plugins neither
        return found, [service for project in found for service in project.services]
    planned = fleet.plan(harmless(found, terminal), (), free_port)
    return fleet.with_added(found, planned), [each.service for each in planned]


def names_of(services: Sequence[Service]) -> list[str]:
    """Return the services' names."""
    return sorted({name for service in services for name in service.names})
