"""What the dashboard's panels show of a running devserve, and the orders that it gives."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime

from devserve.app import checkup
from devserve.app.gateway import Gateway
from devserve.app.orders import Orders
from devserve.app.supervisor import Supervisor
from devserve.ca.authority import Authority
from devserve.dashboard import ansi
from devserve.errors import UsageError
from devserve.hub.choice import Known
from devserve.hub.orders import ELSEWHERE, Answer, Order, Outcome, Told, Verb
from devserve.io.dashboard.replay import replay
from devserve.io.hub.neighbours import Neighbours
from devserve.io.run.services import RunningService
from devserve.io.run.usage import Usage, Use
from devserve.live.report import browsers, duration
from devserve.live.why import Record
from devserve.proxy import authority_page, overview
from devserve.run.lifecycle import State

MOST_CHAINS = 50
MOST_TABS = 100
BETWEEN_LOOKS = 2.0  # seconds
ORDERS = (Verb.RESTART, Verb.START, Verb.STOP, Verb.RELOAD)


class Panels:
    """Everything that the dashboard knows of the services of one devserve."""

    def __init__(
        self,
        gateway: Gateway,
        supervisor: Supervisor,
        authority: Authority,
        orders: Orders,
        neighbours: Neighbours,
    ) -> None:
        self._gateway = gateway
        self._supervisor = supervisor
        self._authority = authority
        self._orders = orders
        self._neighbours = neighbours
        self._usage = Usage()
        self._use: Mapping[int, Use] = {}

    def __repr__(self) -> str:
        return f"<Panels of {len(self._supervisor.running)} services>"

    # What there is to see.

    def services(self) -> Sequence[Mapping[str, object]]:
        """Return each service as it stands, first those that run here."""
        own = [self._service(running) for running in self._supervisor.running.values()]
        return own + [_elsewhere(known) for known in self._neighbours.known]

    def text(self) -> str:
        """Return the services for a client without a page: one on a line."""
        rows = [
            f"{running.service.label}  {self._url(running)}  {running.service.upstream or running.port}"
            f"  {running.standing}\n"
            for running in self._supervisor.running.values()
        ]
        return "".join(rows)

    def lines(self, service: str, after: int) -> tuple[int, Sequence[Mapping[str, object]]]:
        """Return the lines of a service's output after this number, and the newest one's."""
        running = self._supervisor.running.get(service)
        if running is None:
            return 0, ()
        number, lines = running.lines_after(after)
        return number, [{"pieces": ansi.pieces(line), "error": ansi.is_error(line)} for line in lines]

    def chains(self) -> tuple[int, Sequence[Mapping[str, object]]]:
        """Return a number that grows with whatever changes them, and what the last saves have led to."""
        records = self._supervisor.records
        shown = records.records()[-MOST_CHAINS:]
        return records.latest + self._gateway.live.history.latest, [
            {**record.as_data(), "tabs": self._tabs_after(record)} for record in shown
        ]

    def tabs(self) -> Sequence[Mapping[str, object]]:
        """Return the pages that are connected for live reload."""
        live = self._gateway.live
        return [{"service": name, "url": url} for name in self._supervisor.running for url in sorted(live.pages(name))][
            :MOST_TABS
        ]

    def trust(self) -> Mapping[str, object]:
        """Return the certificate authority and the certificates."""
        now = datetime.now(UTC)
        root = self._authority.root
        return {
            "authority": {
                "name": self._authority.common_name,
                "sha256": authority_page.grouped(root.sha256),
                "from": self._authority.certificate.not_valid_before_utc.isoformat(timespec="seconds"),
                "until": self._authority.not_after.isoformat(timespec="seconds"),
                "days": (self._authority.not_after - now).days,
                "names": list(self._authority.suffixes),
                "file": self._gateway.url(overview.HOST, authority_page.FILE),
            },
            "certificates": [
                {
                    "host": leaf.host,
                    "until": leaf.not_after.isoformat(timespec="seconds"),
                    "renewed": leaf.renew_after.isoformat(timespec="seconds"),
                    "days": (leaf.not_after - now).days,
                }
                for leaf in self._gateway.leaves
            ],
        }

    def checkup(self) -> Sequence[Mapping[str, object]]:
        """Return what doctor finds. It takes seconds: call it in a thread."""
        hosts = [name for running in self._supervisor.running.values() for name in running.service.names]
        ports = self._gateway.ports
        found = checkup.whole(hosts, checkup.Ports(ports.https.port, ports.http.port if ports.http else 0))
        return [asdict(finding) for finding in found]

    async def measure(self) -> None:
        """Look at what the services take and at those of other devserves, and not again for a moment."""
        await self._neighbours.look()
        pids = [running.pid for running in self._supervisor.running.values() if running.pid is not None]
        self._use = await asyncio.to_thread(self._usage.measure, pids)
        await asyncio.sleep(BETWEEN_LOOKS)

    # Orders.

    async def order(self, verb: str, service: str) -> str:
        """Carry out an order; return what came of it in a sentence.

        Raises:
            UsageError: there is no such order, or no such service.
        """
        if verb not in ORDERS:
            raise UsageError(f"there is no order of that name; there are {', '.join(ORDERS)}")
        answers, service = await self._answers(Verb(verb), service)
        failed = [answer.text for answer in answers if isinstance(answer, Outcome) and not answer.ok]
        if failed:
            raise UsageError(f"{service}: {failed[0].rstrip('.')}")
        return f"{service}: {'; '.join(_words(answer) for answer in answers if isinstance(answer, Outcome | Told))}"

    async def replay(self, number: int) -> int:
        """Send a recorded request again; return the answer's status.

        Raises:
            UsageError: it is not kept any more, or cannot be sent again.
        """
        exchange = self._gateway.recorder.find(number)
        if exchange is None:
            raise UsageError("this exchange is not kept any more")
        return await replay(exchange, self._gateway.site)

    async def _answers(self, verb: Verb, service: str) -> tuple[list[Answer], str]:
        """Carry out an order here or where the service runs; return the answers and what it is called there."""
        for known in self._neighbours.known:
            if service == _id(known):
                name = known.status.label
                return await self._neighbours.order(known.devserve, Order(verb, (name,))), name
        if service not in self._supervisor.running:
            raise UsageError("there is no service of that name here; load the page again")
        answers: list[Answer] = []

        async def say(answer: Answer) -> None:
            answers.append(answer)

        await self._orders.carry_out(Order(verb, (service,)), say)
        return answers, service

    # One service.

    def _service(self, running: RunningService) -> Mapping[str, object]:
        service, pid = running.service, running.pid
        rate = self._gateway.recorder.rate(service.label)
        use = self._use.get(pid) if pid is not None else None
        up = running.uptime
        busy = self._supervisor.records.busy.get(service.label)
        return {
            "id": service.label,
            "name": service.label,
            "root": "",
            "url": self._url(running),
            "upstream": str(service.upstream) if service.upstream else f"127.0.0.1:{running.port}",
            "port": None if service.upstream else running.port,
            "state": str(running.state) if service.command or service.would_run else "started elsewhere",
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
            "rate": rate.now,
            "browsers": len(self._gateway.live.pages(service.label)),
            "needs": list(service.needs),
        }

    def _tabs_after(self, record: Record) -> Sequence[Mapping[str, object]]:
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

    def _url(self, running: RunningService) -> str:
        return self._gateway.url(running.service.host, running.service.path)


def _id(known: Known) -> str:
    """Return what a service of another devserve is called by the page; no label begins with a digit and a colon."""
    return f"{known.devserve}:{known.status.label}"


def _elsewhere(known: Known) -> Mapping[str, object]:
    """Return a service of another devserve: its requests do not pass here, so less is known of it."""
    status = known.status
    return {
        "id": _id(known),
        "name": status.label,
        "root": status.root,
        "url": status.url,
        "upstream": status.origin,
        "port": status.port,
        "state": status.state,
        "ready": status.state == State.READY,
        "own": status.state != ELSEWHERE,
        "problem": status.problem,
        "doing": "",
        "pid": status.pid,
        "processor": None,
        "memory": None,
        "uptime": None if status.seconds is None else round(status.seconds),
        "restarts": status.restarts,
        "counts": [],
        "p95": None,
        "rate": 0,
        "browsers": None,
        "needs": [],
    }


def _words(answer: Outcome | Told) -> str:
    return answer.text if isinstance(answer, Outcome) else f"reload → {browsers(answer.browsers)}"
