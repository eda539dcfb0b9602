"""Which side of a connection may do what: every state change is a row of one table (h11's states).

This file does not know which role is ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cache
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
DONE: Final = State.DONE

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


@dataclass(frozen=True, slots=True)
class Phase:
    """Where a connection stands: the states of both sides, and what may still come of it."""

    client: State = State.IDLE
    server: State = State.IDLE
    keep_alive: bool = True
    switch_proposed: bool = False
    # What follows after each side's events, noted here when first asked for: to compare phases takes far longer.
    after_client: dict[type[Event], Phase] = field(default_factory=dict, init=False, compare=False, repr=False)
    after_server: dict[type[Event], Phase] = field(default_factory=dict, init=False, compare=False, repr=False)

    def of(self, role: Role) -> State:
        """Return the state of a side."""
        return self.client if role is CLIENT else self.server


NEW: Final = Phase()


def after_event(phase: Phase, role: Role, event: type[Event]) -> Phase:
    """Return the phase after a side has sent an event.

    Raises:
        LocalProtocolError: the table has no row for it. A refusal is not noted.
    """
    noted = phase.after_client if role is CLIENT else phase.after_server
    following = noted.get(event)
    if following is None:
        following = noted[event] = _after_event(phase, role, event)  # type: ignore[arg-type]  # classes are hashable
    return following


@cache  # equal phases are followed by the same object: there are few
def _after_event(phase: Phase, role: Role, event: type[Event]) -> Phase:
    phase = _move(phase, role, event)
    if event is Data:
        return phase
    if event is Request:
        return _move(phase, SERVER, Request)
    if event is Response and phase.switch_proposed:
        phase = _follow(replace(phase, switch_proposed=False), CLIENT, Cause.SWITCH_REFUSED)
    elif event is ConnectionClosed:
        phase = replace(phase, keep_alive=False)
    return _settled(phase)


def after_end(phase: Phase) -> Phase:
    """Return the phase in which both sides may begin another exchange.

    Raises:
        LocalProtocolError: one of them is not done, or the connection must close.
    """
    if phase.client is not DONE or phase.server is not DONE:
        raise LocalProtocolError(
            f"the next exchange cannot start: client {phase.client.value}, server {phase.server.value}"
        )
    return NEW  # no side is DONE on a connection that is to be closed or might be switched


def with_switch_proposed(phase: Phase) -> Phase:
    """Return the phase after the request's head has asked for an upgrade (RFC 9110, section 7.8)."""
    return _settled(replace(phase, switch_proposed=True))


def with_switch_agreed(phase: Phase) -> Phase:
    """Return the phase after the server has sent 101.

    Raises:
        LocalProtocolError: the request asked for no upgrade, or the response has begun.
    """
    if not phase.switch_proposed:
        raise LocalProtocolError("101 switches to a protocol that the request did not ask for")
    return _settled(_move(phase, SERVER, Cause.SWITCH_AGREED))


def without_keep_alive(phase: Phase) -> Phase:
    """Return the phase of a connection that ends with this exchange."""
    return _settled(replace(phase, keep_alive=False))


def after_failure(phase: Phase, role: Role) -> Phase:
    """Return the phase after a side broke the protocol or its bytes were lost: it can do nothing more."""
    return without_keep_alive(_with(phase, role, State.ERROR))


def _settled(phase: Phase) -> Phase:
    # A switch that may come has precedence over closing: what follows it is not HTTP any more.
    if phase.switch_proposed:
        phase = _follow(phase, CLIENT, Cause.SWITCH_PROPOSED)
        if phase.server is State.SWITCHED_PROTOCOL:
            phase = _follow(phase, CLIENT, Cause.SWITCH_AGREED)
    if not phase.keep_alive:
        phase = _follow(_follow(phase, CLIENT, Cause.WILL_CLOSE), SERVER, Cause.WILL_CLOSE)
    if phase.client is State.CLOSED:
        phase = _follow(phase, SERVER, Cause.PEER_CLOSED)
    if phase.server is State.CLOSED:
        phase = _follow(phase, CLIENT, Cause.PEER_CLOSED)
    return phase


def _follow(phase: Phase, role: Role, cause: Cause) -> Phase:
    state = phase.of(role)
    return _with(phase, role, TRANSITIONS.get((role, state, cause), state))


def _move(phase: Phase, role: Role, trigger: Trigger) -> Phase:
    state = phase.of(role)
    try:
        return _with(phase, role, TRANSITIONS[role, state, trigger])
    except KeyError:
        what = "101" if isinstance(trigger, Cause) else trigger.__name__
        raise LocalProtocolError(f"a {role.value} in {state.value} cannot send {what}") from None


def _with(phase: Phase, role: Role, state: State) -> Phase:
    return replace(phase, client=state) if role is CLIENT else replace(phase, server=state)
