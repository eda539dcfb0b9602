"""The one-time part: the certificate authority for the configured names, into the trust stores and out again."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

from devserve.ca import advice, own_files, rollover
from devserve.ca.authority import Authority, create, permits
from devserve.ca.catalogue import GROUPS
from devserve.ca.compose import compose
from devserve.ca.environment import service_urls, variables
from devserve.ca.ledger import Ledger
from devserve.ca.names import within
from devserve.ca.provisions import Kind, Outcome, Provision, State
from devserve.config.values import Project, Service
from devserve.errors import AuthorityError, ConfigError
from devserve.fleet import Planned, with_added, without_held
from devserve.io import state
from devserve.io.ca import authority as authorities
from devserve.io.ca import bundle, ledger, trust
from devserve.io.ca.root_shell import RootShell

LOG = logging.getLogger("devserve")
ALWAYS_PERMITTED = "localhost"  # names that never leave the machine; every authority covers them


def domains(projects: Sequence[Project]) -> set[str]:
    """Return the suffixes that the authority must be able to sign: the projects' domains, and hosts outside of them."""
    found = {ALWAYS_PERMITTED, *(project.domain for project in projects)}
    services = [service for project in projects for service in project.services]
    for names in ([each.hosts for each in services], [each.names for each in services]):  # most live reload is below
        found |= {name for name in chain(*names) if not any(within(name, domain) for domain in found)}
    return found


def warnings(projects: Sequence[Project]) -> list[str]:
    """Return what a developer should know about the projects' domains before using them."""
    return advice.warnings(domains(projects))


def authority_for(projects: Sequence[Project]) -> Authority:
    """Return the developer's certificate authority, created on the first run.

    Raises:
        AuthorityError: it is there and cannot be used; it is never replaced.
    """
    authority, created = _opened(projects)
    if created:
        LOG.info("a certificate authority was created; it can only sign names below %s", ", ".join(authority.suffixes))
    if reminder := rollover.reminder(authority, datetime.now(UTC)):
        LOG.warning("%s", reminder)
    return authority


def remind_of_trust(authority: Authority) -> None:
    """Say that browsers will warn, as long as setup has put the authority into no trust store."""
    entries = ledger.read(state.place()).entries
    if all(entry.sha256 != authority.fingerprint or entry.kind is Kind.AUTHORITY for entry in entries):
        LOG.warning(
            "browsers do not trust the certificates yet: run `devserve setup` once, then start the browser again"
        )


def refuse_unsigned(authority: Authority, projects: Sequence[Project], planned: Sequence[Planned] = ()) -> None:
    """Return if the authority may sign the domains of the projects, and the hosts that plugins have added.

    Raises:
        AuthorityError: it may not; only `setup` changes that.
        ConfigError: it may not sign the host of a service that was found while devserve runs; `setup` finds none.
    """
    known = with_added(projects, [each for each in planned if not each.is_discovered])
    if lacking := rollover.missing(authority, domains(known)):
        raise AuthorityError(
            f"the certificate authority may not sign names below {', '.join(lacking)}, for it was made before they were"
            " configured. Run `devserve setup` once: browsers then trust a new one that may"
        )
    for project, service, host in _strays(authority, projects, planned):
        raise ConfigError(
            f"{project.file}: a plugin has found {service.name} at {host}, which the certificate authority may not"
            f" sign; have it give that a host below {project.domain}, for `devserve setup` finds no such services"
        )


def _strays(
    authority: Authority, projects: Sequence[Project], planned: Sequence[Planned]
) -> Iterator[tuple[Project, Service, str]]:
    """Yield each host of a service found by a plugin that the authority may not sign."""
    by_file = {project.file: project for project in projects}
    for each in planned:
        if each.is_discovered and each.hooks.file in by_file:
            for host in (name for name in each.service.names if not permits(authority, name)):
                yield by_file[each.hooks.file], each.service, host


def answerable(authority: Authority, planned: Sequence[Planned]) -> list[Planned]:
    """Return the services without held ones at names that the authority may not sign.

    What is not allowed to run says nothing about what the authority may sign either.
    """
    return without_held(planned, lambda service: not all(permits(authority, name) for name in service.names))


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


@dataclass(frozen=True, slots=True)
class _Wishes:
    """How it is done, and who is asked."""

    announce: Callable[[str], None]
    confirm: Callable[[str], bool]
    dry_run: bool
    shell: RootShell | None


def install(
    projects: Sequence[Project],
    announce: Callable[[str], None],
    confirm: Callable[[str], bool],
    groups: Collection[str] = tuple(GROUPS),
    *,
    dry_run: bool = False,
    also: Iterable[Provision] = (),
    shell: RootShell | None = None,
) -> list[Outcome]:
    """Make every trust store of this machine trust the authority, and provide what else is asked for.

    When the authority may not sign the configured domains, or its end is near, the next one is trusted beside it and
    then takes over: only ever here, and only if the developer agrees. `shell` does what needs root.
    """
    home = state.place() if dry_run else state.home()
    now, wishes = datetime.now(UTC), _Wishes(announce, confirm, dry_run, shell)
    for sentence in warnings(projects):
        LOG.warning("%s", sentence)
    known = authorities.load(home, now, expired=True)
    if known is None:
        return _trusted(home, _first(projects, wishes), wishes, groups, also)
    why = rollover.reason(known, domains(projects), now)
    outcomes = _superseded(home, known, wishes, authorities.proposed(home) if why else None)
    if why:
        announce(f"# a new certificate authority, because {why}")
        if dry_run or confirm(f"{why[0].upper()}{why[1:]}. Make a new one that takes its place?"):
            return outcomes + _followed(home, known, projects, wishes, groups, also)
    return outcomes + _trusted(home, known, wishes, groups, also)


def remove(
    announce: Callable[[str], None],
    confirm: Callable[[str], bool],
    *,
    dry_run: bool = False,
    shell: RootShell | None = None,
) -> list[Outcome]:
    """Undo what the ledger says that `install` did."""
    return trust.remove(state.place(), trust.survey(), announce, confirm=confirm, dry_run=dry_run, shell=shell)


def _first(projects: Sequence[Project], wishes: _Wishes) -> Authority:
    wanted = domains(projects)
    wishes.announce(f"# a new certificate authority for names below {', '.join(sorted(wanted))}")
    if not wishes.dry_run:
        return _opened(projects)[0]
    return create(authorities.subject_here(_organization(projects)), wanted, datetime.now(UTC))


def _trusted(
    home: Path, authority: Authority, wishes: _Wishes, groups: Collection[str], also: Iterable[Provision]
) -> list[Outcome]:
    own = own_files.provision(authorities.private_file(home), authority.root)
    return trust.install(
        home,
        authority,
        trust.survey(),
        wishes.announce,
        confirm=wishes.confirm,
        dry_run=wishes.dry_run,
        groups=groups,
        before=(own,),
        also=also,
        shell=wishes.shell,
    )


def _superseded(home: Path, known: Authority, wishes: _Wishes, following: Authority | None) -> list[Outcome]:
    """Remove from the stores what an earlier authority, or one that was never needed, left there."""
    roots = {entry.sha256 for entry in ledger.read(home) if entry.certificate}
    old = roots - {each.fingerprint for each in (known, following) if each is not None}
    if following is None and not wishes.dry_run:
        authorities.withdraw(home)
    if not old:
        return []
    return trust.remove(
        home,
        trust.survey(),
        wishes.announce,
        confirm=wishes.confirm,
        dry_run=wishes.dry_run,
        only=old,
        shell=wishes.shell,
    )


def _followed(
    home: Path,
    known: Authority,
    projects: Sequence[Project],
    wishes: _Wishes,
    groups: Collection[str],
    also: Iterable[Provision],
) -> list[Outcome]:
    """Have the next authority trusted wherever the present one is, and only then let it take over."""
    subject = authorities.subject_here(_organization(projects))
    suffixes = {*known.suffixes, *domains(projects)}
    if wishes.dry_run:
        return _trusted(home, create(subject, suffixes, datetime.now(UTC)), wishes, groups, also)
    following = authorities.propose(home, subject, suffixes)
    before = {(entry.kind, entry.place) for entry in ledger.read(home) if entry.sha256 == known.fingerprint}
    kinds = {kind for kind, _ in before}
    everywhere = {*groups, *(group for group, members in GROUPS.items() if members & kinds)}
    outcomes = trust.install(
        home,
        following,
        trust.survey(),
        wishes.announce,
        confirm=wishes.confirm,
        groups=everywhere,
        shell=wishes.shell,
    )
    behind = [outcome for outcome in outcomes if _is_behind(outcome, before)]
    if behind and known.not_after > datetime.now(UTC):
        wishes.announce(
            f"# the present one stays in use: the next one is not trusted by {', '.join(each.title for each in behind)}"
            " yet; mend that, then run `devserve setup` again"
        )
        return outcomes
    authorities.adopt(home)
    ledger.record(home, lambda entries: _without_files_of(known, entries))
    wishes.announce(
        "# the new one signs from the next `devserve run` on;"
        " the old one stays trusted for what runs now, until the next `devserve setup`"
    )
    return outcomes + _trusted(home, following, wishes, (), also)


def _without_files_of(old: Authority, entries: Ledger) -> Ledger:
    for entry in entries:
        if entry.kind is Kind.AUTHORITY and entry.sha256 == old.fingerprint:
            entries = entries.without(entry)
    return entries


def _is_behind(outcome: Outcome, before: Collection[tuple[Kind, Path]]) -> bool:
    """True when a store that trusts the present authority does not trust the next one."""
    trusted = (outcome.kind, outcome.place) in before or (
        outcome.kind is Kind.LINUX_SYSTEM and any(kind is Kind.LINUX_SYSTEM for kind, _ in before)
    )
    return trusted and outcome.state not in {State.DONE, State.ALREADY}


def _opened(projects: Sequence[Project]) -> tuple[Authority, bool]:
    return authorities.open_or_create(
        state.home(), authorities.subject_here(_organization(projects)), domains(projects)
    )


def _organization(projects: Sequence[Project]) -> str:
    return next((project.organization for project in projects if project.organization), "")
