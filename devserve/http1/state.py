"""Which side of a connection may do what: every state change is a row of one table (h11's states).

This file does not know which role is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeAlias

from devserve.errors import LocalProtocolError
from devserve.http1.events import (
    ConnectionClosed,
    Data,
    EndOfMessage,
    Event,
    InformationalResponse,
    Request,
    Response,
)


class Role(Enum):
    """The two sides of a connection."""

    CLIENT = "client"
    SERVER = "server"

    __hash__ = object.__hash__  # members are singletons; Enum's own hash is Python code, on the path of each event


class State(Enum):
    """What a side is doing in the current exchange."""

    IDLE = "IDLE"
    SEND_RESPONSE = "SEND_RESPONSE"  # a server that owes the response's head
    SEND_BODY = "SEND_BODY"
    DONE = "DONE"
    MUST_CLOSE = "MUST_CLOSE"  # done, and the connection is not to be used again
    CLOSED = "CLOSED"
    ERROR = "ERROR"
    MIGHT_SWITCH_PROTOCOL = "MIGHT_SWITCH_PROTOCOL"  # a client that has asked for an upgrade
    SWITCHED_PROTOCOL = "SWITCHED_PROTOCOL"

    __hash__ = object.__hash__


class Cause(Enum):
    """Why a side changes its state though it sent nothing."""

    WILL_CLOSE = "this exchange is the connection's last"
    PEER_CLOSED = "the other side has closed"
    SWITCH_PROPOSED = "the request asked for an upgrade"
    SWITCH_AGREED = "the server sent 101"
    SWITCH_REFUSED = "the server sent another response"

    __hash__ = object.__hash__


Trigger: TypeAlias = type[Event] | Cause
CLIENT: Final = Role.CLIENT
SERVER: Final = Role.SERVER

TRANSITIONS: Final[Mapping[tuple[Role, State, Trigger], State]] = MappingProxyType(
    {
        (CLIENT, State.IDLE, Request): State.SEND_BODY,
        (CLIENT, State.IDLE, ConnectionClosed): State.CLOSED,
        (CLIENT, State.IDLE, Cause.PEER_CLOSED): State.MUST_CLOSE,
        (CLIENT, State.SEND_BODY, Data): State.SEND_BODY,
        (CLIENT, State.SEND_BODY, EndOfMessage): State.DONE,
        (CLIENT, State.DONE, ConnectionClosed): State.CLOSED,
        (CLIENT, State.DONE, Cause.WILL_CLOSE): State.MUST_CLOSE,
        (CLIENT, State.DONE, Cause.SWITCH_PROPOSED): State.MIGHT_SWITCH_PROTOCOL,
        (CLIENT, State.MIGHT_SWITCH_PROTOCOL, Cause.SWITCH_REFUSED): State.DONE,
        (CLIENT, State.MIGHT_SWITCH_PROTOCOL, Cause.SWITCH_AGREED): State.SWITCHED_PROTOCOL,
        (CLIENT, State.MUST_CLOSE, ConnectionClosed): State.CLOSED,
        (CLIENT, State.CLOSED, ConnectionClosed): State.CLOSED,
        (SERVER, State.IDLE, Request): State.SEND_RESPONSE,  # the client's request
        (SERVER, State.IDLE, Response): State.SEND_BODY,  # to a request that never came whole: 400, 408
        (SERVER, State.IDLE, ConnectionClosed): State.CLOSED,
        (SERVER, State.IDLE, Cause.PEER_CLOSED): State.MUST_CLOSE,
        (SERVER, State.SEND_RESPONSE, InformationalResponse): State.SEND_RESPONSE,
        (SERVER, State.SEND_RESPONSE, Cause.SWITCH_AGREED): State.SWITCHED_PROTOCOL,
        (SERVER, State.SEND_RESPONSE, Response): State.SEND_BODY,
        (SERVER, State.SEND_BODY, Data): State.SEND_BODY,
        (SERVER, State.SEND_BODY, EndOfMessage): State.DONE,
        (SERVER, State.DONE, ConnectionClosed): State.CLOSED,
        (SERVER, State.DONE, Cause.WILL_CLOSE): State.MUST_CLOSE,
        (SERVER, State.MUST_CLOSE, ConnectionClosed): State.CLOSED,
        (SERVER, State.CLOSED, ConnectionClosed): State.CLOSED,
    }
)


class ConnectionState:
    """The states of both sides, and whether the connection can carry another exchange."""

    __slots__ = ("keep_alive", "states", "switch_proposed")

    def __init__(self) -> None:
        self.states = {CLIENT: State.IDLE, SERVER: State.IDLE}
        self.keep_alive = True
        self.switch_proposed = False

    def apply(self, role: Role, event: type[Event]) -> None:
        """Record that a side has sent an event.

        Raises:
            LocalProtocolError: the table has no row for it.
        """
        self._move(role, event)
        if event is Data:
            return  # the most frequent event, and nothing follows from it
        if event is Request:
            self._move(SERVER, Request)
            return
        if event is Response and self.switch_proposed:
            self.switch_proposed = False
            self._follow(CLIENT, Cause.SWITCH_REFUSED)
        elif event is ConnectionClosed:
            self.keep_alive = False
        self._settle()

    def propose_switch(self) -> None:
        """Record that the request asks for an upgrade (RFC 9110, section 7.8)."""
        self.switch_proposed = True
        self._settle()

    def agree_to_switch(self) -> None:
        """Record that the server has sent 101.

        Raises:
            LocalProtocolError: the request asked for no upgrade, or the response has begun.
        """
        if not self.switch_proposed:
            raise LocalProtocolError("101 switches to a protocol that the request did not ask for")
        self._move(SERVER, Cause.SWITCH_AGREED)
        self._settle()

    def disable_keep_alive(self) -> None:
        """Record that the connection ends with this exchange."""
        self.keep_alive = False
        self._settle()

    def fail(self, role: Role) -> None:
        """Record that a side broke the protocol or its bytes were lost: it can do nothing more."""
        self.states[role] = State.ERROR
        self.disable_keep_alive()

    def start_next_cycle(self) -> None:
        """Let both sides begin another exchange.

        Raises:
            LocalProtocolError: one of them is not done, or the connection must close.
        """
        if set(self.states.values()) != {State.DONE}:
            client, server = self.states.values()
            raise LocalProtocolError(f"the next exchange cannot start: client {client.value}, server {server.value}")
        self.states = {CLIENT: State.IDLE, SERVER: State.IDLE}

    def _settle(self) -> None:
        # A switch that may come has precedence over closing: what follows it is not HTTP any more.
        if self.switch_proposed:
            self._follow(CLIENT, Cause.SWITCH_PROPOSED)
            if self.states[SERVER] is State.SWITCHED_PROTOCOL:
                self._follow(CLIENT, Cause.SWITCH_AGREED)
        if not self.keep_alive:
            self._follow(CLIENT, Cause.WILL_CLOSE)
            self._follow(SERVER, Cause.WILL_CLOSE)
        if self.states[CLIENT] is State.CLOSED:
            self._follow(SERVER, Cause.PEER_CLOSED)
        if self.states[SERVER] is State.CLOSED:
            self._follow(CLIENT, Cause.PEER_CLOSED)

    def _follow(self, role: Role, cause: Cause) -> None:
        state = self.states[role]
        self.states[role] = TRANSITIONS.get((role, state, cause), state)

    def _move(self, role: Role, trigger: Trigger) -> None:
        state = self.states[role]
        try:
            self.states[role] = TRANSITIONS[role, state, trigger]
        except KeyError:
            what = "101" if isinstance(trigger, Cause) else trigger.__name__
            raise LocalProtocolError(f"a {role.value} in {state.value} cannot send {what}") from None
