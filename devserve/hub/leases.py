"""Who holds which names: every devserve of this user has a lease for those of its services (DESIGN 4.6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass

from devserve.config.values import Service
from devserve.errors import RemoteProtocolError


@dataclass(frozen=True, slots=True)
class Claim:
    """A host and path prefix, and the label of the service that answers there.

    One that `yields` is a way to a remote: it holds while nobody else claims its host for a service. One that is `live`
    is where live reload answers, and no page.
    """

    host: str
    path: str
    service: str
    yields: bool = False
    live: bool = False

    @property
    def url(self) -> str:
        """The address without its scheme."""
        return f"{self.host}{'' if self.path == '/' else self.path}"


@dataclass(frozen=True, slots=True)
class Lease:
    """What one devserve holds: its process, the folder it serves, the command that starts it, and its names.

    `branch` is that of a linked git worktree, as a host's label; "" elsewhere.
    """

    pid: int
    folder: str
    command: str
    claims: tuple[Claim, ...] = ()
    branch: str = ""

    def claims_at(self, host: str) -> tuple[Claim, ...]:
        """Return its claims at a host."""
        return tuple(claim for claim in self.claims if claim.host == host)


class Leases:
    """The leases that are held, by process."""

    def __init__(self, leases: Iterable[Lease] = ()) -> None:
        self._by_pid = {lease.pid: lease for lease in leases}
        self._by_host: dict[str, Lease] = {}
        self._sort()

    def __repr__(self) -> str:
        return f"<Leases {', '.join(f'{lease.folder} ({lease.pid})' for lease in self)}>"

    def __iter__(self) -> Iterator[Lease]:
        return iter(tuple(self._by_pid.values()))

    def __len__(self) -> int:
        return len(self._by_pid)

    def holder(self, host: str) -> Lease | None:
        """Return the lease that a host belongs to."""
        return self._by_host.get(host)

    def conflict(self, wanted: Lease) -> tuple[Claim, Lease] | None:
        """Return the first claim whose host another lease holds, and that lease, unless one of them yields."""
        for claim in wanted.claims:
            holder = self._by_host.get(claim.host)
            if holder is None or holder.pid == wanted.pid or _yields(wanted, claim.host):
                continue
            if not _yields(holder, claim.host):
                return claim, holder
        return None

    def grant(self, lease: Lease) -> None:
        """Note a lease; it takes the place of the one that its process had."""
        self._by_pid[lease.pid] = lease
        self._sort()

    def end(self, pid: int) -> Lease | None:
        """Forget a process's lease and return it."""
        lease = self._by_pid.pop(pid, None)
        self._sort()
        return lease

    def _sort(self) -> None:
        """Give each host to the first that claims it, before those that yield."""
        hosts = [(claim.host, lease) for lease in self for claim in lease.claims]
        hosts.sort(key=lambda pair: _yields(pair[1], pair[0]))
        self._by_host = {}
        for host, lease in hosts:
            self._by_host.setdefault(host, lease)


def _yields(lease: Lease, host: str) -> bool:
    return all(claim.yields for claim in lease.claims_at(host))


def claims_of(services: Iterable[Service]) -> tuple[Claim, ...]:
    """Return every name that services answer at."""
    claims = {}
    for service in services:
        for host in service.hosts:
            claims[host, service.path] = Claim(host, service.path, service.label, service.is_remote)
        if service.livereload.source != "off":
            live = Claim(service.livereload_host, "/", service.label, service.is_remote, live=True)
            claims.setdefault((live.host, live.path), live)
    return tuple(claims.values())


def refusal(wanted: Lease, claim: Claim, holder: Lease) -> str:
    """Return why a claim is not granted, and what to do."""
    theirs = ", ".join(each.url for each in holder.claims_at(claim.host))
    same = any(each.path == claim.path for each in holder.claims_at(claim.host))
    who = f"the devserve of {holder.folder} (pid {holder.pid})"
    if not same:
        return (
            f"{claim.url} belongs to a host that {who} serves ({theirs}). Services of one host run in one devserve:"
            f" stop that one, then devserve run {holder.folder} and this folder together."
        )
    label = wanted.branch or "my"
    return (
        f"{claim.url} is served by {who} already. Stop it there with Ctrl-C, or give these services names of their own:"
        f" devserve run --sub-name {label} (then {claim.service} is at {label}.{claim.url})"
    )


def as_message(lease: Lease) -> dict[str, object]:
    """Return a lease for a message."""
    claims = [[*astuple(claim)] for claim in lease.claims]
    said = {"pid": lease.pid, "folder": lease.folder, "command": lease.command, "branch": lease.branch}
    return {**said, "claims": claims}


def from_message(found: object) -> Lease:
    """Return the lease that a message holds.

    Raises:
        RemoteProtocolError: it holds none.
    """
    match found:
        case {
            "pid": int(pid),
            "folder": str(folder),
            "command": str(command),
            "branch": str(branch),
            "claims": list(claims),
        }:
            return Lease(pid, folder, command, tuple(_claim(claim) for claim in claims), branch)
    raise RemoteProtocolError("a message of the join socket has no lease in it")


def _claim(found: object) -> Claim:
    match found:
        case [str(host), str(path), str(service), bool(yields), bool(live)]:
            return Claim(host, path, service, yields, live)
    raise RemoteProtocolError("a lease's claim has other fields than this version knows")


def leases_in(message: Mapping[str, object], key: str) -> tuple[Lease, ...]:
    """Return the leases under a key of a message. Raises RemoteProtocolError as `from_message` does."""
    found = message.get(key)
    return tuple(from_message(each) for each in found) if isinstance(found, list) else ()
