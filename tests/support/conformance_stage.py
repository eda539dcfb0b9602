"""One proxy and one loop for a whole file of cases, before an upstream that believes nothing it is sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import h11

from devserve.config.values import Timeouts
from support.proxied import USUAL, Proxy, Script, proxied

Result = TypeVar("Result")
LoopFactory = Callable[[], asyncio.AbstractEventLoop]
DEADLINE = 10.0
LONGEST_HEAD = 256 * 1024
OK_BODY = b"ok"


@dataclass
class Reached:
    """A request as it reached the upstream, read by h11."""

    method: bytes
    target: bytes
    fields: list[tuple[bytes, bytes]]
    body: bytes = b""
    trailers: list[tuple[bytes, bytes]] = field(default_factory=list)
    whole: bool = False

    @property
    def plain(self) -> tuple[bytes, bytes, bytes]:
        """What a case says about a request."""
        return self.method, self.target, self.body


@dataclass
class Recorder:
    """An upstream that reads strictly, notes every request, and answers each with `ok` once it is whole."""

    reached: list[Reached] = field(default_factory=list)
    malformed: list[str] = field(default_factory=list)
    raw: bytearray = field(default_factory=bytearray)

    @property
    def whole(self) -> list[tuple[bytes, bytes, bytes]]:
        """The requests that arrived whole, since `forget`."""
        return [request.plain for request in self.reached if request.whole]

    def forget(self) -> None:
        """Begin a new case."""
        self.reached.clear()
        self.raw.clear()

    async def script(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=LONGEST_HEAD)
        while data := await reader.read(65536):
            self.raw += data
            try:
                connection.receive_data(data)
                self._take(connection, writer)
            except h11.RemoteProtocolError as error:
                self.malformed.append(f"{error}: {bytes(self.raw)!r}")
                return

    def _take(self, connection: h11.Connection, writer: asyncio.StreamWriter) -> None:
        while (event := connection.next_event()) is not h11.NEED_DATA and event is not h11.PAUSED:
            self._note(event)
            if connection.they_are_waiting_for_100_continue:
                writer.write(connection.send(h11.InformationalResponse(status_code=100, headers=[])))
            if isinstance(event, h11.EndOfMessage):
                self._answer(connection, writer)

    def _note(self, event: h11.Event) -> None:
        if isinstance(event, h11.Request):
            self.reached.append(Reached(event.method, event.target, list(event.headers.raw_items())))
        elif isinstance(event, h11.Data):
            self.reached[-1].body += bytes(event.data)
        elif isinstance(event, h11.EndOfMessage):
            self.reached[-1].trailers = list(event.headers.raw_items())
            self.reached[-1].whole = True

    def _answer(self, connection: h11.Connection, writer: asyncio.StreamWriter) -> None:
        writer.write(connection.send(h11.Response(status_code=200, headers=[(b"Content-Length", b"2")])) or b"")
        if self.reached[-1].method != b"HEAD":
            writer.write(connection.send(h11.Data(data=OK_BODY)) or b"")
        writer.write(connection.send(h11.EndOfMessage()) or b"")
        if connection.our_state is h11.DONE and connection.their_state is h11.DONE:
            connection.start_next_cycle()


class Complaints(logging.Handler):
    """What nobody should have said: errors of devserve's own, and of the loop."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.name.startswith("devserve") or record.levelno >= logging.WARNING:
            self.said.append(self.format(record))

    def unhandled(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """Note what the loop would print."""
        self.said.append(f"{context.get('message')}: {context.get('exception')!r}")


@dataclass
class Stage:
    """The proxy, its loop, and everything that was complained of."""

    runner: asyncio.Runner
    proxy: Proxy
    complaints: Complaints
    recorder: Recorder

    def run(self, test: Coroutine[None, None, Result]) -> Result:
        """Run a test's coroutine on the stage's loop, with a deadline."""

        async def bounded() -> Result:
            async with asyncio.timeout(DEADLINE):
                return await test

        return self.runner.run(bounded())

    def check(self) -> None:
        """Nothing was malformed and nothing escaped, since this was last asked."""
        malformed, self.recorder.malformed = self.recorder.malformed, []
        said, self.complaints.said = self.complaints.said, []
        assert (malformed, said) == ([], [])


@contextmanager
def complaining(complaints: Complaints) -> Iterator[None]:
    """Collect what is logged."""
    logger, root = logging.getLogger("devserve"), logging.getLogger()
    before = logger.level
    logger.setLevel(logging.DEBUG)
    root.addHandler(complaints)
    try:
        yield
    finally:
        root.removeHandler(complaints)
        logger.setLevel(before)


@contextmanager
def staged(
    script: Script | None = None, loop_factory: LoopFactory | None = None, timeouts: Timeouts = USUAL
) -> Iterator[Stage]:
    """Set the stage: `script` instead of the recorder plays the upstream."""
    recorder, complaints = Recorder(), Complaints()
    with asyncio.Runner(loop_factory=loop_factory) as runner, complaining(complaints):
        runner.get_loop().set_exception_handler(complaints.unhandled)
        scene = proxied(script or recorder.script, timeouts=timeouts)
        proxy = runner.run(scene.__aenter__())
        try:
            yield Stage(runner, proxy, complaints, recorder)
        finally:
            runner.run(_struck(scene))


async def _struck(scene: Any) -> None:
    await scene.__aexit__(None, None, None)
    for _ in range(3):
        await asyncio.sleep(0.001)
    if others := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.wait(others, timeout=1.0)
