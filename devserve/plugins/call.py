"""One call of a hook as it runs: counted and timed, and known to who looks for those that do not return."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from types import FrameType

from devserve.plugins.blame import place_of
from devserve.plugins.conduct import Conduct
from devserve.plugins.plugin import Plugin


@dataclass(slots=True, eq=False)
class Implementation:
    """One plugin's function for a hook, and what has come of it."""

    hook: str
    plugin: Plugin
    function: Callable[..., object]
    arguments: tuple[str, ...]
    is_wrapper: bool = False
    calls: int = 0
    seconds: float = 0.0
    last: float = 0.0  # seconds of the last call
    failures: int = 0  # in a row
    is_off: bool = False

    @property
    def name(self) -> str:
        """What it is switched off by: the plugin's name and the hook's."""
        return f"{self.plugin.name}.{self.hook.removeprefix('devserve_')}"


class StuckError(BaseException):
    """A hook was interrupted, because nothing else went on while it ran. Not an Exception: plugins catch those."""


class Call:
    """Counts a call and its time. While it has its thread for itself, it is in `Conduct.calling`."""

    __slots__ = ("_began", "_conduct", "_counts", "about", "each", "turn")

    def __init__(self, each: Implementation, conduct: Conduct, about: str, *, counts: bool = True) -> None:
        self.each = each
        self.about = about
        self.turn = 0
        self._conduct = conduct
        self._counts = counts
        self._began = 0.0

    def __repr__(self) -> str:
        return f"<Call of {self.each.name} about {self.about}>"

    def __enter__(self) -> Call:
        self._began = self._conduct.clock()
        self.resume()
        return self

    def __exit__(self, *_: object) -> None:
        self.pause()
        self.each.calls += self._counts
        self.each.last = self._conduct.clock() - self._began
        self.each.seconds += self.each.last

    def at(self, frame: FrameType | None) -> str:
        """Return for which service whose hook is called, and the file and line where a thread is in it."""
        plugin = self.each.plugin
        while frame is not None and not frame.f_code.co_filename.startswith(plugin.folder):
            frame = frame.f_back
        place = f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else place_of(self.each.function)
        return f"{self.about}: {plugin.blamed(f'{place}: {self.each.hook}')}"

    def resume(self) -> None:
        """Take note that it has its thread now."""
        self.turn += 1
        self._conduct.calling[self._conduct.thread()] = self

    def pause(self) -> None:
        """Take note that it has given its thread back."""
        thread = self._conduct.thread()
        if self._conduct.calling.get(thread) is self:
            del self._conduct.calling[thread]


class Steps:
    """An `async` hook's coroutine, of which each step is known to hold the event loop. Await it instead."""

    def __init__(self, awaitable: Awaitable[object], call: Call) -> None:
        self._awaitable = awaitable
        self._call = call

    def __repr__(self) -> str:
        return f"<Steps of {self._call!r}>"

    def __await__(self) -> Generator[object, object, object]:
        steps = self._awaitable.__await__()
        step, given = steps.send, None
        while True:
            self._call.resume()
            try:
                awaited = step(given)
            except StopIteration as end:
                return end.value
            finally:
                self._call.pause()
            try:
                step, given = steps.send, (yield awaited)
            except BaseException as error:  # noqa: BLE001  # a cancellation too is the coroutine's to deal with
                step, given = steps.throw, error
