"""What is wrong between projects that run together although each of their files is right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, combinations

from devserve.config.circles import circles
from devserve.config.claims import claims_of, conflicts, remedy
from devserve.config.labels import is_called, labelled, named, of_all
from devserve.config.mistakes import table_name
from devserve.config.replaced import replaced, without
from devserve.config.values import OTHER_REPOSITORY, Project, Service


def check_together(projects: Sequence[Project]) -> list[str]:
    """Return the sentences about names, places, ports and needs that exclude each other; each names its files.

    A need that is not met yet may be by a plugin: `unmet_needs` is for when they have added what they have.
    """
    found = labelled(projects)
    return [
        *same_names(found),
        *same_places(without(found, replaced(found))),
        *same_ports(found),
        *wrong_needs(found),
    ]


def same_names(projects: Sequence[Project]) -> Iterator[str]:
    """Find services with one name in two files of one folder; those of two folders are told apart by these."""
    for one, other in combinations(projects, 2):
        shared = {service.name for service in one.services} & {service.name for service in other.services}
        for name in sorted(shared) if one.root == other.root else ():
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


def wrong_needs(projects: Sequence[Project]) -> Iterator[str]:
    """Find needs that several services meet, and services that wait for each other."""
    for project, service in of_all(projects):
        for need in service.needs:
            if len(found := named(need, projects, project)) > 1:
                choices = " or ".join(f'"{each.repository}{OTHER_REPOSITORY}{each.name}"' for each in found)
                yield f"{_needing(project, service, need)} several repositories have; write {choices}"
    home = {service.label: project for project, service in of_all(projects)}
    for circle in circles(needs_of(projects)):
        files = dict.fromkeys(str(home[label].file) for label in circle)
        way = " → ".join((*circle, circle[0]))
        yield f"{' and '.join(files)}: services need each other in a circle: {way}; take one need out"


def unmet_needs(projects: Sequence[Project]) -> Iterator[str]:
    """Find needs that no service meets. Where plugin files are left out, one of theirs may."""
    if not all(project.is_whole for project in projects):
        return
    for project, service in of_all(projects):
        for need in service.needs:
            if not named(need, projects, project) and not is_elsewhere(need, projects):
                said = f"{_needing(project, service, need)} no service here is called; correct the name, or take it out"
                yield project.doubts.get((service.name, need), said)


def _needing(project: Project, service: Service, need: str) -> str:
    return f'{project.file}: {headed(service.name)} needs "{need}", which'


def needs_of(projects: Sequence[Project]) -> dict[str, tuple[str, ...]]:
    """Return what each service of labelled projects needs of the others, by label, without those that give way."""
    gone = replaced(projects)
    return {
        service.label: tuple(
            gone.get(found[0].label, found[0].label)
            for need in service.needs
            if (found := named(need, projects, project))
        )
        for project, service in of_all(projects)
        if service.label not in gone
    }


def with_needs(labels: Iterable[str], needs: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Return these services and all that they need, each with what it needs itself."""
    wanted, found = list(labels), dict[str, tuple[str, ...]]()
    while wanted:
        label = wanted.pop()
        if label in needs and label not in found:
            found[label] = needs[label]
            wanted.extend(needs[label])
    return found


def needs_elsewhere(service: Service, projects: Sequence[Project]) -> tuple[str, ...]:
    """Return the needs, as they are written, that only another devserve can meet."""
    return tuple(need for need in service.needs if is_elsewhere(need, projects))


def is_elsewhere(need: str, projects: Sequence[Project]) -> bool:
    """Tell whether a need names a repository that is not among these, which another devserve may run."""
    repository = need.rpartition(OTHER_REPOSITORY)[0]
    return bool(repository) and not any(is_called(project.root, repository) for project in projects)


def headed(name: str) -> str:
    """Return a service as its table is written."""
    return table_name(("services", name))
