"""How the services of several repositories are told apart: by REPOSITORY/NAME where NAME alone would not do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from devserve.config.values import OTHER_REPOSITORY, Project, Service


def labelled(projects: Sequence[Project]) -> tuple[Project, ...]:
    """Return the projects with each service's repository, and whether its name is another one's too."""
    repositories = repository_names([project.root for project in projects])
    times = Counter(name for project in projects for name in {service.name for service in project.services})
    return tuple(
        replace(
            project,
            services=tuple(
                replace(service, repository=repositories[project.root], shares_name=times[service.name] > 1)
                for service in project.services
            ),
        )
        for project in projects
    )


def repository_names(roots: Sequence[Path]) -> dict[Path, str]:
    """Return each repository's name: its folder, after as many of those above it as tell it apart."""
    return {root: _shortest(root, [other for other in roots if other != root]) for root in roots}


def named(wanted: str, projects: Sequence[Project], home: Project | None = None) -> list[Service]:
    """Return the services that NAME or REPOSITORY/NAME means; NAME alone means one of `home` if that has one."""
    repository, _, name = wanted.rpartition(OTHER_REPOSITORY)
    found = [
        (project, service)
        for project, service in of_all(projects)
        if service.name == name and (not repository or is_called(project.root, repository))
    ]
    own = [service for project, service in found if not repository and home is not None and project.file == home.file]
    return own or [service for _, service in found]


def is_called(root: Path, repository: str) -> bool:
    """Tell whether a repository's folder has this name, which may begin with folders above it."""
    parts = Path(repository).parts
    return root.parts[-len(parts) :] == parts


def of_all(projects: Sequence[Project]) -> Iterator[tuple[Project, Service]]:
    """Yield each service with its project."""
    return ((project, service) for project in projects for service in project.services)


def _shortest(root: Path, others: Sequence[Path]) -> str:
    parts = root.parts
    for depth in range(1, len(parts) + 1):
        if not any(other.parts[-depth:] == parts[-depth:] for other in others):
            return "/".join(parts[-depth:])
    return str(root)
