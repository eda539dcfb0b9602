"""What is wrong in one file although each of its values is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from devserve.config.circles import circles
from devserve.config.claims import DASHBOARD_HOST, claims_of, conflicts, remedy
from devserve.config.labels import is_called
from devserve.config.mistakes import Mistake, table_name
from devserve.config.positions import Location, Positions
from devserve.config.values import OTHER_REPOSITORY, Project, Service, Then


@dataclass(frozen=True, slots=True)
class Draft:
    """A project whose values are right, apart from those that are known to be wrong and therefore left out."""

    project: Project
    positions: Positions
    names: frozenset[str] = frozenset()  # of all services, those left out too
    broken: frozenset[Location] = frozenset()  # what was left out

    def line(self, location: Location) -> str:
        """Return where something else stands in the same file."""
        return f"line {self.positions.find(location)[0]}"

    def knows(self, service: str, *keys: str) -> bool:
        """Tell whether these keys of a service are as its file says."""
        return not any(("services", service, key) in self.broken for key in keys)


def check(draft: Draft) -> list[Mistake]:
    """Return what is wrong between the values of a file, whatever plugins add."""
    return [mistake for rule in RULES for mistake in rule(draft)]


def doubt(draft: Draft) -> dict[tuple[str, str], Mistake]:
    """Return what is wrong unless a plugin adds what is missing: by the service and its need, or "" for its server."""
    return {
        **{(str(mistake.location[1]), ""): mistake for mistake in without_server(draft)},
        **{(service, need): mistake for service, need, mistake in unknown_needs(draft)},
    }


def without_server(draft: Draft) -> Iterator[Mistake]:
    """Find services of which nothing says where they answer."""
    touched = {location[1] for location in draft.broken if location[2:]}
    for service in draft.project.services:
        if service.name in touched or service.has_place:
            continue
        location = ("services", service.name)
        fix = "add a command if devserve is to start it, or port = 3001 if something else does"
        if service.fallback:
            fix = "write upstream in place of fallback if it never runs here, or add a command or port"
        yield Mistake(location, f"{table_name(location)} has no command, port or upstream; {fix}")


def same_place(draft: Draft) -> Iterator[Mistake]:
    """Find services that claim one host and path."""
    claims = [
        claim
        for claim in claims_of(draft.project)
        if draft.knows(claim.service.name, "host", "aliases", "path", "livereload")
    ]
    for claim in claims:
        if claim.host == DASHBOARD_HOST:
            yield Mistake(claim.location, f"{claim} answers at {claim.url}, which is devserve's own; rename its host")
    for earlier, later in conflicts(claims):
        if later.service == earlier.service and not (later.livereload or earlier.livereload):
            text = f"{later} names {later.host} twice; take one out"
        else:
            where = draft.line(earlier.location)
            text = f"{later} answers at {later.url} like {earlier} ({where}); {remedy(earlier, later)}"
        yield Mistake(later.location, text)


def same_port(draft: Draft) -> Iterator[Mistake]:
    """Find services that are started here with the port of another one."""
    first: dict[int, Service] = {}
    for service in draft.project.services:
        if not service.command or service.port is None:
            continue
        other = first.setdefault(service.port, service)
        if other is not service:
            location = ("services", service.name, "port")
            yield Mistake(
                location,
                f"port {service.port} in {table_name(location[:2])} is that of {table_name(('services', other.name))} "
                f"({draft.line(('services', other.name, 'port'))}) already; "
                f"write another one, or leave it out and devserve picks a free one",
            )


def unknown_needs(draft: Draft) -> Iterator[tuple[str, str, Mistake]]:
    """Find needs that no service of this file meets; with `include`, another repository's service may."""
    for service in draft.project.services:
        for index, need in enumerate(service.needs):
            if need in draft.names or OTHER_REPOSITORY in need or draft.project.include:
                continue
            near = get_close_matches(need, sorted(draft.names), n=1)
            fix = (
                f'did you mean "{near[0]}"?'
                if near
                else f'add [services.{need}], or write "REPOSITORY/{need}" for another repository\'s service'
            )
            location = ("services", service.name, "needs", index)
            text = f'{table_name(location[:2])} needs "{need}", which is no service of this file; {fix}'
            yield service.name, need, Mistake(location, text)


def circular_needs(draft: Draft) -> Iterator[Mistake]:
    """Find services that wait for each other."""
    here = {service.name for service in draft.project.services}
    every = {service.name: tuple(_own(n, draft.project) for n in service.needs) for service in draft.project.services}
    needs = {name: tuple(need for need in needed if need in here) for name, needed in every.items()}
    for circle in circles(needs):
        needed = circle[1 % len(circle)]
        location = ("services", circle[0], "needs", every[circle[0]].index(needed))
        way = " → ".join((*circle, circle[0]))
        text = f"services need each other in a circle, so that none can be first: {way}; take one need out"
        yield Mistake(location, text)


def _own(need: str, project: Project) -> str:
    """Return a need without the repository if that is this one."""
    repository, _, name = need.rpartition(OTHER_REPOSITORY)
    return name if repository and is_called(project.root, repository) else need


def vain_restarts(draft: Draft) -> Iterator[Mistake]:
    """Find rules that restart what devserve does not start."""
    for service in draft.project.services:
        if service.command or not service.has_place or not draft.knows(service.name, "command"):
            continue  # without a place it is in doubt anyway
        for index, rule in enumerate(service.watch):
            if rule.then is Then.RESTART:
                location = ("services", service.name, "watch", index, "then")
                yield Mistake(
                    location,
                    f'"then" in {table_name(location[:4])} cannot be "restart", for {table_name(location[:2])} '
                    f'has no command; add one, or write then = "reload"',
                )


def vain_sockets(draft: Draft) -> Iterator[Mistake]:
    """Find services that are to listen on a socket that nobody can give them, or that no request reaches."""
    for service in draft.project.services:
        if service.listen == "port" or not draft.knows(service.name, "command", "upstream"):
            continue
        location = ("services", service.name, "listen")
        vain = f'"listen" in {table_name(location[:2])} cannot be "fd"'
        if not service.command and service.has_place:
            yield Mistake(location, f"{vain}, for devserve does not start it; add a command, or take listen out")
        elif service.upstream:
            yield Mistake(location, f"{vain}, for its requests go to its upstream; take one of the two out")


def vain_tls(draft: Draft) -> Iterator[Mistake]:
    """Find settings for https beside an upstream that is dialled without it."""
    for service in draft.project.services:
        location = ("services", service.name, "upstream_tls")
        secure = any(origin is not None and origin.scheme == "https" for origin in (service.upstream, service.fallback))
        known = draft.knows(service.name, "upstream", "fallback", "upstream_tls")
        if location in draft.positions.offsets and not secure and known:
            yield Mistake(
                location,
                f'"upstream_tls" in {table_name(location[:2])} is for an upstream of https; take it out, '
                f'or write such a one: upstream = "https://127.0.0.1:8443"',
            )


RULES: tuple[Callable[[Draft], Iterator[Mistake]], ...] = (
    same_place,
    same_port,
    circular_needs,
    vain_restarts,
    vain_sockets,
    vain_tls,
)
