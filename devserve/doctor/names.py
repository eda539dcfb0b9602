"""Where names lead: to this machine, elsewhere or nowhere."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from devserve.ca.hosts_block import is_loopback, leading_elsewhere, lines_of, needs_entry
from devserve.doctor.findings import Finding, Verdict
from devserve.errors import HostsFileError

TOPIC = "names"
SETUP = "Run `devserve setup`"
ASKED = "getaddrinfo"


@dataclass(frozen=True, slots=True)
class Resolved:
    """What the system's resolver says about a name. Neither addresses nor an error: it did not answer in time."""

    host: str
    addresses: tuple[str, ...] = ()
    error: str = ""


def findings(all_resolved: Iterable[Resolved], hosts_file: bytes, place: str, system: str) -> list[Finding]:
    """Return how names stand, given the content of the hosts file at a place.

    Names below localhost that the resolver does not know are one finding, for what one reads about them is the same.
    """
    resolved = list(all_resolved)
    inborn = [each.host for each in resolved if not each.addresses and not needs_entry(each.host, system)]
    found = [_finding(each, hosts_file, place) for each in resolved if each.host not in inborn]
    if inborn:
        said = f"browsers and curl know {_listed(inborn)} by themselves; other programs do not"
        fix = f'For them: `sudo "$(command -v devserve)" hosts --write {" ".join(inborn)}`'
        found.append(Finding(TOPIC, "below localhost", Verdict.NOTE, said, fix, ASKED))
    return found


def _finding(resolved: Resolved, hosts_file: bytes, place: str) -> Finding:
    host, addresses = resolved.host, resolved.addresses
    elsewhere = [address for address in addresses if not is_loopback(address)]
    if elsewhere:
        return Finding(TOPIC, host, Verdict.BROKEN, _leads(elsewhere), _way_here(host, hosts_file, place), ASKED)
    if not addresses:
        why = f"leads nowhere: {resolved.error}" if resolved.error else "the resolver did not answer in time"
        return Finding(TOPIC, host, Verdict.BROKEN, why, SETUP, ASKED)
    return Finding(TOPIC, host, Verdict.GOOD, f"leads to {' and '.join(addresses)}", measured=ASKED)


def complaints(
    all_resolved: Iterable[Resolved], hosts_file: bytes, place: str, passing: Collection[str] = ()
) -> list[str]:
    """Return what `run` says about names that do not lead here: one sentence for all that one command mends.

    `passing` are those of services that are only known while devserve runs, so that setup does not know them.
    """
    resolved = list(all_resolved)
    nowhere = [each.host for each in resolved if not each.addresses]
    lasting, found = ([host for host in nowhere if (host in passing) is is_found] for is_found in (False, True))
    said = [_nowhere(lasting, "devserve setup")] if lasting else []
    if found:
        said.append(_nowhere(found, f"sudo devserve hosts --write {' '.join(found)}"))
    for each in resolved:
        elsewhere = [address for address in each.addresses if not is_loopback(address)]
        if elsewhere:
            way = _way_here(each.host, hosts_file, place)
            said.append(f"{each.host} {_leads(elsewhere)}. {way}.")
    return said


def _nowhere(hosts: list[str], command: str) -> str:
    verb, it = ("lead", "them") if len(hosts) > 1 else ("leads", "it")
    return f"{_listed(hosts)} {verb} nowhere yet, so no browser finds {it}; `{command}` mends that"


def on_windows(hosts: Iterable[str], hosts_file: bytes, place: str) -> Finding:
    """Return which names Windows, whose browser shows what WSL2 serves, does not lead here by its own hosts file."""
    named = {name for line in lines_of(hosts_file) if is_loopback(line.address) for name in line.names}
    missing = sorted(host for host in set(hosts) if needs_entry(host, "Windows") and host not in named)
    if not missing:
        return Finding(TOPIC, "on Windows", Verdict.GOOD, f"{place} has every name that needs a line", measured=place)
    said = f"{place} has no line for {_listed(missing)}, and the browser on Windows asks it"
    fix = "Paste what `devserve hosts` prints into it, in an editor that runs as administrator"
    return Finding(TOPIC, "on Windows", Verdict.BROKEN, said, fix, place)


def damage(hosts_file_error: HostsFileError) -> Finding:
    """Return the finding of a hosts file that cannot be read or understood."""
    return Finding(
        TOPIC, "hosts file", Verdict.BROKEN, str(hosts_file_error), "Mend the file, then run `devserve setup`"
    )


def _leads(elsewhere: list[str]) -> str:
    return f"leads to {_listed(elsewhere)}, not to this machine"


def _way_here(host: str, hosts_file: bytes, place: str) -> str:
    lines = leading_elsewhere(hosts_file, host)
    if lines:
        numbers = _listed([str(line.number) for line in lines])
        return f"Take {host} out of line {numbers} of {place}, then run `devserve setup`"
    return SETUP


def _listed(texts: list[str]) -> str:
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
