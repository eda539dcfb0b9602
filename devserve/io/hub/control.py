"""The control socket: takes the orders of other devserve commands of this user (DESIGN 5.5)."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeAlias

from devserve.errors import DevserveError
from devserve.hub.messages import LONGEST, answer_line, order_in
from devserve.hub.orders import Answer, Done, Order, Refused
from devserve.io import state
from devserve.io.hub.peers import address_of, is_own
from devserve.io.tasks import spawn

ENDING = ".socket"
SECONDS = 5.0  # for an order to come, and for the last answer to be read
UNREAD = 3600.0  # seconds for more of the answers to be read: a pager takes them page by page, and Ctrl-Z stops it

Say: TypeAlias = Callable[[Answer], Awaitable[None]]  # waits until the other side has read most of what was said
CarryOut: TypeAlias = Callable[[Order, Say], Awaitable[None]]


class Hub:
    """Listens for orders; the folder is this user's alone, so whoever can connect may order."""

    def __init__(self, path: Path, pid: int, carry_out: CarryOut) -> None:
        self._path = path
        self._pid = pid
        self._carry_out = carry_out
        self._conversations: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server

    def __repr__(self) -> str:
        return f"<Hub {self._path} {len(self._conversations)} conversations>"

    @classmethod
    async def listen(cls, folder: Path, pid: int, carry_out: CarryOut) -> Hub:
        """Listen for the devserve with this pid.

        Raises:
            DevserveError: the socket cannot be made.
        """
        hub = cls(folder / f"{pid}{ENDING}", pid, carry_out)
        served = _listening(hub._path)
        hub._server = await asyncio.start_unix_server(hub._connected, sock=served, limit=LONGEST)
        return hub

    async def close(self) -> None:
        """Listen no more, and break off what is being answered."""
        self._server.close()
        self._path.unlink(missing_ok=True)
        for conversation in self._conversations:
            conversation.cancel()
        await asyncio.gather(*self._conversations, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = spawn(self._converse(reader, writer), "order")
        self._conversations.add(conversation)
        conversation.add_done_callback(self._conversations.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take one order and answer it, until the other side goes; who says nothing in time is let go."""
        try:
            if is_own(writer.get_extra_info("socket")):
                async with asyncio.timeout(SECONDS):
                    line = await reader.readline()
                await self._answer_until_it_goes(line, reader, writer)
            writer.close()
            async with asyncio.timeout(SECONDS):
                await writer.wait_closed()
        except (TimeoutError, ConnectionError, ValueError):  # ValueError: longer than the limit
            pass
        finally:
            writer.transport.abort()  # who does not read keeps nobody waiting

    async def _answer_until_it_goes(
        self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        answering = spawn(self._answer(line, writer), "answer")
        going = spawn(reader.read(1), "the end of an order")
        try:
            await asyncio.wait({answering, going}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            answering.cancel()
            going.cancel()
            await asyncio.gather(answering, going, return_exceptions=True)

    async def _answer(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        async def say(answer: Answer) -> None:
            writer.write(answer_line(answer))
            try:
                async with asyncio.timeout(UNREAD):
                    await writer.drain()
            except TimeoutError as error:
                raise ConnectionAbortedError(f"nobody has read the answers for {UNREAD:g} s") from error

        try:
            await self._carry_out(order_in(line, self._pid), say)
        except DevserveError as error:
            await say(Refused(str(error)))
        else:
            await say(Done())


def folder_in(home: Path) -> Path:
    """Return the folder of the sockets; a unix socket's path is short (unix(7)), so this is too."""
    return home / "hub"


def make_own_folder(folder: Path) -> None:
    """Make the folder of the sockets, for this user alone. Raises DevserveError when it is another user's."""
    state.make_folder(folder)
    refuse_foreign(folder)
    if folder.stat().st_mode & 0o077:
        folder.chmod(state.PRIVATE_FOLDER)


def refuse_foreign(folder: Path) -> None:
    """Raise DevserveError when the folder is not this user's, as after a devserve that root has run."""
    owner = folder.stat().st_uid
    user = os.geteuid()
    if owner == user:
        return
    whose = "root" if owner == 0 else f"the user with id {owner}"
    fix = f"run: sudo chown -R {user} {folder}" if user else "run this as that user"
    raise DevserveError(f"{folder}: belongs to {whose}, so devserve commands of yours cannot reach each other; {fix}")


def _listening(path: Path) -> socket.socket:
    """Return a socket that listens at the path.

    It gets its name once it listens: one that refuses connections is taken for left behind, and removed.
    """
    make_own_folder(path.parent)
    unfinished = path.with_suffix(state.UNFINISHED)
    unfinished.unlink(missing_ok=True)
    served = socket.socket(socket.AF_UNIX)
    try:
        with address_of(unfinished) as address:
            served.bind(address)
        unfinished.chmod(state.PRIVATE_FILE)
        served.listen()
        unfinished.replace(path)
    except OSError as error:
        served.close()
        raise DevserveError(
            f"{path}: other commands cannot reach this devserve: {error.strerror or error}."
            f" Set {state.VARIABLE} to a folder of yours."
        ) from error
    return served
