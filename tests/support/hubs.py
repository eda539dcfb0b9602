"""A home with devserves that listen for orders, real and false ones."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path

from devserve.hub.orders import Answer, Order, Verb
from devserve.io.hub.control import Hub, Say, folder_in


@asynccontextmanager
async def hub_in(home: Path, pid: int, *answers: Answer) -> AsyncIterator[list[Order]]:
    """Answer every order with these answers; yield the orders."""
    heard: list[Order] = []

    async def carry_out(order: Order, say: Say) -> None:
        heard.append(order)
        for answer in answers:
            await say(answer)

    hub = await Hub.listen(folder_in(home), pid, carry_out)
    try:
        yield heard
    finally:
        await hub.close()


@asynccontextmanager
async def peer_in(home: Path, pid: int, said: bytes) -> AsyncIterator[None]:
    """Answer every order with these bytes, and then end the conversation."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(said)
        writer.close()

    folder_in(home).mkdir(mode=0o700, exist_ok=True)
    server = await asyncio.start_unix_server(answer, socket_of(home, pid))
    try:
        yield
    finally:
        server.close()


@contextmanager
def silent_in(home: Path, pid: int) -> Iterator[None]:
    """Listen and never say anything, like a devserve that is stopped."""
    folder_in(home).mkdir(mode=0o700, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(socket_of(home, pid)))
        listening.listen()
        yield


def left_in(home: Path, *pids: int) -> Sequence[Path]:
    """Leave sockets that nobody listens on, as kill -9 does; return them."""
    folder_in(home).mkdir(mode=0o700, exist_ok=True)
    for pid in pids:
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(socket_of(home, pid)))
    return [socket_of(home, pid) for pid in pids]


def socket_of(home: Path, pid: int) -> Path:
    """Return where the devserve with this pid listens."""
    return folder_in(home) / f"{pid}.socket"


@contextmanager
def hubs_running(
    home: Path, peer: bytes | None = None, **answers: tuple[Answer, ...]
) -> Iterator[dict[str, list[Order]]]:
    """Have devserves run that give these answers, each to every order; `p7` has the pid 7. Yield what they heard."""
    heard: dict[str, list[Order]] = {}
    ready, ending = threading.Event(), threading.Event()

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            for name, given in answers.items():
                heard[name] = await stack.enter_async_context(hub_in(home, int(name[1:]), *given))
            if peer is not None:
                await stack.enter_async_context(peer_in(home, 99, peer))
            ready.set()
            await asyncio.to_thread(ending.wait)

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        assert ready.wait(10)
        yield heard
    finally:
        ending.set()
        thread.join()


def later(heard: Sequence[Order]) -> list[Order]:
    """Return the orders but the question what runs."""
    return [order for order in heard if order.verb is not Verb.STATUS]
