"""What there is to see of the services that run here, for whoever looks: the dashboard, or another terminal's."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from devserve.app.gateway import Gateway
from devserve.app.supervisor import Supervisor
from devserve.dashboard import curl, har, waterfall
from devserve.dashboard.news import Row
from devserve.dashboard.ring import MOST_EXCHANGES
from devserve.errors import UsageError
from devserve.io.dashboard.looking import Looking
from devserve.io.dashboard.replay import replay
from devserve.io.run.services import RunningService
from devserve.io.run.usage import Usage, Use
from devserve.live.report import duration
from devserve.live.why import Record
from devserve.proxy.access import Access

MOST_CHAINS = 50
MOST_TABS = 100
BETWEEN_LOOKS = 2.0  # seconds between two looks at what the services take, and at plugins' columns
GONE = "this exchange is not kept any more"


class Sight:
    """A source of news (dashboard/news.py). Nothing secret leaves here."""

    def __init__(self, gateway: Gateway, supervisor: Supervisor) -> None:
        self._gateway = gateway
        self._recorder = gateway.recorder
        self._supervisor = supervisor
        self._usage = Usage()
        self._use: Mapping[int, Use] = {}
        self._columns: Mapping[str, Mapping[str, str]] = {}  # of plugins, by service
        self._measuring = Looking(self._measure, "dashboard: usage")

    def __repr__(self) -> str:
        return f"<Sight of {len(self._supervisor.running)} services>"

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Record exchanges, and look at what the services take, for as long as the block lasts."""
        with self._recorder.looking(), self._measuring.by_one():
            yield

    def services(self) -> Sequence[Row]:
        """Return each service as it stands."""
        return [self._service(running) for running in self._supervisor.running.values()]

    def tabs(self) -> Sequence[Row]:
        """Return the pages that are connected for live reload."""
        live = self._gateway.live
        return [{"service": name, "url": url} for name in self._supervisor.running for url in sorted(live.pages(name))][
            :MOST_TABS
        ]

    def under_way(self) -> Sequence[Row]:
        """Return how many WebSockets and event streams are open, by service."""
        return waterfall.lasting(self._recorder.under_way())

    @property
    def latest(self) -> int:
        """The number of the newest exchange; 0: none has come."""
        return self._recorder.latest

    def exchanges(self, after: int, most: int) -> Sequence[Row]:
        """Return the exchanges that came after the one of this number: the newest ones, oldest first."""
        return [waterfall.row(number, exchange) for number, exchange in self._recorder.after(after, most)]

    @property
    def changes(self) -> int:
        """A number that grows with whatever changes the chains."""
        return self._supervisor.records.latest + self._gateway.live.history.latest

    def chains(self) -> Sequence[Row]:
        """Return what the last saves have led to."""
        shown = self._supervisor.records.records()[-MOST_CHAINS:]
        return [{**record.as_data(), "tabs": self._tabs_after(record)} for record in shown]

    # One exchange, or all of them.

    def exchange(self, number: int) -> Row:
        """Return all that there is to say of an exchange. Raises UsageError when it is not kept any more."""
        exchange = self._found(number)
        return {**waterfall.detail(number, exchange), "curl": curl.command(exchange)}

    async def entries(self, services: Sequence[str]) -> Sequence[Row]:
        """Return the exchanges that are kept as entries of a HAR file, of these services or of all."""
        kept = self._recorder.after(0, MOST_EXCHANGES)
        wanted = [exchange for _, exchange in kept if not services or exchange.service in services]
        return await asyncio.to_thread(har.entries, wanted)

    async def replay(self, number: int) -> int:
        """Send a recorded request again; return the answer's status.

        Raises:
            UsageError: it is not kept any more, or cannot be sent again.
        """
        return await replay(self._found(number), self._gateway.site)

    def certificates(self) -> Sequence[Row]:
        """Return the certificates that clients are shown."""
        now = datetime.now(UTC)
        return [
            {
                "host": leaf.host,
                "until": leaf.not_after.isoformat(timespec="seconds"),
                "renewed": leaf.renew_after.isoformat(timespec="seconds"),
                "days": (leaf.not_after - now).days,
            }
            for leaf in self._gateway.leaves
        ]

    def _found(self, number: int) -> Access:
        exchange = self._recorder.find(number)
        if exchange is None:
            raise UsageError(GONE)
        return exchange

    async def _measure(self) -> None:
        while True:
            services = [running.service for running in self._supervisor.running.values()]
            self._columns = {each.label: self._supervisor.hooks_of(each.label).status(each) for each in services}
            pids = [running.pid for running in self._supervisor.running.values() if running.pid is not None]
            self._use = await asyncio.to_thread(self._usage.measure, pids)
            await asyncio.sleep(BETWEEN_LOOKS)

    def _service(self, running: RunningService) -> Row:
        service, pid = running.service, running.pid
        rate = self._recorder.rate(service.label)
        use = self._use.get(pid) if pid is not None else None
        up = running.uptime
        busy = self._supervisor.records.busy.get(service.label)
        return {
            "id": service.label,
            "devserve": "",
            "name": service.label,
            "root": str(service.root),
            "url": self._gateway.url(service.host, service.path),
            "upstream": running.place,
            "port": running.shown_port,
            "state": running.shown_state,
            "ready": running.ready,
            "own": bool(service.command),
            "problem": running.pending or ("" if running.ready else running.explanation),
            "doing": busy.doing if busy else "",
            "pid": pid,
            "processor": None if use is None else round(use.processor, 3),
            "memory": None if use is None else use.memory,
            "uptime": None if up is None else round(up),
            "restarts": running.restarts,
            "counts": list(rate.counts),
            "p95": None if rate.p95 is None else round(rate.p95 * 1000, 1),
            "p95s": [None if each is None else round(each * 1000, 1) for each in rate.p95s],
            "rate": rate.now,
            "browsers": len(self._gateway.live.pages(service.label)),
            "needs": list(service.needs),
            "columns": self._columns.get(service.label, {}),
        }

    def _tabs_after(self, record: Record) -> Sequence[Row]:
        """Return what the pages did that a chain told."""
        began = record.at.timestamp()
        services = dict.fromkeys([record.service, *(step.service for step in record.steps)])
        return [
            {
                "service": name,
                "url": did.url,
                "loads": did.loads,
                "back": None if did.back is None else duration(did.back),
            }
            for name in services
            for did in self._gateway.live.history.between(name, began, began + record.seconds)
        ]
