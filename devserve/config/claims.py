"""Which host and path each service claims, and which claims exclude each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from devserve.config.mistakes import table_name
from devserve.config.positions import Location
from devserve.config.values import Project, Service

DASHBOARD_HOST = "devserve.localhost"  # devserve's own (DESIGN 2.1)


@dataclass(frozen=True, slots=True)
class Claim:
    """A host and path that a service, or its live reload, is to answer."""

    project: Project
    service: Service
    host: str
    path: str
    location: Location  # of the key that says so
    livereload: str = ""  # its source, if this is the live reload's host

    @property
    def url(self) -> str:
        """What a browser asks for."""
        return f"https://{self.host}{self.path}"

    @property
    def table(self) -> str:
        """The service as its table is written."""
        return table_name(("services", self.service.name))

    def __str__(self) -> str:
        return f"the live reload of {self.table}" if self.livereload else self.table

    def excludes(self, other: Claim) -> bool:
        """Tell whether both cannot be true; two services may share one livereload host with one source."""
        if (self.host, self.path) != (other.host, other.path):
            return False
        return not (self.livereload and self.livereload == other.livereload)


def claims_of(project: Project) -> Iterator[Claim]:
    """Yield what each service of a project claims, in the order of its file."""
    for service in project.services:
        keys: list[Location] = [("host",), *(("aliases", index) for index in range(len(service.aliases)))]
        for key, host in zip(keys, service.hosts, strict=True):
            yield Claim(project, service, host, service.path, ("services", service.name, *key))
        source = str(service.livereload.source)
        if source != "off":
            location = ("services", service.name, "livereload", "host")
            yield Claim(project, service, service.livereload_host, "/", location, source)


def conflicts(claims: Iterable[Claim]) -> Iterator[tuple[Claim, Claim]]:
    """Yield each claim that an earlier one excludes, after that earlier one."""
    earlier: dict[tuple[str, str], list[Claim]] = {}
    for claim in claims:
        rivals = earlier.setdefault((claim.host, claim.path), [])
        if rival := next((rival for rival in rivals if claim.excludes(rival)), None):
            yield rival, claim
        rivals.append(claim)


def remedy(one: Claim, other: Claim) -> str:
    """Return the edit that ends a conflict."""
    if one.livereload or other.livereload:
        return "give one of them another livereload.host"
    return "give one of them another host or path"
