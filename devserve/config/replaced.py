"""Ways to a shared environment that give way to the service itself, where its repository runs too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from devserve.config.labels import of_all
from devserve.config.values import Project, Service


def replaced(projects: Sequence[Project]) -> Mapping[str, str]:
    """Return which remote services give way, each with the service at its place; by label, of labelled projects.

    One gives way to a service of another repository that runs here, or that leads to the same remote.
    """
    taken: dict[tuple[str, str], tuple[Project, Service]] = {}
    found: dict[str, str] = {}
    for project, service in sorted(of_all(projects), key=lambda pair: pair[1].is_remote):
        places = [(host, service.path) for host in service.hosts]
        owner, other = next((taken[place] for place in places if place in taken), (project, service))
        if owner is not project and service.is_remote and (not other.is_remote or other.upstream == service.upstream):
            found[service.label] = other.label
        else:
            taken.update((place, (project, service)) for place in places if place not in taken)
    return found


def without(projects: Sequence[Project], labels: Mapping[str, str]) -> tuple[Project, ...]:
    """Return the projects without these services."""
    return tuple(
        replace(project, services=tuple(service for service in project.services if service.label not in labels))
        for project in projects
    )
