"""HTTP/1.1 on bytes (RFC 9112): no proxy, no socket, no clock. h11's interface.

A Connection turns received bytes into events and events into bytes to send. Messages are checked strictly in both
directions, and what leaves is written from events, so a proxy never passes on what it did not understand.
"""

from __future__ import annotations

from devserve.http1.connection import Connection
from devserve.http1.events import (
    END,
    NEED_DATA,
    PAUSED,
    ConnectionClosed,
    Data,
    EndOfMessage,
    Event,
    InformationalResponse,
    Request,
    Response,
    Signal,
)
from devserve.http1.facts import facts_of
from devserve.http1.headers import Headers
from devserve.http1.limits import Limits
from devserve.http1.state import Role, State

__all__ = [
    "END",
    "NEED_DATA",
    "PAUSED",
    "Connection",
    "ConnectionClosed",
    "Data",
    "EndOfMessage",
    "Event",
    "Headers",
    "InformationalResponse",
    "Limits",
    "Request",
    "Response",
    "Role",
    "Signal",
    "State",
    "facts_of",
]
