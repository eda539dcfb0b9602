"""Which certificate a client is shown: the leaf of the name it asked for (SNI, RFC 6066 section 3)."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from devserve.ca.leaf import Leaf


class NamedSSLObject(ssl.SSLObject):
    """A TLS connection that remembers which server name its client asked for."""

    server_name = ""


def _now() -> datetime:
    return datetime.now(UTC)


def _context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.sslobject_class = NamedSSLObject
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


def context_of(leaf: Leaf) -> ssl.SSLContext:
    """Return a context that shows this leaf. OpenSSL reads only files: a 0600 one exists for a moment."""
    context = _context()
    with tempfile.TemporaryDirectory(prefix="devserve-") as folder:
        file = Path(folder) / "leaf.pem"
        file.touch(mode=0o600)
        file.write_bytes(leaf.key_pem + leaf.chain_pem)
        context.load_cert_chain(file)
    return context


@dataclass(slots=True)
class _Shown:
    context: ssl.SSLContext
    renew_after: datetime


class Certificates:
    """The leaves of the configured names, minted when a name is added, renewed by the wall clock at a handshake.

    A name that was not added is never minted: its client gets the alert unrecognized_name.
    """

    def __init__(self, mint: Callable[[str, datetime], Leaf], clock: Callable[[], datetime] = _now) -> None:
        self._mint = mint
        self._clock = clock
        self._shown: dict[str, _Shown] = {}
        self.context = _context()
        self.context.sni_callback = self._choose

    def __repr__(self) -> str:
        return f"<Certificates {len(self._shown)} names>"

    def add(self, hosts: Iterable[str]) -> None:
        """Mint a leaf for each name that has none. Raises AuthorityError for a name outside the CA's limits."""
        for host in hosts:
            if host not in self._shown:
                self._show(host)

    def remove(self, hosts: Iterable[str]) -> None:
        """Forget these names."""
        for host in hosts:
            self._shown.pop(host, None)

    def _show(self, host: str) -> _Shown:
        leaf = self._mint(host, self._clock())
        shown = self._shown[host] = _Shown(context_of(leaf), leaf.renew_after)
        return shown

    def _choose(self, tls: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        host = (name or "").lower().rstrip(".")
        shown = self._shown.get(host)
        if shown is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        if self._clock() >= shown.renew_after:
            shown = self._show(host)
        tls.context = shown.context
        if isinstance(tls, NamedSSLObject):
            tls.server_name = host
        return None
