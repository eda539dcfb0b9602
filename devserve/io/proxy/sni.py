"""Which certificate a client is shown: the leaf of the name it asked for (SNI, RFC 6066 section 3)."""

from __future__ import annotations

import logging
import os
import ssl
import sys
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from devserve.ca.leaf import Leaf
from devserve.ca.succession import Choice, choose
from devserve.errors import AuthorityError

LOG = logging.getLogger("devserve")
DESCRIPTORS = Path("/proc/self/fd")


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
    """Return a context that shows this leaf. OpenSSL reads only files: on Linux one in memory, else a 0600 one."""
    context, pem = _context(), leaf.key_pem + leaf.chain_pem
    if sys.platform == "linux" and DESCRIPTORS.is_dir():
        descriptor = os.memfd_create("leaf")
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            context.load_cert_chain(DESCRIPTORS / str(descriptor))
        return context
    with tempfile.TemporaryDirectory(prefix="devserve-") as folder:
        path = Path(folder) / "leaf.pem"
        path.touch(mode=0o600)
        path.write_bytes(pem)
        context.load_cert_chain(path)
    return context


@dataclass(frozen=True, slots=True)
class _Shown:
    leaf: Leaf
    context: ssl.SSLContext


@dataclass(slots=True)
class _Line:
    """The leaf of a name, and the one that will follow it."""

    shown: _Shown
    successor: _Shown | None = None
    renewing: bool = False


class Certificates:
    """The leaves of the configured names: minted when a name is added, each with a successor; renewed in a worker.

    A handshake only looks at the wall clock and chooses, so it never keeps others waiting. A name that was not added
    is never minted: its client gets the alert unrecognized_name.
    """

    def __init__(
        self,
        mint: Callable[[str, datetime], Leaf],
        clock: Callable[[], datetime] = _now,
        worker: Executor | None = None,
    ) -> None:
        self._mint = mint
        self._clock = clock
        self._worker = worker or ThreadPoolExecutor(max_workers=1, thread_name_prefix="leaves")
        self._lines: dict[str, _Line] = {}
        self.context = _context()
        self.context.sni_callback = self._choose

    def __repr__(self) -> str:
        return f"<Certificates {len(self._lines)} names>"

    def add(self, hosts: Iterable[str]) -> None:
        """Mint for each name that has no leaf. Raises AuthorityError for a name outside the CA's limits."""
        for host in hosts:
            if host not in self._lines:
                line = self._lines[host] = _Line(self._shown(host, self._clock()))
                self._prepare(host, line)

    @property
    def leaves(self) -> list[Leaf]:
        """The leaves that clients are shown now."""
        return [line.shown.leaf for line in self._lines.values()]

    def remove(self, hosts: Iterable[str]) -> None:
        """Forget these names."""
        for host in hosts:
            self._lines.pop(host, None)

    def close(self) -> None:
        """Leave undone what the worker has not begun."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _prepare(self, host: str, line: _Line) -> None:
        """Have the worker see to what comes next."""
        if not line.renewing:
            line.renewing = True
            self._worker.submit(self._renew, host, line)

    def _shown(self, host: str, at: datetime) -> _Shown:
        leaf = self._mint(host, at)
        return _Shown(leaf, context_of(leaf))

    def _successor(self, host: str, leaf: Leaf) -> _Shown | None:
        try:
            return self._shown(host, leaf.renew_after)
        except AuthorityError:  # the authority ends before: nothing follows until `devserve setup` makes the next one
            return None

    def _choose(self, tls: ssl.SSLSocket | ssl.SSLObject, name: str | None, _: ssl.SSLContext) -> int | None:
        host = (name or "").lower().rstrip(".")
        line = self._lines.get(host)
        if line is None:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        self._advance(host, line)
        tls.context = line.shown.context
        if isinstance(tls, NamedSSLObject):
            tls.server_name = host
        return None

    def _advance(self, host: str, line: _Line) -> None:
        """Go on to the leaf that is right now."""
        match choose(line.shown.leaf, line.successor.leaf if line.successor else None, self._clock()):
            case Choice.SHOWN:
                return
            case Choice.SUCCESSOR if line.successor:
                line.shown, line.successor = line.successor, None
            case Choice.NEITHER:
                # About a millisecond, once per name, where the choice is between that and an error page.
                try:
                    line.shown, line.successor = self._shown(host, self._clock()), None
                except AuthorityError as error:  # the old one is shown: the browser's page says what is wrong with it
                    LOG.error("%s", error)
        self._prepare(host, line)

    def _renew(self, host: str, line: _Line) -> None:
        """Make the line young again, in the worker. Each assignment is one step, so a handshake sees old or new."""
        try:
            now = self._clock()
            shown = line.shown if now < line.shown.leaf.renew_after else self._shown(host, now)
            line.successor, line.shown = self._successor(host, shown.leaf), shown
        except AuthorityError as error:
            LOG.warning("%s", error)
        except OSError as error:
            LOG.warning("%s: its certificate cannot be renewed now: %s", host, error.strerror)
        finally:
            line.renewing = False
