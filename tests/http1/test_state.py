"""The table of states: what each side may do, and what follows from the other's acts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from devserve.errors import LocalProtocolError
from devserve.http1.events import ConnectionClosed, Data, EndOfMessage, Event, InformationalResponse, Request, Response
from devserve.http1.state import (
    CLIENT,
    NEW,
    SERVER,
    TRANSITIONS,
    Cause,
    Phase,
    Role,
    State,
    after_end,
    after_event,
    after_failure,
    with_switch_agreed,
    with_switch_proposed,
    without_keep_alive,
)

Step = tuple[Role, type[Event]]
ASK: list[Step] = [(CLIENT, Request), (CLIENT, Data), (CLIENT, EndOfMessage)]
ANSWER: list[Step] = [(SERVER, InformationalResponse), (SERVER, Response), (SERVER, Data), (SERVER, EndOfMessage)]


def after(steps: list[Step], phase: Phase = NEW) -> Phase:
    for role, event in steps:
        phase = after_event(phase, role, event)
    return phase


def both(phase: Phase) -> tuple[State, State]:
    return phase.client, phase.server


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
    phase = Phase(client=state) if role is CLIENT else Phase(server=state)
    if (role, state, event) not in TRANSITIONS:
        with pytest.raises(LocalProtocolError, match=f"a {role.value} in {state.value} cannot send {event.__name__}"):
            after_event(phase, role, event)


def test_a_switch_may_be_agreed_before_the_request_has_ended() -> None:
    phase = with_switch_agreed(with_switch_proposed(after(ASK[:1])))
    assert both(phase) == (State.SEND_BODY, State.SWITCHED_PROTOCOL)
    assert both(after(ASK[1:], phase)) == (State.SWITCHED_PROTOCOL, State.SWITCHED_PROTOCOL)


def test_a_switch_that_may_come_has_precedence_over_closing() -> None:
    phase = without_keep_alive(with_switch_proposed(after(ASK[:1])))
    phase = after(ASK[1:], phase)
    assert both(phase) == (State.MIGHT_SWITCH_PROTOCOL, State.SEND_RESPONSE)
    assert both(after(ANSWER, phase)) == (State.MUST_CLOSE, State.MUST_CLOSE)


def test_a_switch_needs_a_proposal() -> None:
    with pytest.raises(LocalProtocolError, match="did not ask for"):
        with_switch_agreed(after(ASK))


def test_a_switch_comes_too_late_after_the_response() -> None:
    phase = after([(SERVER, Response)], with_switch_proposed(after(ASK[:1])))
    with pytest.raises(LocalProtocolError, match="cannot send 101"):
        with_switch_agreed(replace(phase, switch_proposed=True))


@pytest.mark.parametrize("role", Role)
def test_a_failure_ends_the_side_and_the_connection(role: Role) -> None:
    phase = after_failure(after(ASK), role)
    assert phase.of(role) is State.ERROR
    assert not phase.keep_alive


def test_the_next_cycle_starts_when_both_are_done() -> None:
    assert both(after(ASK + ANSWER, after_end(after(ASK + ANSWER)))) == (State.DONE, State.DONE)


@pytest.mark.parametrize("steps", [[], ASK, ASK[:1] + ANSWER, [(CLIENT, ConnectionClosed)]])
def test_the_next_cycle_does_not_start_before(steps: list[Step]) -> None:
    with pytest.raises(LocalProtocolError, match="the next exchange cannot start: client"):
        after_end(after(steps))


def test_each_state_but_the_final_ones_can_be_left() -> None:
    final = {State.ERROR, State.SWITCHED_PROTOCOL}
    assert {state for _, state, _ in TRANSITIONS} == set(State) - final


def test_each_cause_has_a_row() -> None:
    assert set(Cause) <= {trigger for _, _, trigger in TRANSITIONS}


def test_equal_phases_lead_to_the_same_one() -> None:
    one, other = Phase(client=State.DONE), Phase(client=State.DONE)
    assert after_event(one, SERVER, Response) is after_event(other, SERVER, Response)
    assert after_event(one, SERVER, Response) is after_event(one, SERVER, Response)
