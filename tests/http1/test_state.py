"""The table of states: what each side may do, and what follows from the other's acts."""

from __future__ import annotations

import pytest

from devserve.errors import LocalProtocolError
from devserve.http1.events import ConnectionClosed, Data, EndOfMessage, Event, InformationalResponse, Request, Response
from devserve.http1.state import CLIENT, SERVER, TRANSITIONS, Cause, ConnectionState, Role, State

Step = tuple[Role, type[Event]]
ASK: list[Step] = [(CLIENT, Request), (CLIENT, Data), (CLIENT, EndOfMessage)]
ANSWER: list[Step] = [(SERVER, InformationalResponse), (SERVER, Response), (SERVER, Data), (SERVER, EndOfMessage)]


def after(steps: list[Step], state: ConnectionState | None = None) -> ConnectionState:
    state = state or ConnectionState()
    for role, event in steps:
        state.apply(role, event)
    return state


def both(state: ConnectionState) -> tuple[State, State]:
    return state.states[CLIENT], state.states[SERVER]


@pytest.mark.parametrize(
    ("steps", "client", "server"),
    [
        ([], State.IDLE, State.IDLE),
        (ASK[:1], State.SEND_BODY, State.SEND_RESPONSE),
        (ASK, State.DONE, State.SEND_RESPONSE),
        (ASK + ANSWER[:1], State.DONE, State.SEND_RESPONSE),
        (ASK + ANSWER[:2], State.DONE, State.SEND_BODY),
        (ASK + ANSWER, State.DONE, State.DONE),
        (ASK[:1] + ANSWER, State.SEND_BODY, State.DONE),
        ([(SERVER, Response)], State.IDLE, State.SEND_BODY),
        ([(CLIENT, ConnectionClosed)], State.CLOSED, State.MUST_CLOSE),
        ([(SERVER, ConnectionClosed)], State.MUST_CLOSE, State.CLOSED),
        ([(CLIENT, ConnectionClosed), (SERVER, ConnectionClosed)], State.CLOSED, State.CLOSED),
        ([(CLIENT, ConnectionClosed), (CLIENT, ConnectionClosed)], State.CLOSED, State.MUST_CLOSE),
        ([*ASK, (CLIENT, ConnectionClosed)], State.CLOSED, State.SEND_RESPONSE),
        ([*ASK, (CLIENT, ConnectionClosed), *ANSWER], State.CLOSED, State.MUST_CLOSE),
        ([*ASK, *ANSWER, (SERVER, ConnectionClosed)], State.MUST_CLOSE, State.CLOSED),
    ],
)
def test_events_lead_to_states(steps: list[Step], client: State, server: State) -> None:
    assert both(after(steps)) == (client, server)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("event", [Request, InformationalResponse, Response, Data, EndOfMessage, ConnectionClosed])
def test_what_has_no_row_cannot_be_sent(role: Role, state: State, event: type[Event]) -> None:
    connection = ConnectionState()
    connection.states[role] = state
    if (role, state, event) not in TRANSITIONS:
        with pytest.raises(LocalProtocolError, match=f"a {role.value} in {state.value} cannot send {event.__name__}"):
            connection.apply(role, event)
        assert connection.states[role] is state


def test_a_switch_may_be_agreed_before_the_request_has_ended() -> None:
    state = after(ASK[:1])
    state.propose_switch()
    state.agree_to_switch()
    assert both(state) == (State.SEND_BODY, State.SWITCHED_PROTOCOL)
    assert both(after(ASK[1:], state)) == (State.SWITCHED_PROTOCOL, State.SWITCHED_PROTOCOL)


def test_a_switch_that_may_come_has_precedence_over_closing() -> None:
    state = after(ASK[:1])
    state.propose_switch()
    state.disable_keep_alive()
    assert both(after(ASK[1:], state)) == (State.MIGHT_SWITCH_PROTOCOL, State.SEND_RESPONSE)
    assert both(after(ANSWER, state)) == (State.MUST_CLOSE, State.MUST_CLOSE)


def test_a_switch_needs_a_proposal() -> None:
    with pytest.raises(LocalProtocolError, match="did not ask for"):
        after(ASK).agree_to_switch()


def test_a_switch_comes_too_late_after_the_response() -> None:
    state = after(ASK[:1])
    state.propose_switch()
    after([(SERVER, Response)], state)
    state.switch_proposed = True
    with pytest.raises(LocalProtocolError, match="cannot send 101"):
        state.agree_to_switch()


@pytest.mark.parametrize("role", Role)
def test_a_failure_ends_the_side_and_the_connection(role: Role) -> None:
    state = after(ASK)
    state.fail(role)
    assert state.states[role] is State.ERROR
    assert not state.keep_alive


def test_the_next_cycle_starts_when_both_are_done() -> None:
    state = after(ASK + ANSWER)
    state.start_next_cycle()
    assert both(after(ASK + ANSWER, state)) == (State.DONE, State.DONE)


@pytest.mark.parametrize("steps", [[], ASK, ASK[:1] + ANSWER, [(CLIENT, ConnectionClosed)]])
def test_the_next_cycle_does_not_start_before(steps: list[Step]) -> None:
    with pytest.raises(LocalProtocolError, match="the next exchange cannot start: client"):
        after(steps).start_next_cycle()


def test_each_state_but_the_final_ones_can_be_left() -> None:
    final = {State.ERROR, State.SWITCHED_PROTOCOL}
    assert {state for _, state, _ in TRANSITIONS} == set(State) - final


def test_each_cause_has_a_row() -> None:
    assert set(Cause) <= {trigger for _, _, trigger in TRANSITIONS}
