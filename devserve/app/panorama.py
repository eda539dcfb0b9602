"""What the dashboard shows of all the user's devserves, those of other terminals among them, and what it orders."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from urllib.parse import urlsplit

from devserve.app import checkup
from devserve.app.gateway import Gateway
from devserve.app.orders import Orders
from devserve.app.shown_plugins import ShownPlugins
from devserve.app.sight import Sight
from devserve.app.supervisor import Supervisor
from devserve.ca.authority import Authority
from devserve.dashboard.elsewhere import name_of, parted
from devserve.dashboard.news import Row, Source
from devserve.errors import UsageError
from devserve.hub.choice import Known
from devserve.hub.orders import Answer, Order, Outcome, Status, Told, Verb
from devserve.io.dashboard.dashboard import Log
from devserve.io.dashboard.near_log import NearLog
from devserve.io.dashboard.neighbours import Neighbours
from devserve.io.hub.ask import Found
from devserve.live.report import browsers
from devserve.proxy import authority_page, overview

ORDERS = (Verb.RESTART, Verb.START, Verb.STOP, Verb.RELOAD)


class Panorama:
    """Everything that the dashboard knows. What is elsewhere is known while somebody looks, and called `PID:NAME`."""

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
        self.sight = Sight(gateway, supervisor)
        self.own_plugins = ShownPlugins(supervisor)

    def __repr__(self) -> str:
        return f"<Panorama of {len(self._supervisor.running)} services>"

    # What there is to see.

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Know what happens here and elsewhere for as long as the block lasts."""
        with self.sight.looking(), self._neighbours.looking():
            yield

    def sources(self) -> Mapping[str, Source]:
        """Return each devserve as it is seen, this one first."""
        return {"": self.sight, **self._neighbours.sources}

    async def status(self) -> Found:
        """Return how the services of every terminal stand, those of this one first."""
        answers = await self._own_answers(Order(Verb.STATUS))
        own = [Known(os.getpid(), answer) for answer in answers if isinstance(answer, Status)]
        others = await self._neighbours.found()
        return Found((*own, *others.known), 1 + others.devserves, others.problems)

    def log(self, service: str) -> Log:
        """Follow a service's output. Raises DevserveError when its devserve does not run any more."""
        devserve, own = parted(service)
        return self._neighbours.log(devserve, own) if devserve else NearLog(self._supervisor.running, own)

    async def exchange(self, name: str) -> Row:
        """Return all that there is to say of an exchange. Raises DevserveError when it is not kept any more."""
        devserve, number = parted(name)
        if not devserve:
            return self.sight.exchange(int(number))
        found = await self._neighbours.document(devserve, Order(Verb.EXCHANGE, number=int(number)))
        return {**found, "id": name}

    async def entries(self, service: str) -> Sequence[Row]:
        """Return all exchanges that are kept as entries of a HAR file, in their order; of one service or of all.

        Raises:
            DevserveError: the service's devserve does not run any more, or does not answer.
        """
        devserve, own = parted(service)
        order = Order(Verb.EXCHANGES, (own,) if service else ())
        found = [] if devserve else [*await self.sight.entries(order.names)]
        documents: Collection[Row] = ()
        if devserve:
            documents = [await self._neighbours.document(devserve, order)]
        elif not service:
            documents = (await self._neighbours.documents(order)).values()
        found += [each for document in documents for each in _rows(document, "entries")]
        return sorted(found, key=lambda entry: str(entry.get("startedDateTime")))

    async def trust(self) -> Row:
        """Return the certificate authority and the certificates, those of other terminals among them."""
        root = self._authority.root
        others = await self._neighbours.documents(Order(Verb.CERTIFICATES))
        certificates = [*self.sight.certificates()]
        certificates += [each for document in others.values() for each in _rows(document, "certificates")]
        return {
            "authority": {
                "name": self._authority.common_name,
                "sha256": authority_page.grouped(root.sha256),
                "from": self._authority.certificate.not_valid_before_utc.isoformat(timespec="seconds"),
                "until": self._authority.not_after.isoformat(timespec="seconds"),
                "days": (self._authority.not_after - datetime.now(UTC)).days,
                "names": list(self._authority.suffixes),
                "file": self._gateway.url(overview.HOST, authority_page.FILE),
            },
            "certificates": list({str(each.get("host")): each for each in reversed(certificates)}.values())[::-1],
        }

    async def plugins(self) -> Sequence[Row]:
        """Return the plugins of each repository, and what they show."""
        others = await self._neighbours.documents(Order(Verb.PANELS))
        return [
            *await self.own_plugins.repositories(),
            *(
                {**each, "devserve": name, "id": name_of(name, each.get("id"))}
                for name, document in others.items()
                for each in _rows(document, "repositories")
            ),
        ]

    async def checkup(self) -> Sequence[Row]:
        """Return what doctor finds. It takes seconds."""
        hosts = [name for running in self._supervisor.running.values() for name in running.service.names]
        others = [each for source in self._neighbours.sources.values() for each in source.services()]
        hosts += [host for each in others if (host := urlsplit(str(each.get("url"))).hostname)]
        ports = self._gateway.ports
        measured = checkup.Ports(ports.https.port, ports.http.port if ports.http else 0)
        return [asdict(finding) for finding in await asyncio.to_thread(checkup.whole, hosts, measured)]

    # Orders.

    async def order(self, verb: str, service: str) -> str:
        """Carry out an order; return what came of it in a sentence.

        Raises:
            UsageError: there is no such order, or no such service.
        """
        if verb not in ORDERS:
            raise UsageError(f"there is no order of that name; there are {', '.join(ORDERS)}")
        _, own = parted(service)
        answers = await self._answers(Verb(verb), service)
        failed = [answer.text for answer in answers if isinstance(answer, Outcome) and not answer.ok]
        if failed:
            raise UsageError(f"{own}: {failed[0].rstrip('.')}")
        return f"{own}: {'; '.join(_words(answer) for answer in answers if isinstance(answer, Outcome | Told))}"

    async def replay(self, name: str) -> int:
        """Send a recorded request again; return the answer's status.

        Raises:
            DevserveError: it is not kept any more, or cannot be sent again.
        """
        devserve, number = parted(name)
        if not devserve:
            return await self.sight.replay(int(number))
        found = await self._neighbours.document(devserve, Order(Verb.REPLAY, number=int(number)))
        return int(str(found.get("status", 0)))

    async def _answers(self, verb: Verb, service: str) -> list[Answer]:
        """Carry out an order here or where the service runs, and return the answers."""
        devserve, own = parted(service)
        if devserve:
            return await self._neighbours.order(devserve, Order(verb, (own,)))
        if own not in self._supervisor.running:
            raise UsageError("there is no service of that name here; load the page again")
        return await self._own_answers(Order(verb, (own,)))

    async def _own_answers(self, order: Order) -> list[Answer]:
        answers: list[Answer] = []

        async def say(answer: Answer) -> None:
            answers.append(answer)

        await self._orders.carry_out(order, say)
        return answers


def _rows(document: Row, name: str) -> Sequence[Row]:
    rows = document.get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else ()


def _words(answer: Outcome | Told) -> str:
    return answer.text if isinstance(answer, Outcome) else f"reload → {browsers(answer.browsers)}"
