"""What is wrong between projects that run together although each of their files is right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, combinations

from devserve.config.checks import OTHER_REPOSITORY
from devserve.config.circles import circles
from devserve.config.claims import claims_of, conflicts, remedy
from devserve.config.mistakes import table_name
from devserve.config.values import Project, Service


def check_together(projects: Sequence[Project]) -> list[str]:
    """Return the sentences about names, places, ports and needs that exclude each other; each names its files."""
    return [*same_names(projects), *same_places(projects), *same_ports(projects), *needs_of_all(projects)]


def same_names(projects: Sequence[Project]) -> Iterator[str]:
    """Find services of two projects with one name."""
    for one, other in combinations(projects, 2):
        shared = {service.name for service in one.services} & {service.name for service in other.services}
        for name in sorted(shared):
            yield f"{one.file} and {other.file} both have {headed(name)}; rename one of them"


def same_places(projects: Sequence[Project]) -> Iterator[str]:
    """Find services of two projects that claim one host and path."""
    claims = chain.from_iterable(claims_of(project) for project in projects)
    for earlier, later in conflicts(claims):
        if earlier.project is not later.project:
            yield (
                f"{later.project.file}: {later} answers at {later.url} like {earlier} of {earlier.project.file}; "
                f"{remedy(earlier, later)}"
            )


def same_ports(projects: Sequence[Project]) -> Iterator[str]:
    """Find services of two projects that are started with one port."""
    first: dict[int, tuple[Project, Service]] = {}
    for project, service in of_all(projects):
        if not service.command or service.port is None:
            continue
        owner, other = first.setdefault(service.port, (project, service))
        if owner is not project:
            yield (
                f"{project.file}: port {service.port} of {headed(service.name)} is that of {headed(other.name)} "
                f"of {owner.file}; write another one, or leave it out and devserve picks a free one"
            )


def needs_of_all(projects: Sequence[Project]) -> Iterator[str]:
    """Find needs that no service meets, and services of several projects that wait for each other."""
    graph: dict[str, tuple[str, ...]] = {}
    for project, service in of_all(projects):
        met = tuple(need.rpartition(OTHER_REPOSITORY)[2] for need in service.needs if is_met(need, projects))
        graph.setdefault(service.name, met)
        for need in service.needs:
            if not is_met(need, projects) and not runs_elsewhere(need, projects):
                yield (
                    f'{project.file}: {headed(service.name)} needs "{need}", which no service here is called; '
                    f"correct the name, or take it out"
                )
    home = {service.name: project for project, service in of_all(projects)}
    for circle in circles({name: tuple(need for need in needs if need in graph) for name, needs in graph.items()}):
        files = dict.fromkeys(str(home[name].file) for name in circle)
        if len(files) > 1:  # a circle within one file is found when that is read
            way = " → ".join((*circle, circle[0]))
            yield f"{' and '.join(files)}: services need each other in a circle: {way}; take one need out"


def is_met(need: str, projects: Sequence[Project]) -> bool:
    """Tell whether a service of this name is there: in the repository that the need names, or in any."""
    repository, _, name = need.rpartition(OTHER_REPOSITORY)
    return any(
        service.name == name for other, service in of_all(projects) if not repository or other.root.name == repository
    )


def runs_elsewhere(need: str, projects: Sequence[Project]) -> bool:
    """Tell whether a need names a repository that is not among these, which another devserve may run."""
    repository = need.rpartition(OTHER_REPOSITORY)[0]
    return bool(repository) and all(project.root.name != repository for project in projects)


def of_all(projects: Sequence[Project]) -> Iterator[tuple[Project, Service]]:
    """Yield each service with its project."""
    return ((project, service) for project in projects for service in project.services)


def headed(name: str) -> str:
    """Return a service as its table is written."""
    return table_name(("services", name))
