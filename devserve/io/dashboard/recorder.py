"""Hears of each exchange that ends, for the dashboard: the last ones, and how many there are in each second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from devserve.dashboard.elsewhere import OWN
from devserve.dashboard.rates import Rate, Rates
from devserve.dashboard.ring import Exchanges
from devserve.dashboard.waterfall import host
from devserve.io.proxy.access import Entry
from devserve.io.proxy.site import Site
from devserve.proxy.access import Access
from devserve.proxy.overview import HOST

MOST_OF_BODY = 64 * 1024  # bytes of either body; kept only while somebody looks


class Recorder:
    """Records what the site tells while somebody looks; bodies go when the last one leaves."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._log = site.ended  # the access log, if there is one
        self._looking = 0
        self._kept: Exchanges[Entry] = Exchanges()
        self._rates = Rates()

    def __repr__(self) -> str:
        return f"<Recorder for {self._looking}, {self._kept!r}>"

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Record for as long as the block lasts."""
        self._look(1)
        try:
            yield
        finally:
            self._look(-1)

    @property
    def latest(self) -> int:
        """The number of the newest exchange; 0: none has come."""
        return self._kept.latest

    def find(self, number: int) -> Access | None:
        """Return the exchange of this number, while it is kept."""
        entry = self._kept.find(number)
        return entry.record() if entry is not None else None

    def after(self, number: int, most: int) -> list[tuple[int, Access]]:
        """Return the exchanges that came after the one of this number: the newest ones, oldest first."""
        return [(each, entry.record()) for each, entry in self._kept.after(number, most)]

    def under_way(self) -> Iterator[Access]:
        """Yield the WebSockets and event streams that are open."""
        for entry in tuple(self._site.under_way):
            if entry.is_lasting and not _is_own(entry):
                yield entry.record()

    def rate(self, service: str) -> Rate:
        """Return the last minute of a service."""
        return self._rates.of(service, monotonic())

    def _look(self, more: int) -> None:
        self._looking += more
        self._site.ended = self._heard if self._looking else self._log
        self._site.keeps = MOST_OF_BODY if self._looking else 0
        if not self._looking:
            self._kept.forget_bodies()

    def _heard(self, entry: Entry) -> None:
        if self._log is not None:
            self._log(entry)
        if entry.service != OWN:
            self._kept.add(entry)
            if not entry.is_lasting:
                self._rates.note(entry.service, monotonic(), entry.seconds)
        elif not _is_own(entry):
            self._kept.add(entry)


def _is_own(entry: Entry) -> bool:
    """Tell whether the dashboard itself was asked."""
    return entry.service == OWN and host(entry.record()) == HOST
