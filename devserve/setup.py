"""The one-time part: the certificate authority for the configured names, into the trust stores and out again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from devserve.ca.authority import Authority, create
from devserve.ca.catalogue import GROUPS
from devserve.ca.compose import compose
from devserve.ca.environment import service_urls, variables
from devserve.ca.provisions import Outcome, Provision
from devserve.config.values import Project, Service
from devserve.io import authority as authorities
from devserve.io import bundle, state, trust

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


def compose_for(authority: Authority, services: Sequence[Service], https_port: int) -> str:
    """Return the variables, the public certificate and the names for containers, as a file for Docker Compose."""
    home = state.home()
    names = [name for service in services for name in service.names]
    public, roots = authorities.public_file(home), bundle.refresh(home, authority)
    return compose(public, roots, service_urls(services, https_port), names)


def variables_for(authority: Authority, services: Sequence[Service], https_port: int) -> dict[str, str]:
    """Return the variables that make other runtimes trust the authority, and each service's URL."""
    home = state.home()
    return variables(authorities.public_file(home), bundle.refresh(home, authority), service_urls(services, https_port))


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
