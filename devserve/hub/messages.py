"""The messages of the control socket: one JSON object per line, an order and its answers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Annotated, Generic, TypeVar

from pydantic import Field, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from devserve.errors import RemoteProtocolError, UsageError
from devserve.hub.orders import Answer, Order

# Both sides say it in each message. Count it up when an older devserve would misunderstand a newer one, or not
# understand it at all.
VERSION = 1
LONGEST = 1024 * 1024  # bytes of one message, its newline included: a line of output, each byte escaped, fits

Said = TypeVar("Said")


@dataclass(frozen=True, slots=True)
class Message(Generic[Said]):
    """What is said, and in which version of the protocol."""

    said: Said
    version: int = field(default=VERSION)


ORDERS: TypeAdapter[Message[Order]] = TypeAdapter(Message[Order])
ANSWERS: TypeAdapter[Message[Answer]] = TypeAdapter(Message[Annotated[Answer, Field(discriminator="kind")]])


def order_line(order: Order) -> bytes:
    """Return an order as it is sent. Raises UsageError when it names a file that cannot be written as text."""
    return _line(ORDERS, Message(order))


def answer_line(answer: Answer) -> bytes:
    """Return an answer as it is sent. Raises UsageError as `order_line` does."""
    return _line(ANSWERS, Message(answer))


def order_in(line: bytes, pid: int) -> Order:
    """Return the order that a line holds, for the devserve that runs with this pid.

    Raises:
        RemoteProtocolError: it is none, or one of another version; the sentence is for who gave it.
    """
    return _said(ORDERS, line, pid, asked=True)


def answer_in(line: bytes, pid: int) -> Answer:
    """Return the answer that a line of the devserve with this pid holds.

    Raises:
        RemoteProtocolError: it is none, or one of another version.
    """
    return _said(ANSWERS, line, pid, asked=False)


def _line(adapter: TypeAdapter[Message[Said]], message: Message[Said]) -> bytes:
    try:
        return adapter.dump_json(message) + b"\n"
    except PydanticSerializationError as error:
        raise UsageError(f"{message.said!r}: a file or folder whose name is not UTF-8; rename it") from error


def _said(adapter: TypeAdapter[Message[Said]], line: bytes, pid: int, *, asked: bool) -> Said:
    try:
        message = adapter.validate_json(line, strict=True)
    except ValidationError:
        raise RemoteProtocolError(_misunderstanding(_version_of(line), pid, asked=asked)) from None
    if message.version != VERSION:
        raise RemoteProtocolError(_misunderstanding(message.version, pid, asked=asked))
    return message.said


def _version_of(line: bytes) -> int | None:
    """Return the version that a message of any version names."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    version = message.get("version") if isinstance(message, dict) else None
    return version if isinstance(version, int) else None


def _misunderstanding(theirs: int | None, pid: int, *, asked: bool) -> str:
    """Return the sentence for who gave the order: which of the two devserves is the older one."""
    if theirs is None or theirs == VERSION:
        return f"the devserve with pid {pid} was not understood, or did not understand; end it and start it anew"
    command, running = (theirs, VERSION) if asked else (VERSION, theirs)
    versions = f"this command speaks version {command} of the protocol, the devserve with pid {pid} version {running}"
    if command < running:
        return f"{versions}: update this command, or use the one that started it"
    return f"{versions}: end that one, update it and start it anew"
