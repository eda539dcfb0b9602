"""A service as it runs: its process, whether it answers, and what follows when that changes."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Callable, Sequence
from functools import partial
from signal import Signals

from devserve.config.values import Origin, Service
from devserve.errors import ServiceError
from devserve.hub.orders import ELSEWHERE
from devserve.io.run import groups, ports
from devserve.io.run.probes import answers, takes_from
from devserve.io.run.processes import AFTER_KILL, Process
from devserve.io.run.progress import Progress
from devserve.io.run.warden import Warden
from devserve.io.tasks import spawn
from devserve.run.command import Command
from devserve.run.lifecycle import (
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
from devserve.run.lines import Ring, plain
from devserve.run.progress import not_ready_yet
from devserve.run.readiness import line_means_ready, origin_of, pauses, why_not_ready

LAST_LINES = 20  # for a page
# What ends a process waits for its grace and twice for KILL; this much more means that devserve itself is stuck.
LEEWAY = 2 * AFTER_KILL + 5.0  # seconds
LOG = logging.getLogger("devserve")


class RunningService:
    """One service: started, looked at until it answers, brought back after a crash, ended with all it started.

    What happens next is decided by `run.lifecycle`; every event goes through `_tell`. A service without a command is
    started by something else: it counts as ready as soon as it is its turn.
    """

    def __init__(
        self,
        service: Service,
        port: int,
        command: Callable[[], Command],
        warden: Warden,
        on_line: Callable[[str, str], None],
        on_state: Callable[[str, State], None],
    ) -> None:
        """Take a service and its port. `command` is asked at each start, so that a changed env_file counts."""
        self.service = service
        self.port = port
        self.inside = ""  # who answers for it in devserve itself, in words; nothing listens on its port then
        self.starts = 0
        self.ready = False  # whether it answers; each exchange asks
        self.problem = ""  # the sentence for what keeps it from being ready
        self.pending = ""  # the sentence for a change of its configuration that is not carried out
        self.exits = 0  # how often its process has ended
        self.exit_status = 0  # of the last time; below 0: the signal
        self._command = command
        self._warden = warden
        self._on_line = on_line
        self._on_state = on_state
        self._origin = origin_of(service, port)
        self._ring = Ring()
        self._life = Life()
        self._changed = asyncio.Event()
        self._process: Process | None = None
        self._began = 0.0  # when the process was started
        self._listener: socket.socket | None = None  # kept over restarts
        self._probe: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._progress: Progress | None = None  # while it is waited for

    def __repr__(self) -> str:
        return f"<RunningService {self.service.label} {self.state} on {self._origin}, pid {self.pid}>"

    @property
    def state(self) -> State:
        """Where it stands."""
        return self._life.state

    @property
    def coming(self) -> bool:
        """Whether it will be ready without another order, if all goes well."""
        return self._life.coming

    @property
    def condition(self) -> str:
        """Where it stands, for a page."""
        return "down" if self.state is State.EXITED else str(self.state)

    @property
    def explanation(self) -> str:
        """What keeps it from being ready, and what mends it, for a page."""
        if self.state is State.STOPPED:
            return f"{stopped(self.service)} {in_its_place(self.service, self.state)}".rstrip()
        if self.state is not State.EXITED:
            return self.problem
        said = f"{self.problem.rstrip('.')}. {remedy(self.service)}"
        return f"{said} {in_its_place(self.service, self.state)}".rstrip()

    @property
    def shown_state(self) -> str:
        """Where it stands, in a word or two; of one that something else starts, that."""
        is_known = self.service.command or self.service.would_run or self.inside
        return str(self.state) if is_known else ELSEWHERE

    @property
    def shown_port(self) -> int | None:
        """The port that it was given; None: it answers elsewhere."""
        return None if self.service.upstream or self.inside else self.port

    @property
    def place(self) -> str:
        """Where it answers, in words."""
        return "in devserve" if self.inside else str(self.service.upstream or Origin(port=self.port))

    def nothing_to(self, verb: str) -> str:
        """Return why nothing of one without a command can be started, stopped or restarted."""
        if self.inside:
            return f"{self.inside} answers in devserve itself, so there is no process to {verb}"
        return f"it has no command: {verb} it where it was started"

    @property
    def standing(self) -> str:
        """Where it stands, for a table."""
        if self.shown_state == ELSEWHERE:
            return "remote" if self.service.is_remote else ELSEWHERE
        if self.inside:
            return str(self.state)
        if self.ready:
            return f"{self.state} in {self._life.took:.1f} s"
        instead = in_its_place(self.service, self.state).rstrip(".")
        return f"{self.state}; {instead}" if instead else str(self.state)

    @property
    def pid(self) -> int | None:
        """The process id of its command, while that runs."""
        return self._process.pid if self._process else None

    @property
    def uptime(self) -> float | None:
        """The seconds since its process was started, while that runs."""
        return _now() - self._began if self._process else None

    @property
    def restarts(self) -> int:
        """How often it has been started again, by whom or what ever."""
        return max(0, self.starts - 1)

    @property
    def lines(self) -> Sequence[str]:
        """The lines of its output that are kept, with their colours."""
        return self._ring.lines()

    def lines_after(self, number: int) -> tuple[int, Sequence[str]]:
        """Return the number of the newest line, and those kept that came after the one of this number."""
        return self._ring.latest, self._ring.after(number)

    @property
    def last_lines(self) -> Sequence[str]:
        """The last few lines of its output, without colours."""
        return tuple(plain(line) for line in self._ring.lines()[-LAST_LINES:])

    @property
    def timed_lines(self) -> Sequence[tuple[float, str]]:
        """The lines of its output that are kept, each with the time.monotonic() when it came."""
        return self._ring.timed()

    # Orders.

    def start(self) -> None:
        """Start it. A command that cannot be started is said; the service is then EXITED and `problem` says why.

        One that may not run is HELD.
        """
        self._begin(Event.START)

    async def restart(self) -> None:
        """End it and start it again. Returns when the new process runs, or could not be started.

        Calls while it is being ended share one new start. One that is stopped, or that something else starts, stays.
        """
        if not self.service.command:
            LOG.info("%s: %s", self.service.label, self.nothing_to("restart"))
            return
        self._tell(Event.SAVE)
        await self._while_in(State.RESTARTING)

    def resume(self) -> None:
        """Start it again if it has ended, was stopped or is about to be."""
        self._begin(Event.RESUME)

    async def stop(self) -> None:
        """End it. Returns when no process of its group lives."""
        self._tell(Event.STOP)
        await self._while_in(State.STOPPING)

    def kill(self) -> None:
        """End it without its grace."""
        if self._process is not None:
            groups.send(self._process.pid, Signals.SIGKILL)

    async def wait_ready(self, seconds: float) -> bool:
        """Wait until it answers, at most this long, and tell whether it does. Gives up at once when it cannot come."""
        try:
            async with asyncio.timeout(seconds):
                while self.coming:
                    await self._changed.wait()
        except TimeoutError:
            return False
        return self.ready

    async def _while_in(self, state: State) -> None:
        async with asyncio.timeout(self.service.stop.grace + LEEWAY):
            while self.state is state:
                await self._changed.wait()

    # Events.

    def _begin(self, event: Event) -> None:
        if self.service.would_run:
            self.problem, event = not_allowed(self.service), Event.HOLD
        self._tell(event)

    def _tell(self, event: Event) -> None:
        before = self.state
        self._life, action = step(self._life, event, _now())
        if self.state is not before:
            self.ready = self.state is State.READY
            self._forget_what_was_awaited()
            self.problem = "" if self.ready else self.problem
            if self.state is State.STOPPED and self._listener is not None:
                self._listener.close()
                self._listener = None  # it may be started again
            self._changed.set()
            self._changed = asyncio.Event()
            self._on_state(self.service.label, self.state)
        self._act(action)

    def _act(self, action: Action) -> None:
        match action:
            case Action.SPAWN:
                self._spawn()
            case Action.PROBE:
                self._look()
            case Action.WARN:
                self._say_not_ready()
            case Action.END:
                self._end()
            case Action.REPORT:
                LOG.error("%s", self.explanation)
            case Action.BACK_OFF:
                LOG.warning("%s It starts again in %g s.", self.problem, self._life.backoff)
                self._timer = asyncio.get_running_loop().call_later(self._life.backoff, self._tell, Event.BACKOFF_OVER)

    def _spawn(self) -> None:
        self.problem = ""
        if not self.service.command:
            self._tell(Event.READY)
            return
        name = self.service.label
        try:
            if self.service.listen == "fd":
                self._listener = self._listener or ports.listen(name, self.port)
            else:
                ports.check_free(name, self.port)
            self._process = Process(
                name, self._command(), self._warden, self._keep, hold_stdin=True, listener=self._listener
            )
        except ServiceError as error:
            said = str(error)
            self.problem = said if said.startswith(f"{name}:") else f"{name}: {said}"
            self._tell(Event.FAILED)
            return
        self.starts += 1
        self._began = _now()
        spawn(self._accompany(self._process), name)
        self._tell(Event.SPAWNED)

    async def _accompany(self, process: Process) -> None:
        """Tell of a process's end when all that it started is gone too: only then is its port free."""
        began = _now()
        code = await process.wait()
        ended = _now()
        name = self.service.label
        if process.left_processes():
            LOG.warning(
                "%s: its command ended and left processes running, which are ended too. Have it run in the foreground",
                name,
            )
        await process.stop(self.service.stop)
        self._process = None
        self.exits += 1
        self.exit_status = code
        self.problem = f"{name}: ended with {exit_words(code)} after {ended - began:.1f} s."
        self._tell(end_of_process(self._life, code, ended))

    def _end(self) -> None:
        if self._process is None:
            self._tell(Event.ENDED)
        else:
            spawn(self._process.stop(self.service.stop), f"{self.service.label}: stop")

    def _keep(self, line: str) -> None:
        self._ring.append(line, time.monotonic())
        self._on_line(self.service.label, line)
        ready = self.service.ready
        if ready.by == "log" and self.state is State.STARTING and line_means_ready(line, ready.log):
            self._tell(Event.READY)

    # Readiness.

    def _look(self) -> None:
        ready = self.service.ready
        self._progress = Progress(partial(not_ready_yet, self.service, self._origin))
        self._timer = asyncio.get_running_loop().call_later(ready.timeout, self._tell, Event.TIMED_OUT)
        if ready.by != "log":
            self._probe = spawn(self._look_until_it_answers(), f"{self.service.label}: look")

    async def _look_until_it_answers(self) -> None:
        if self._listener is not None and self.service.ready.by == "tcp":
            await takes_from(self._listener, self._origin)
        else:
            for pause in pauses():
                if await answers(self.service, self._origin):
                    break
                await asyncio.sleep(pause)
        self._probe = None
        self._tell(Event.READY)

    def _say_not_ready(self) -> None:
        listened_on = ports.listened_on(self._process.pid) if self._process else []
        self.problem = why_not_ready(self.service, self._origin, listened_on)
        LOG.warning("%s", self.problem)

    def _forget_what_was_awaited(self) -> None:
        if self._probe is not None:
            self._probe.cancel()
            self._probe = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._progress is not None:
            self._progress.end()
            self._progress = None


def _now() -> float:
    return asyncio.get_running_loop().time()
