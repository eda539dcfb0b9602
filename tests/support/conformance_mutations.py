"""Requests that were damaged at random, what of them is a request at all, and what became of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from random import Random

import h11

from devserve.errors import RemoteProtocolError
from devserve.http1 import Connection, Data, EndOfMessage, Headers, Request, Response, Role, State
from devserve.proxy.forward import origin_form
from support.conformance_requests import ANSWERED, FORWARDED, UPGRADES
from support.conformance_stage import Stage
from support.wire import cut_at, drained, head
from support.wire_cases import REQUESTS

Plain = tuple[bytes, bytes, bytes]
SEEDS = [case.wire.replace(b"a.test", b"web.test") for case in REQUESTS]
SEEDS += [case.wire for case in [*FORWARDED, *UPGRADES, *ANSWERED]]
SEEDS = [seed for seed in SEEDS if len(seed) < 1000]
FINAL = re.compile(rb"HTTP/1\.1 [2-5][0-9][0-9] ")
EDGES = b'\r\n\t :;,="\x00\x0b\x7f\x80\xff0159afx+-_/*#.%'
FRAMINGS = [
    b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding : chunked\r\n",
    b"Transfer-Encoding: xchunked\r\n",
    b"Transfer-Encoding:\tchunked\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"Transfer-Encoding\n: chunked\r\n",
    b"Content-Length: 0\r\n",
    b"Content-Length: 3\r\n",
    b"Content-Length: 30\r\n",
    b"Content-Length: +3\r\n",
    b"Content-Length: 3, 3\r\n",
    b"Content-Length: 0x3\r\n",
    b"Connection: close\r\n",
    b"Connection: Content-Length\r\n",
    b"Expect: 100-continue\r\n",
    b"Upgrade: websocket\r\nConnection: upgrade\r\n",
    b"Host: evil.test\r\n",
    b" folded\r\n",
]
CHUNKS = [
    b"0\r\n\r\n",
    b"3\r\nabc\r\n",
    b"5\r\nabc\r\n",
    b"3\nabc\n",
    b"-1\r\n",
    b"3;x\r\nabc\r\n",
    b"0\r\nX: y\r\n\r\n",
    b"00\r\n\r\n",
    b"GET /smuggled HTTP/1.1\r\nHost: web.test\r\n\r\n",
    b"\r\n",
    b"0\n\n",
    b"ffffffffffffffff\r\n",
]
HANG = 3.0


def flip(random: Random, wire: bytes) -> bytes:
    """Change one byte."""
    place = random.randrange(len(wire))
    return wire[:place] + bytes([random.choice([random.choice(EDGES), random.randrange(256)])]) + wire[place + 1 :]


def drop(random: Random, wire: bytes) -> bytes:
    """Take some bytes out."""
    place = random.randrange(len(wire))
    return wire[:place] + wire[place + random.randint(1, 3) :]


def insert(random: Random, wire: bytes) -> bytes:
    """Put something in."""
    place = random.randrange(len(wire) + 1)
    return (
        wire[:place]
        + random.choice([bytes([random.choice(EDGES)]), b"\r\n", b"\n", random.choice(CHUNKS)])
        + wire[place:]
    )


def lines(random: Random, wire: bytes) -> bytes:
    """Move, double or remove a line, or put one in that is about framing."""
    parts = wire.splitlines(keepends=True)
    place, other = random.randrange(len(parts)), random.randrange(len(parts))
    match random.randrange(5):
        case 0:
            parts[place], parts[other] = parts[other], parts[place]
        case 1:
            parts.insert(other, parts[place])
        case 2:
            del parts[place]
        case _:
            parts.insert(random.randint(1, len(parts)), random.choice(FRAMINGS))
    return b"".join(parts)


def number(random: Random, wire: bytes) -> bytes:
    """Change a number: a length, a chunk's size, a version."""
    found = list(re.finditer(rb"[0-9]+", wire))
    if not found:
        return wire
    match = random.choice(found)
    new = random.choice([b"%d" % (int(match[0]) + random.choice([-1, 1, 10])), b"", b"0" + match[0], b"9" * 20])
    return wire[: match.start()] + new + wire[match.end() :]


def cut(random: Random, wire: bytes) -> bytes:
    """Keep a beginning or an end."""
    place = random.randint(1, len(wire))
    return wire[:place] if random.random() < 0.7 else wire[place:]


def splice(random: Random, wire: bytes) -> bytes:
    """Put the end of another message behind a beginning of this one."""
    other = random.choice(SEEDS)
    return wire[: random.randrange(len(wire))] + other[random.randrange(len(other)) :]


def double(random: Random, wire: bytes) -> bytes:
    """Send another message behind this one."""
    return wire + random.choice(SEEDS)


WAYS: Sequence[Callable[[Random, bytes], bytes]] = (
    flip,
    flip,
    drop,
    insert,
    insert,
    lines,
    lines,
    number,
    cut,
    splice,
    double,
)


def mutated(random: Random) -> bytes:
    """Return a message that was damaged up to four times."""
    wire = random.choice(SEEDS)
    for _ in range(random.choice([0, 1, 1, 1, 2, 2, 3, 4])):
        wire = random.choice(WAYS)(random, wire) or b"\r\n"
    return wire


def pieces(random: Random, wire: bytes) -> list[bytes]:
    """Return the message cut at a few places."""
    return cut_at(wire, [random.randrange(len(wire) + 1) for _ in range(random.choice([0, 0, 1, 2, 5]))])


def understood(wire: bytes) -> list[Plain]:
    """Return the whole requests that the parser reads from a connection with these bytes."""
    connection, requests = Connection(Role.SERVER), list[Plain]()
    request, body = None, b""
    connection.receive_data(wire)
    try:
        while True:
            for event in drained(connection):
                if isinstance(event, Request):
                    request, body = origin_form(event), b""
                elif isinstance(event, Data):
                    body += event.data
                elif isinstance(event, EndOfMessage) and request is not None:
                    requests.append((request.method, request.target, body))
            if connection.our_state is not State.SEND_RESPONSE or connection.their_state is State.SEND_BODY:
                return requests
            connection.send(Response(405, Headers([(b"Content-Length", b"0")])))
            connection.send(EndOfMessage())
            if connection.our_state is not State.DONE or connection.their_state is not State.DONE:
                return requests
            connection.start_next_cycle()
    except RemoteProtocolError:
        return requests


def by_h11(wire: bytes) -> list[tuple[bytes, bytes]] | None:
    """Return method and body of the whole requests that h11 reads, or None if it refuses anything."""
    connection, requests = h11.Connection(h11.SERVER, max_incomplete_event_size=65536), list[tuple[bytes, bytes]]()
    method, body = b"", b""
    connection.receive_data(wire)
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                method, body = event.method, b""
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                requests.append((method, body))
                connection.send(h11.Response(status_code=405, headers=[(b"Content-Length", b"0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
                    return requests
                connection.start_next_cycle()
            else:
                return requests
    except h11.RemoteProtocolError:
        return None


def in_order(part: Iterable[object], whole: Iterable[object]) -> bool:
    """Tell whether one list is the other, perhaps with some left out."""
    rest = iter(whole)
    return all(each in rest for each in part)


@dataclass
class Attack:
    """One damaged message sent to the proxy."""

    wire: bytes
    cuts: Sequence[bytes]
    answer: bytes = b""

    async def run(self, stage: Stage) -> None:
        """Send it; wait for the answers to what it says, then for the end."""
        stage.recorder.forget()
        requests = understood(self.wire)
        try:
            async with asyncio.timeout(HANG):
                await self._converse(stage, len(requests))
        except TimeoutError:
            raise AssertionError(f"the proxy hangs after {self.cuts!r}; it has answered {self.answer!r}") from None
        self.judge(requests, stage.recorder.whole)

    async def _converse(self, stage: Stage, count: int) -> None:
        reader, writer = await stage.proxy.open()
        try:
            for piece in self.cuts:
                writer.write(piece)
                await asyncio.sleep(0)
            while len(FINAL.findall(self.answer)) < count and (data := await reader.read(65536)):
                self.answer += data
            writer.write_eof()
            while data := await reader.read(65536):
                self.answer += data
        except (ConnectionError, OSError):
            pass  # it was refused so early that the rest met a closed connection
        finally:
            writer.close()

    def judge(self, requests: list[Plain], reached: list[Plain]) -> None:
        """No request reaches the upstream that was not understood, and none twice."""
        assert in_order(reached, requests), f"{self.cuts!r} reached the upstream as {reached!r}, not {requests!r}"
        theirs = by_h11(self.wire)
        if theirs is not None:
            ours = [(method, body) for method, _, body in reached]
            assert in_order(ours, theirs), f"{self.cuts!r} reached the upstream as {ours!r}, h11 reads {theirs!r}"


async def attack(stage: Stage, seed: int, count: int) -> int:
    """Send this many damaged messages; return how many requests reached the upstream."""
    random, reached = Random(seed), 0
    for _ in range(count):
        wire = mutated(random)
        await Attack(wire, pieces(random, wire)).run(stage)
        reached += len(stage.recorder.whole)
        stage.check()
    return reached


def assembled(method: str, target: str, fields: Sequence[str], body: bytes) -> bytes:
    """Return a message of these parts, whether they fit or not."""
    return head(f"{method} {target} HTTP/1.1", *fields) + body
