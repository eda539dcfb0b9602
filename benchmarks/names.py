"""The names that are served, and their certificates: EC P-256 leaves from devserve's own certificate authority."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from devserve.ca import leaf
from devserve.ca.authority import Subject, create

DOMAIN = "bench.localhost"
FIXED, LIVELY = f"s0.{DOMAIN}", f"lively.{DOMAIN}"  # nginx's fixed answers; WebSockets and uploads


@dataclass(frozen=True, slots=True)
class Route:
    """A host, the port of its upstream, and its certificate with chain and key."""

    host: str
    port: int
    chain: Path
    key: Path

    @property
    def name(self) -> str:
        """The first label, which is the service's name."""
        return self.host.partition(".")[0]


class Names:
    """Makes the routes; every name gets its certificate once."""

    def __init__(self, folder: Path, fixed_ports: Sequence[int], lively_port: int) -> None:
        self._folder = folder / "certificates"
        self._folder.mkdir()
        self._fixed_ports = fixed_ports
        self._lively_port = lively_port
        self._authority = create(Subject("Benchmark", "benchmark", "localhost"), ["localhost"], datetime.now(UTC))

    def routes(self, count: int) -> list[Route]:
        """Return this many routes; the last one leads to the lively upstream."""
        ports = self._fixed_ports
        fixed = [self._route(f"s{number}.{DOMAIN}", ports[number % len(ports)]) for number in range(count - 1)]
        return [*fixed, self._route(LIVELY, self._lively_port)]

    def _route(self, host: str, port: int) -> Route:
        chain, key = self._folder / f"{host}.pem", self._folder / f"{host}.key"
        if not chain.exists():
            minted = leaf.mint(self._authority, host, datetime.now(UTC))
            chain.write_bytes(minted.chain_pem)
            key.write_bytes(minted.key_pem)
        return Route(host, port, chain, key)


def temporary_folder() -> tempfile.TemporaryDirectory[str]:
    """Return a folder for everything that a run writes; it vanishes with the run."""
    return tempfile.TemporaryDirectory(prefix="devserve-bench-")
