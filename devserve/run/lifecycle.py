"""The life of a service: its states, and the one table that says what leads from one to the next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from shlex import quote
from signal import Signals

from devserve.config.values import Service, Then

AT_ONCE = 1.0  # seconds; a command that fails sooner has a mistake that a second try would only repeat
BACKOFFS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)  # seconds after the first crash, the second …; then always the last
HEALTHY = 60.0  # seconds of being ready after which earlier crashes are forgotten


class State(StrEnum):
    """Where a service stands."""

    WAITING = "waiting"  # for the services that it needs
    STARTING = "starting"  # its process runs and does not answer yet
    READY = "ready"
    STOPPING = "stopping"  # its processes are being ended
    RESTARTING = "restarting"  # its processes are being ended, then it starts again
    EXITED = "exited"  # it ended by itself; an order (a save) starts it
    BACKING_OFF = "backing off"  # it crashed; it starts again in a moment
    STOPPED = "stopped"  # as ordered; only the order to start again ends that
    HELD = "not allowed yet"  # nothing of its repository may run; what is allowed takes its place


class Event(StrEnum):
    """What happens to a service."""

    START = "start"  # an order: what it needs is ready
    SAVE = "save"  # an order: a file was saved that asks for a restart
    STOP = "stop"  # an order
    RESUME = "resume"  # an order: start again, however it has ended
    HOLD = "hold"  # it was to start, and may not
    SPAWNED = "spawned"  # its process runs
    READY = "ready"  # it answers
    TIMED_OUT = "timed out"  # it does not answer in the time it has
    ENDED = "ended"  # with exit status 0, or as ordered
    FAILED = "failed"  # could not be started, or ended badly at once
    CRASHED = "crashed"  # ended badly later
    BACKOFF_OVER = "backoff over"


class Action(StrEnum):
    """What must be done about an event."""

    NOTHING = "nothing"
    SPAWN = "spawn"  # start the process
    PROBE = "probe"  # look until it answers
    WARN = "warn"  # say that it does not answer; it runs on, and is still looked at
    END = "end"  # end its processes; ENDED follows
    REPORT = "report"  # say that it ended and what starts it again
    BACK_OFF = "back off"  # say that it crashed, and tell BACKOFF_OVER after `backoff`


# Every pair that is not listed changes nothing: it is late news of a process that is gone, or an order already obeyed.
# - A command that ends with status 0 meant to. One that was started by an order and fails within AT_ONCE has a mistake
#   in its command line or its source. Both wait for the next order.
# - Every other end is a crash: the service comes back, sooner after its first crash than after its tenth.
# - A save while it restarts is served by that restart: nothing has been started yet. A save while it starts is not:
#   what is starting may have read the old file.
# - A service that is ordered to stop stays so: neither a save nor what waited for its needs brings it back, also while
#   devserve leaves. Only a user who asks for it does.
TABLE: Mapping[tuple[State, Event], tuple[State, Action]] = {
    (State.WAITING, Event.START): (State.STARTING, Action.SPAWN),
    (State.WAITING, Event.HOLD): (State.HELD, Action.REPORT),
    (State.WAITING, Event.STOP): (State.STOPPED, Action.NOTHING),
    (State.STARTING, Event.SPAWNED): (State.STARTING, Action.PROBE),
    (State.STARTING, Event.READY): (State.READY, Action.NOTHING),
    (State.STARTING, Event.TIMED_OUT): (State.STARTING, Action.WARN),
    (State.STARTING, Event.ENDED): (State.EXITED, Action.REPORT),
    (State.STARTING, Event.FAILED): (State.EXITED, Action.REPORT),
    (State.STARTING, Event.CRASHED): (State.BACKING_OFF, Action.BACK_OFF),
    (State.STARTING, Event.SAVE): (State.RESTARTING, Action.END),
    (State.STARTING, Event.STOP): (State.STOPPING, Action.END),
    (State.READY, Event.ENDED): (State.EXITED, Action.REPORT),
    (State.READY, Event.CRASHED): (State.BACKING_OFF, Action.BACK_OFF),
    (State.READY, Event.SAVE): (State.RESTARTING, Action.END),
    (State.READY, Event.STOP): (State.STOPPING, Action.END),
    (State.RESTARTING, Event.ENDED): (State.STARTING, Action.SPAWN),
    (State.RESTARTING, Event.STOP): (State.STOPPING, Action.NOTHING),
    (State.STOPPING, Event.ENDED): (State.STOPPED, Action.NOTHING),
    (State.STOPPING, Event.RESUME): (State.RESTARTING, Action.NOTHING),
    (State.STOPPED, Event.RESUME): (State.STARTING, Action.SPAWN),
    (State.STOPPED, Event.HOLD): (State.HELD, Action.REPORT),
    (State.HELD, Event.STOP): (State.STOPPED, Action.NOTHING),
    (State.EXITED, Event.SAVE): (State.STARTING, Action.SPAWN),
    (State.EXITED, Event.RESUME): (State.STARTING, Action.SPAWN),
    (State.EXITED, Event.STOP): (State.STOPPED, Action.NOTHING),
    (State.BACKING_OFF, Event.BACKOFF_OVER): (State.STARTING, Action.SPAWN),
    (State.BACKING_OFF, Event.SAVE): (State.STARTING, Action.SPAWN),
    (State.BACKING_OFF, Event.RESUME): (State.STARTING, Action.SPAWN),
    (State.BACKING_OFF, Event.STOP): (State.STOPPED, Action.NOTHING),
}
ORDERS = frozenset({Event.START, Event.SAVE, Event.RESUME})


@dataclass(frozen=True, slots=True)
class Life:
    """Where a service stands, since when, and how often it has crashed since it was last well."""

    state: State = State.WAITING
    since: float = 0.0  # when it entered the state; for STARTING when its process was there
    crashes: int = 0
    ordered: bool = True  # the present start was an order, not a return after a crash
    took: float = 0.0  # seconds from the process to its being ready, the last time that it became so

    @property
    def backoff(self) -> float:
        """Seconds from the last crash to the next start."""
        return BACKOFFS[min(max(self.crashes, 1), len(BACKOFFS)) - 1]

    @property
    def coming(self) -> bool:
        """Whether it is on its way to being ready without another order."""
        return self.state in {State.WAITING, State.STARTING, State.RESTARTING, State.BACKING_OFF}


def step(life: Life, event: Event, now: float) -> tuple[Life, Action]:
    """Return the life after an event, and what must be done about it."""
    if (life.state, event) not in TABLE:
        return life, Action.NOTHING
    state, action = TABLE[life.state, event]
    ordered = event in ORDERS or (life.ordered and event is not Event.BACKOFF_OVER)
    changed = state is not life.state or event is Event.SPAWNED
    since = now if changed else life.since
    took = now - life.since if event is Event.READY else life.took
    crashes = _crashes(life, event, now)
    return replace(life, state=state, since=since, crashes=crashes, ordered=ordered, took=took), action


def _crashes(life: Life, event: Event, now: float) -> int:
    if event in ORDERS:
        return 0
    if event is not Event.CRASHED:
        return life.crashes
    was_well = life.state is State.READY and now - life.since >= HEALTHY
    return 1 if was_well else life.crashes + 1


def end_of_process(life: Life, code: int, now: float) -> Event:
    """Return what the end of its process means for a service; a negative code is a signal's number."""
    if code == 0 or life.state in {State.STOPPING, State.RESTARTING}:
        return Event.ENDED
    at_once = life.state is State.STARTING and life.ordered and now - life.since < AT_ONCE
    return Event.FAILED if at_once else Event.CRASHED


def remedy(service: Service) -> str:
    """Return what starts a service again that has ended by itself."""
    if any(rule.then is Then.RESTART for rule in service.watch):
        return f"It starts again when one of its watched files is saved, or with `devserve start {service.label}`."
    return (
        f"While devserve runs, `devserve start {service.label}` starts it again;"
        ' with a watch rule that has then = "restart", a save would.'
    )


def not_allowed(service: Service) -> str:
    """Return why nothing of a service's repository runs, and what changes that."""
    return (
        f"Nothing of {service.root} runs before it is allowed: in any terminal,"
        f" `devserve allow {quote(str(service.root))}` shows what would run and asks. Then it starts."
    )


def stopped(service: Service) -> str:
    """Return what starts a service again that was stopped by an order."""
    return f"It was stopped; `devserve start {service.label}` starts it again."


def in_its_place(service: Service, state: State) -> str:
    """Return the sentence about what answers while a service does not run; empty when nothing does."""
    if service.fallback is None or state is State.READY or Life(state).coming:
        return ""
    return f"{service.fallback} answers in its place."


def exit_words(code: int) -> str:
    """Return how a process ended, in words; a negative code is a signal's number."""
    if code >= 0:
        return f"exit status {code}"
    try:
        return f"signal {Signals(-code).name.removeprefix('SIG')}"
    except ValueError:  # a real-time signal has a number only
        return f"signal {-code}"
