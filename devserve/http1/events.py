"""What happens on an HTTP/1.1 connection, as values: the messages of RFC 9112 in pieces.

Values, though not frozen: a frozen dataclass takes four times as long to make, and ten are made for each exchange.
Of the usual ones the constructors are written out: what dataclass makes is not compiled with the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final, TypeAlias

from devserve.http1.headers import Headers


@dataclass(init=False, slots=True)
class Request:
    """The head of a request (RFC 9112, section 3). The target is exactly what was received."""

    method: bytes
    target: bytes
    headers: Headers
    http_version: bytes

    def __init__(self, method: bytes, target: bytes, headers: Headers, http_version: bytes = b"1.1") -> None:
        self.method = method
        self.target = target
        self.headers = headers
        self.http_version = http_version


@dataclass(slots=True)
class InformationalResponse:
    """The head of a 1xx response; the final response is still to come, except after 101."""

    status_code: int
    headers: Headers
    reason: bytes = b""
    http_version: bytes = b"1.1"


@dataclass(init=False, slots=True)
class Response:
    """The head of a final response (RFC 9112, section 4)."""

    status_code: int
    headers: Headers
    reason: bytes
    http_version: bytes

    def __init__(self, status_code: int, headers: Headers, reason: bytes = b"", http_version: bytes = b"1.1") -> None:
        self.status_code = status_code
        self.headers = headers
        self.reason = reason
        self.http_version = http_version


@dataclass(init=False, slots=True)
class Data:
    """Some bytes of a body, without their framing."""

    data: bytes

    def __init__(self, data: bytes) -> None:
        self.data = data


@dataclass(slots=True)
class EndOfMessage:
    """The end of a request or response, with the trailers of a chunked body (RFC 9112, section 7.1.2)."""

    trailers: Headers = field(default_factory=Headers)


@dataclass(slots=True)
class ConnectionClosed:
    """A side will send nothing more, and no message of it was cut off."""


END: Final = EndOfMessage(Headers().freeze())  # the usual one, without trailers

Event: TypeAlias = Request | InformationalResponse | Response | Data | EndOfMessage | ConnectionClosed


class Signal(Enum):
    """What `next_event` returns when it has no event."""

    NEED_DATA = "need data"  # call receive_data first
    PAUSED = "paused"  # the peer waits for our part: call start_next_cycle, or take trailing_data to a tunnel


NEED_DATA: Final = Signal.NEED_DATA
PAUSED: Final = Signal.PAUSED
