from itertools import product
from pathlib import Path

import pytest

from devserve.config.values import Origin, Service, Then, WatchRule
from devserve.run.lifecycle import (
    TABLE,
    Action,
    Event,
    Life,
    State,
    end_of_process,
    exit_words,
    in_its_place,
    not_allowed,
    remedy,
    step,
    stopped,
)

START, SAVE, STOP, RESUME = Event.START, Event.SAVE, Event.STOP, Event.RESUME
SPAWNED, READY, TIMED_OUT, OVER = Event.SPAWNED, Event.READY, Event.TIMED_OUT, Event.BACKOFF_OVER


def lived(history):
    """Live through (time, event or exit code, …) and tell each state with what was to be done."""
    life, told = Life(), []
    for now, event in history:
        if not isinstance(event, Event):
            event = end_of_process(life, event, now)
        life, action = step(life, event, now)
        told.append((life.state.value, action.value))
    return life, told


HISTORIES = {
    "starts and becomes ready": [
        (0.0, START, "starting", "spawn"),
        (0.0, SPAWNED, "starting", "probe"),
        (2.0, READY, "ready", "nothing"),
    ],
    "takes too long, and becomes ready after all": [
        (0.0, START, "starting", "spawn"),
        (0.0, SPAWNED, "starting", "probe"),
        (30.0, TIMED_OUT, "starting", "warn"),
        (45.0, READY, "ready", "nothing"),
    ],
    "fails at once and waits for a save": [
        (0.0, START, "starting", "spawn"),
        (0.0, SPAWNED, "starting", "probe"),
        (0.9, 1, "exited", "report"),
        (60.0, SAVE, "starting", "spawn"),
        (60.0, SPAWNED, "starting", "probe"),
        (60.5, 1, "exited", "report"),
    ],
    "cannot be started": [
        (0.0, START, "starting", "spawn"),
        (0.0, Event.FAILED, "exited", "report"),
        (9.0, SAVE, "starting", "spawn"),
    ],
    "fails slowly and is tried again": [
        (0.0, START, "starting", "spawn"),
        (0.0, SPAWNED, "starting", "probe"),
        (1.0, 1, "backing off", "back off"),
        (1.5, OVER, "starting", "spawn"),
        (1.5, SPAWNED, "starting", "probe"),
        (1.6, 1, "backing off", "back off"),
    ],
    "crashes when it was ready": [
        (0.0, START, "starting", "spawn"),
        (0.0, SPAWNED, "starting", "probe"),
        (0.1, READY, "ready", "nothing"),
        (0.2, -11, "backing off", "back off"),
        (0.7, OVER, "starting", "spawn"),
    ],
    "ends by itself": [
        (0.0, START, "starting", "spawn"),
        (0.0, SPAWNED, "starting", "probe"),
        (5.0, READY, "ready", "nothing"),
        (9.0, 0, "exited", "report"),
        (10.0, OVER, "exited", "nothing"),
        (11.0, SAVE, "starting", "spawn"),
    ],
    "a save restarts it": [
        (0.0, START, "starting", "spawn"),
        (0.0, SPAWNED, "starting", "probe"),
        (5.0, READY, "ready", "nothing"),
        (6.0, SAVE, "restarting", "end"),
        (6.1, SAVE, "restarting", "nothing"),
        (6.2, READY, "restarting", "nothing"),
        (6.3, -15, "starting", "spawn"),
        (6.3, SPAWNED, "starting", "probe"),
        (6.4, SAVE, "restarting", "end"),
        (6.5, -15, "starting", "spawn"),
    ],
    "a save ends the waiting after a crash": [
        (0.0, START, "starting", "spawn"),
        (0.0, SPAWNED, "starting", "probe"),
        (1.0, READY, "ready", "nothing"),
        (2.0, 1, "backing off", "back off"),
        (2.1, SAVE, "starting", "spawn"),
        (2.1, OVER, "starting", "nothing"),
    ],
    "stops, and only an order brings it back": [
        (0.0, START, "starting", "spawn"),
        (0.0, SPAWNED, "starting", "probe"),
        (1.0, STOP, "stopping", "end"),
        (1.1, SAVE, "stopping", "nothing"),
        (1.2, 143, "stopped", "nothing"),
        (1.3, SAVE, "stopped", "nothing"),
        (1.4, STOP, "stopped", "nothing"),
        (1.5, START, "stopped", "nothing"),
        (1.6, RESUME, "starting", "spawn"),
        (1.6, SPAWNED, "starting", "probe"),
        (1.7, RESUME, "starting", "nothing"),
        (1.8, 1, "exited", "report"),
        (2.0, RESUME, "starting", "spawn"),
    ],
    "is started while it stops": [
        (0.0, START, "starting", "spawn"),
        (0.0, SPAWNED, "starting", "probe"),
        (1.0, STOP, "stopping", "end"),
        (1.1, RESUME, "restarting", "nothing"),
        (1.2, 143, "starting", "spawn"),
    ],
    "is started while it backs off": [
        (0.0, START, "starting", "spawn"),
        (0.0, SPAWNED, "starting", "probe"),
        (2.0, 1, "backing off", "back off"),
        (2.1, RESUME, "starting", "spawn"),
    ],
    "a stop while it restarts": [
        (0.0, START, "starting", "spawn"),
        (0.0, SPAWNED, "starting", "probe"),
        (1.0, SAVE, "restarting", "end"),
        (1.1, STOP, "stopping", "nothing"),
        (1.2, 0, "stopped", "nothing"),
    ],
    "a stop before it starts": [
        (0.0, SAVE, "waiting", "nothing"),
        (0.1, STOP, "stopped", "nothing"),
    ],
    "a stop while it backs off": [
        (0.0, START, "starting", "spawn"),
        (0.0, SPAWNED, "starting", "probe"),
        (2.0, 1, "backing off", "back off"),
        (2.1, STOP, "stopped", "nothing"),
        (2.5, OVER, "stopped", "nothing"),
    ],
}


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_a_service_that(history):
    _, told = lived([(now, event) for now, event, _, _ in history])
    assert told == [(state, action) for _, _, state, action in history]


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        (
            (WatchRule(("*.py",), then=Then.RESTART),),
            "It starts again when one of its watched files is saved, or with `devserve start web`.",
        ),
        ((WatchRule(("*.css",)),), "While devserve runs, `devserve start web` starts it again"),
    ],
)
def test_what_has_ended_is_told_what_starts_it_again(rules, sentence):
    assert remedy(Service("web", Path("/shop"), "web.test", watch=rules)).startswith(sentence)


def test_what_was_stopped_is_told_the_command_that_starts_it():
    sentence = stopped(Service("web", Path("/shop"), "web.test"))
    assert sentence == "It was stopped; `devserve start web` starts it again."


def crashes(times, *, lasts, start=0.0):
    """Tell the history of a service that crashes so many times, each time `lasts` seconds after it was ready."""
    history, now = [(start, START)], start
    for _ in range(times):
        history += [(now, SPAWNED), (now, READY), (now + lasts, 1), (now + lasts + 30, OVER)]
        now += lasts + 30
    return history[:-1]


@pytest.mark.parametrize(
    ("times", "delay"), [(1, 0.5), (2, 1.0), (3, 2.0), (4, 4.0), (6, 16.0), (7, 30.0), (8, 30.0), (5000, 30.0)]
)
def test_each_crash_doubles_the_wait_up_to_a_cap(times, delay):
    life, _ = lived(crashes(times, lasts=1.0))
    assert (life.state, life.backoff) == (State.BACKING_OFF, delay)


@pytest.mark.parametrize(("well_for", "delay"), [(59.9, 4.0), (60.0, 0.5)])
def test_a_healthy_minute_makes_earlier_crashes_forgotten(well_for, delay):
    again = [(200.0, OVER), (200.0, SPAWNED), (201.0, READY), (201.0 + well_for, 1)]
    life, _ = lived(crashes(3, lasts=1.0) + again)
    assert life.backoff == delay


def test_a_save_makes_earlier_crashes_forgotten():
    again = [(200.0, SAVE), (200.0, SPAWNED), (202.0, 1)]
    life, _ = lived(crashes(5, lasts=1.0) + again)
    assert life.backoff == 0.5


def test_being_ended_for_a_restart_is_no_crash():
    restart = [(0, START), (0, SPAWNED), (1, READY), (2, SAVE), (3, -15), (3, SPAWNED), (4, READY), (5, 1)]
    life, _ = lived(restart)
    assert life.crashes == 1


def test_what_may_not_run_is_spawned_by_nothing():
    held = {state for (_, event), (state, _) in TABLE.items() if event is Event.HOLD}
    assert held == {State.HELD}
    assert {event for (state, event) in TABLE if state is State.HELD} == {STOP}
    folder = Path("/shop's")
    assert "`devserve allow '/shop'\"'\"'s'`" in not_allowed(Service("web", folder, "web.test"))


@pytest.mark.parametrize(("state", "event"), sorted(set(product(State, Event)) - set(TABLE)))
def test_what_the_table_does_not_list_changes_nothing(state, event):
    life = Life(state, since=3.0, crashes=2)
    assert step(life, event, 9.0) == (life, Action.NOTHING)


@pytest.mark.parametrize("state", sorted(set(State) - {State.STOPPED, State.STOPPING}))
def test_every_state_leads_to_stopped(state):
    life, _ = step(Life(state), STOP, 1.0)
    life, _ = step(life, end_of_process(life, 1, 2.0), 2.0)
    assert life.state is State.STOPPED


@pytest.mark.parametrize(
    ("state", "coming"),
    [(state, state.value in {"waiting", "starting", "restarting", "backing off"}) for state in State],
)
def test_a_service_is_coming_when_no_order_is_needed_for_it(state, coming):
    assert Life(state).coming is coming


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exit status 0"), (127, "exit status 127"), (-9, "signal KILL"), (-15, "signal TERM"), (-40, "signal 40")],
)
def test_an_end_is_said_in_words(code, words):
    assert exit_words(code) == words


@pytest.mark.parametrize(
    ("state", "falls_back"),
    [(state, state.value in {"exited", "stopping", "stopped", "not allowed yet"}) for state in State],
)
def test_the_fallback_answers_when_a_service_neither_runs_nor_comes(state, falls_back):
    service = Service("web", Path("/repo"), "web.test", fallback=Origin("https", "staging.test", 443))
    said = in_its_place(service, state)
    assert said == ("https://staging.test:443 answers in its place." if falls_back else "")
    assert in_its_place(Service("web", Path("/repo"), "web.test"), state) == ""
