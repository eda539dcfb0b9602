"""Hears of each exchange that ends, for the dashboard: the last ones, and how many there are in each second."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

from devserve.dashboard.rates import Rate, Rates
from devserve.dashboard.ring import Exchanges
from devserve.dashboard.waterfall import host, kind
from devserve.io.site import Site
from devserve.proxy.access import Access
from devserve.proxy.overview import HOST

MOST_OF_BODY = 64 * 1024  # bytes of either body; kept only while somebody looks
OWN = "devserve"  # who answers what no service does
LASTING = ("websocket", "sse")  # what is shown while it goes on


class Recorder:
    """Records what the site tells while somebody looks; bodies go when the last one leaves."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._log = site.access  # the access log, if there is one
        self._looking = 0
        self.exchanges = Exchanges()
        self.rates = Rates()

    def __repr__(self) -> str:
        return f"<Recorder for {self._looking}, {self.exchanges!r}>"

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Record for as long as the block lasts."""
        self._look(1)
        try:
            yield
        finally:
            self._look(-1)

    def under_way(self) -> Iterator[Access]:
        """Yield the WebSockets and event streams that are open."""
        for entry in tuple(self._site.under_way):
            exchange = entry.record()
            if not _is_own(exchange) and kind(exchange) in LASTING:
                yield exchange

    def rate(self, service: str) -> Rate:
        """Return the last minute of a service."""
        return self.rates.of(service, monotonic())

    def _look(self, more: int) -> None:
        self._looking += more
        self._site.access = self._heard if self._looking else self._log
        self._site.keeps = MOST_OF_BODY if self._looking else 0
        if not self._looking:
            self.exchanges.forget_bodies()

    def _heard(self, exchange: Access) -> None:
        if self._log is not None:
            self._log(exchange)
        if not _is_own(exchange):
            self.exchanges.add(exchange)
        if exchange.service != OWN and kind(exchange) not in LASTING:
            self.rates.note(exchange.service, monotonic(), exchange.total_seconds)


def _is_own(exchange: Access) -> bool:
    """Tell whether the dashboard itself was asked."""
    return exchange.service == OWN and host(exchange) == HOST
