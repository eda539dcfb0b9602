"""What `devserve doctor` finds: everything is measured here and now, and nothing is changed."""

from __future__ import annotations

import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from devserve.ca import leaf
from devserve.ca.authority import Authority
from devserve.ca.hosts_block import names_in
from devserve.config.values import Service
from devserve.doctor import dates, explain, machine, names, network_access, stores
from devserve.doctor.clients import BROWSERS, Target
from devserve.doctor.findings import Finding, Verdict
from devserve.doctor.machine import PortState
from devserve.errors import AuthorityError, HostsFileError, UsageError
from devserve.io import state
from devserve.io.ca import authority as authorities
from devserve.io.ca import hosts_file, trust
from devserve.io.doctor import handshakes, measure, resolution, shown
from devserve.io.run.ports import holder
from devserve.io.watch import watcher

OWN_HOST = "devserve.localhost"  # what a running devserve answers itself
LENT_HOST = "doctor.localhost"  # for the moment's listener; every CA may sign names below localhost
HTTPS_PORT = 443


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports that devserve is meant to have; http is 0 where it is off."""

    https: int = HTTPS_PORT
    http: int = 80


def whole(hosts: Sequence[str], ports: Ports, services: Sequence[Service] = ()) -> list[Finding]:
    """Return what was found about the CA, each client, the names of services, the ports and the limits."""
    authority, findings = _authority(hosts)
    running = Target(OWN_HOST, ports.https)
    serves = authority is not None and handshakes.answers_with(authority.root, running)
    if authority is not None:
        findings += _trust(authority, running if serves else None)
        if measure.port(ports.https) is PortState.TAKEN:
            findings.append(_seen(running.host, running.port, ("127.0.0.1",), authority, hosts))
    return [*findings, *_names(hosts), *_ports(ports, serves), *_limits(services, serves), *_embedding()]


def page(url: str, hosts: Sequence[str]) -> list[Finding]:
    """Return what makes one page red: what is on its way, its certificate's fields, or the store of a client."""
    host, port = _place(url)
    authority, findings = _authority(())
    if authority is None:
        return findings
    resolved = resolution.resolve(host)
    findings += [found for found in _of_names([resolved]) if found.verdict is not Verdict.GOOD]
    said = _seen(host, port, resolved.addresses, authority, hosts)
    findings.append(said)
    if said.verdict is Verdict.GOOD:
        findings += _trust(authority, Target(host, port))
    return findings


def _seen(host: str, port: int, addresses: Sequence[str], authority: Authority, hosts: Sequence[str]) -> Finding:
    seen = shown.seen(host, port, addresses, authority.root)
    return explain.explain(seen, host in hosts, authority.suffixes, datetime.now(UTC))


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url if "://" in url else f"https://{url}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if parts.scheme != "https" or not host:
        raise UsageError(f"{url} is no https URL; give one such as https://web.shop.test")
    return host, port or HTTPS_PORT


def _authority(hosts: Sequence[str]) -> tuple[Authority | None, list[Finding]]:
    now = datetime.now(UTC)
    try:
        authority = authorities.load(state.place(), now)
    except AuthorityError as error:
        return None, [
            Finding(dates.TOPIC, "authority", Verdict.BROKEN, str(error), "Do as it says, then run this again")
        ]
    if authority is None:
        said = "there is no certificate authority yet"
        return None, [Finding(dates.TOPIC, "authority", Verdict.BROKEN, said, "Run `devserve setup`")]
    kept = dates.synchronized(measure.clock_keeper())
    begins = authority.certificate.not_valid_before_utc
    findings = [dates.life(begins, authority.not_after, now), dates.coverage(hosts, authority.suffixes)]
    return authority, findings + ([kept] if kept else [])


def _trust(authority: Authority, running: Target | None) -> list[Finding]:
    looked_up = trust.looked_up(trust.survey(), authority.root)
    findings = [stores.finding(outcome) for outcome in looked_up]
    if running is not None:
        return findings + handshakes.ask_all(running, authority.root)
    with handshakes.listener(leaf.mint(authority, LENT_HOST, datetime.now(UTC))) as target:
        return findings + handshakes.ask_all(target, authority.root)


def _names(hosts: Sequence[str]) -> list[Finding]:
    findings = _of_names(resolution.resolve_all(hosts))
    windows = measure.windows_hosts()
    return findings + ([names.on_windows(hosts, windows[1], str(windows[0]))] if windows else [])


def _of_names(resolved: Sequence[names.Resolved]) -> list[Finding]:
    place, system = hosts_file.place(), platform.system()
    content: bytes = b""
    findings: list[Finding] = []
    try:
        content = hosts_file.read(place)
        names_in(content)
    except HostsFileError as error:
        findings.append(names.damage(HostsFileError(_placed(place, error))))
    return findings + names.findings(resolved, content, str(place), system)


def _placed(place: Path, error: HostsFileError) -> str:
    return str(error) if str(error).startswith(str(place)) else f"{place}: {error}"


def _ports(ports: Ports, serves: bool) -> Iterator[Finding]:
    for number in filter(None, (ports.https, ports.http)):
        found = measure.port(number)
        ours = serves and found is PortState.TAKEN
        yield machine.port(number, PortState.OURS if ours else found, holder(number) or "", platform.system())


def _limits(services: Sequence[Service], serves: bool) -> Iterator[Finding]:
    yield machine.files(*measure.open_files())
    found = measure.watches()
    if found is None:
        return
    yield machine.watches(found)
    free = found.most - (0 if serves else found.used)  # of a running devserve's own, nobody knows how many are whose
    for root, here in _by_root(services).items():
        names = ", ".join(service.label for service in here)
        need = watcher.needed(root, [service.watch for service in here])
        if need.silent:
            yield machine.silent_files(names, need.root, need.silent)
        else:
            yield machine.needed_watches(names, need.folders, free, found.most)


def _by_root(services: Sequence[Service]) -> dict[Path, list[Service]]:
    roots: dict[Path, list[Service]] = {}
    for service in services:
        roots.setdefault(service.root, []).append(service)
    return roots


def _embedding() -> Iterator[Finding]:
    policies = network_access.merged(measure.policy_texts())
    for browser in BROWSERS:
        says = measure.said_by(browser, "--version")
        if says:
            yield network_access.finding(browser, network_access.version(says), policies)
