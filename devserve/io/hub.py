"""The control socket: how other devserve commands of this user reach the one that runs (DESIGN 5.5)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

from devserve.errors import DevserveError, RemoteProtocolError
from devserve.hub.messages import LONGEST, Answer, ReloadOrder, answer_in, answer_line, order_in, order_line
from devserve.io import state

ENDING = ".socket"
SECONDS = 5.0  # for an order to come, and for its answer


class Hub:
    """Listens for orders; the folder is this user's alone, so whoever can connect may order."""

    def __init__(self, server: asyncio.Server, path: Path) -> None:
        self._server = server
        self._path = path

    def __repr__(self) -> str:
        return f"<Hub {self._path}>"

    @classmethod
    async def listen(cls, folder: Path, port: int, carry_out: Callable[[ReloadOrder], Answer]) -> Hub:
        """Listen for the devserve that serves on a port.

        Raises:
            DevserveError: the socket cannot be made.
        """
        path = folder / f"{port}{ENDING}"
        served = _bound(folder, path)

        async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _converse(reader, writer, carry_out)

        return cls(await asyncio.start_unix_server(converse, sock=served, limit=LONGEST), path)

    def close(self) -> None:
        """Listen no more."""
        self._server.close()
        self._path.unlink(missing_ok=True)


def _bound(folder: Path, path: Path) -> socket.socket:
    state.make_folder(folder)
    path.unlink(missing_ok=True)  # left by kill -9: the port is ours, so nobody listens there
    served = socket.socket(socket.AF_UNIX)
    try:
        folder.chmod(state.PRIVATE_FOLDER)
        served.bind(str(path))
        path.chmod(state.PRIVATE_FILE)
    except OSError as error:
        served.close()
        raise DevserveError(
            f"{path}: other commands cannot reach this devserve: {error.strerror or error}."
            f" Set {state.VARIABLE} to a folder of yours with a shorter path."
        ) from error
    return served


async def _converse(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, carry_out: Callable[[ReloadOrder], Answer]
) -> None:
    """Take one order and answer it; who says nothing in time is let go."""
    try:
        async with asyncio.timeout(SECONDS):
            line = await reader.readline()
            writer.write(answer_line(_answer(line, carry_out)))
            await writer.drain()
    except (TimeoutError, ConnectionError, ValueError):  # ValueError: longer than the limit
        pass
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def _answer(line: bytes, carry_out: Callable[[ReloadOrder], Answer]) -> Answer:
    try:
        return carry_out(order_in(line))
    except DevserveError as error:
        return Answer(problem=str(error))


def folder_in(home: Path) -> Path:
    """Return the folder of the sockets; a unix socket's path is short (unix(7)), so this is too."""
    return home / "hub"


def ask_all(folder: Path, order: ReloadOrder) -> list[Answer]:
    """Return the answers of every devserve of this user that runs, in this thread.

    Raises:
        RemoteProtocolError: one of them gave none.
    """
    paths = sorted(folder.glob(f"*{ENDING}")) if folder.is_dir() else []
    return [answer for path in paths if (answer := _ask(path, order)) is not None]


def _ask(path: Path, order: ReloadOrder) -> Answer | None:
    """Return an answer; None when nobody listens any more."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(SECONDS)
        try:
            connection.connect(os.fspath(path))
        except OSError:
            return None
        try:
            connection.sendall(order_line(order))
            with connection.makefile("rb") as answer:
                return answer_in(answer.readline(LONGEST))
        except OSError as error:
            raise RemoteProtocolError(f"the devserve that runs did not answer: {error}") from error
