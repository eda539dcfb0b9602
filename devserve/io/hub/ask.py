"""How an order reaches the devserves of this user that run, each by its control socket."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from devserve.errors import DevserveError, RemoteProtocolError
from devserve.hub.choice import Known
from devserve.hub.messages import LONGEST, answer_in, order_line
from devserve.hub.orders import Answer, Done, Order, Refused, Status, Verb
from devserve.io.hub.control import ENDING, UNREAD, refuse_foreign
from devserve.io.hub.peers import address_of, is_own
from devserve.io.state import remove

SECONDS = 5.0  # for a devserve to say the next thing

Hear = Callable[[Answer], object]


class EndedError(DevserveError):
    """The devserve does not run any more."""


class BrokenOffError(EndedError):
    """It ended, or made a mistake, while it answered."""


@dataclass(frozen=True, slots=True)
class Found:
    """The services of every devserve that runs, and the sentences about those that gave no answer."""

    known: tuple[Known, ...] = ()
    devserves: int = 0  # that answered
    problems: tuple[str, ...] = ()


async def find(folder: Path, seconds: float = SECONDS, besides: int | None = None) -> Found:
    """Return what runs, all or all but one. Sockets that a killed devserve has left behind are removed.

    Raises:
        DevserveError: the sockets' folder is another user's.
    """
    answers = await asyncio.gather(*(_found(folder, pid, seconds) for pid in pids_in(folder) if pid != besides))
    found = [each for each in answers if each is not None]
    return Found(
        tuple(known for each in found for known in each.known),
        sum(each.devserves for each in found),
        tuple(problem for each in found for problem in each.problems),
    )


async def ask(folder: Path, pid: int, order: Order, hear: Hear, seconds: float | None = SECONDS) -> None:
    """Give an order to one devserve and hear each of its answers. `seconds` is its time for the next one.

    Raises:
        EndedError: it does not run any more; BrokenOffError: since it began to answer.
        DevserveError: it refuses, is silent for too long, or is of another version.
    """
    async with _connected(folder / f"{pid}{ENDING}", pid, SECONDS) as (reader, writer):
        writer.write(order_line(order))
        while True:
            answer = answer_in(await _line(reader, pid, seconds), pid)
            if isinstance(answer, Done):
                return
            if isinstance(answer, Refused):
                raise RemoteProtocolError(answer.text)
            hear(answer)


def pids_in(folder: Path) -> list[int]:
    """Return the pids of those that have a socket. Raises DevserveError when the folder is another user's."""
    if not folder.is_dir():
        return []
    refuse_foreign(folder)
    return sorted(int(path.stem) for path in folder.glob(f"*{ENDING}") if path.stem.isdecimal())


async def _found(folder: Path, pid: int, seconds: float) -> Found | None:
    """Return the services of one devserve; None when it does not run any more."""
    answers: list[Answer] = []
    try:
        await ask(folder, pid, Order(Verb.STATUS), answers.append, seconds)
    except DevserveError as error:
        return None if type(error) is EndedError else Found(problems=(str(error),))
    return Found(tuple(Known(pid, answer) for answer in answers if isinstance(answer, Status)), devserves=1)


@asynccontextmanager
async def _connected(
    path: Path, pid: int, seconds: float
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    try:
        with address_of(path) as address:
            async with asyncio.timeout(seconds):
                reader, writer = await asyncio.open_unix_connection(address, limit=LONGEST)
    except (ConnectionRefusedError, FileNotFoundError) as error:
        remove(path)  # nobody listens: left by kill -9
        raise EndedError(f"the devserve with pid {pid} has ended") from error
    except PermissionError as error:
        raise DevserveError(
            f"{path}: another user's, perhaps root's, so it cannot be asked; if that devserve has ended: rm -f {path}"
        ) from error
    except (OSError, TimeoutError) as error:
        raise _silent(pid, seconds) from error
    try:
        if not is_own(writer.get_extra_info("socket")):
            raise DevserveError(f"{path}: another user listens there; remove it: rm {path}")
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


async def _line(reader: asyncio.StreamReader, pid: int, seconds: float | None) -> bytes:
    try:
        async with asyncio.timeout(seconds):
            line = await reader.readline()
    except TimeoutError as error:
        raise _silent(pid, seconds or 0.0) from error
    except ConnectionError as error:
        raise BrokenOffError(f"the devserve with pid {pid} broke off while it answered") from error
    except ValueError as error:  # longer than the limit
        raise RemoteProtocolError(
            f"the devserve with pid {pid} was not understood; end it and start it anew"
        ) from error
    if not line.endswith(b"\n"):
        unread = f", or nothing that it said was read here for {UNREAD / 60:g} minutes" if seconds is None else ""
        raise BrokenOffError(f"the devserve with pid {pid} broke off while it answered{unread}")
    return line


def _silent(pid: int, seconds: float) -> DevserveError:
    return DevserveError(
        f"the devserve with pid {pid} has not answered for {seconds:g} s;"
        f" continue it with `fg` in its terminal, or end it: kill -9 {pid}"
    )
