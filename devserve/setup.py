"""The one-time part: the certificate authority for the configured names, into the trust stores and out again."""

from __future__ import annotations

import logging
import os
import platform
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from devserve.ca.authority import Authority, create
from devserve.ca.catalogue import GROUPS
from devserve.ca.compose import compose
from devserve.ca.environment import service_urls, variables
from devserve.ca.hosts_block import needs_entry
from devserve.ca.hosts_entries import DEVSERVE, hosts_entries
from devserve.ca.port_ways import Start, Way, provisions, usual
from devserve.ca.provisions import Outcome, Provision
from devserve.config.values import Project, Service
from devserve.doctor.names import Resolved, complaints
from devserve.errors import HostsFileError
from devserve.io import authority as authorities
from devserve.io import bundle, hosts_file, resolution, state, trust

LOG = logging.getLogger("devserve")
ALWAYS_PERMITTED = "localhost"  # names that never leave the machine; every authority covers them


def domains(projects: Sequence[Project]) -> set[str]:
    """Return the suffixes that the authority must be able to sign: the projects' domains, and hosts outside of them."""
    found = {ALWAYS_PERMITTED, *(project.domain for project in projects)}
    hosts = {host for project in projects for service in project.services for host in service.hosts}
    return found | {host for host in hosts if not any(_is_below(host, domain) for domain in found)}


def _is_below(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")


def authority_for(projects: Sequence[Project]) -> Authority:
    """Return the developer's certificate authority, created on the first run.

    Raises:
        AuthorityError: it is there and cannot be used; it is never replaced.
    """
    authority, created = _opened(projects)
    if created:
        LOG.info("a certificate authority was created; it can only sign names below %s", ", ".join(authority.suffixes))
        LOG.warning("browsers do not trust it yet: run `devserve setup` once")
    return authority


def variables_for(authority: Authority, services: Sequence[Service], https_port: int) -> dict[str, str]:
    """Return the variables that make other runtimes trust the authority, and each service's URL."""
    home = state.home()
    return variables(authorities.public_file(home), bundle.refresh(home, authority), service_urls(services, https_port))


def compose_for(authority: Authority, services: Sequence[Service], https_port: int) -> str:
    """Return the same for containers, as a file for Docker Compose."""
    home = state.home()
    names = [name for service in services for name in service.names]
    public, roots = authorities.public_file(home), bundle.refresh(home, authority)
    return compose(public, roots, service_urls(services, https_port), names)


def install(
    projects: Sequence[Project],
    announce: Callable[[str], None],
    confirm: Callable[[str], bool],
    groups: Collection[str] = tuple(GROUPS),
    *,
    dry_run: bool = False,
    also: Iterable[Provision] = (),
) -> list[Outcome]:
    """Make every trust store of this machine trust the authority, and provide what else is asked for.

    When the configuration has domains that the authority may not sign, a new one takes its place: only ever here.
    """
    home, facts = state.place() if dry_run else state.home(), trust.survey()
    authority, outcomes = _authority(home, projects, announce, confirm, dry_run)
    return outcomes + trust.install(
        home, authority, facts, announce, confirm=confirm, dry_run=dry_run, groups=groups, also=also
    )


def beside_trust(names: Iterable[str], way: Way | None = None) -> tuple[Provision, ...]:
    """Return what setup provides beside trust: a way to port 443, and the names that need a line of their own."""
    facts = trust.survey()
    if way is None:  # root binds every port already
        way = usual(facts.system) if os.geteuid() != 0 else Way.NONE
    ports = provisions(way, facts, _start())
    return (*ports, *hosts_entries(hosts_file.place(), names, facts.system))


def _start() -> Start:
    kept = tuple((name, os.environ[name]) for name in ("PATH", state.VARIABLE) if name in os.environ)
    return Start(authorities.subject_here("").user, Path.cwd(), (*DEVSERVE, "run"), kept)


def tell_lost_names(names: Iterable[str]) -> None:
    """Say, as soon as the resolver has answered, which names do not lead to this machine, and what mends it."""
    place = hosts_file.place()

    def tell(resolved: list[Resolved]) -> None:
        try:
            content = hosts_file.read(place)
        except HostsFileError:
            content = b""  # for the wording alone: doctor says what is wrong with it
        for said in complaints(resolved, content, str(place)):
            LOG.warning("%s", said)

    resolution.in_background([name for name in names if needs_entry(name, platform.system())], tell)


def remove(announce: Callable[[str], None], confirm: Callable[[str], bool], *, dry_run: bool = False) -> list[Outcome]:
    """Undo what the ledger says that `install` did."""
    return trust.remove(state.place(), trust.survey(), announce, confirm=confirm, dry_run=dry_run)


def _authority(
    home: Path,
    projects: Sequence[Project],
    announce: Callable[[str], None],
    confirm: Callable[[str], bool],
    dry_run: bool,
) -> tuple[Authority, list[Outcome]]:
    wanted = domains(projects)
    subject = authorities.subject_here(_organization(projects))
    known = authorities.load(home)
    if known is None:
        announce(f"# a new certificate authority for names below {', '.join(sorted(wanted))}")
        return (create(subject, wanted, datetime.now(UTC)) if dry_run else _opened(projects)[0]), []
    missing = [domain for domain in sorted(wanted) if not any(_is_below(domain, suffix) for suffix in known.suffixes)]
    if not missing:
        return known, []
    question = f"Replace the certificate authority by one that may also sign names below {', '.join(missing)}?"
    announce(f"# a new certificate authority, because the present one may not sign names below {', '.join(missing)}")
    if dry_run or not confirm(question):
        return known, []
    outcomes = trust.remove(home, trust.survey(), announce, only=known.fingerprint)
    return authorities.replace(home, subject, {*known.suffixes, *wanted}), outcomes


def _opened(projects: Sequence[Project]) -> tuple[Authority, bool]:
    return authorities.open_or_create(
        state.home(), authorities.subject_here(_organization(projects)), domains(projects)
    )


def _organization(projects: Sequence[Project]) -> str:
    return next((project.organization for project in projects if project.organization), "")
