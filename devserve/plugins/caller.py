"""The one place where hooks are called: each call is timed, and one that fails is named and left out."""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Generator, Mapping, Sequence
from typing import TypeAlias

from devserve.errors import ConfigError
from devserve.plugins.blame import blame, place_of, raised_at
from devserve.plugins.call import Call, Implementation, Steps, StuckError
from devserve.plugins.conduct import Conduct
from devserve.plugins.plugin import OWN
from devserve.plugins.results import RESULTS

MOST_FAILURES = 5  # in a row, then a hook is switched off
MOST_STUCK = 2  # of one that has to be interrupted, which costs everybody seconds
SHOWN = 120  # characters of a result
SLOW = 0.1  # seconds in which nothing else is served
# Called in the middle of what a browser waits for.
WAITED_FOR = frozenset({
    "devserve_request", "devserve_request_headers", "devserve_response_headers", "devserve_snippet", "devserve_changed",
    "devserve_output", "devserve_status",
})  # fmt: skip
END = object()  # of an `async` generator
RAISED = (Exception, SystemExit, StuckError)  # whatever a plugin raises: that is what this is for
LOG = logging.getLogger("devserve")

Arguments: TypeAlias = Mapping[str, object]
Wait: TypeAlias = Callable[[Awaitable[object]], Awaitable[object]]  # waits, but not for ever


class WrongResultError(TypeError):
    """A hook returned what it should not."""


class NotReturnedError(TimeoutError):
    """An `async` hook has not returned in its time."""


class Caller:
    """Calls the implementations of one hook in their order; of a hook whose first result counts, until there is one."""

    def __init__(
        self, hook: str, implementations: Sequence[Implementation], conduct: Conduct, *, first_counts: bool
    ) -> None:
        self.hook = hook
        self.implementations = list(implementations)
        self.counted: Implementation | None = None  # whose result counted last, where only the first one does
        self._conduct = conduct
        self._first_counts = first_counts
        self._passes = RESULTS[hook].passes
        self._said: set[tuple[object, ...]] = set()

    def __repr__(self) -> str:
        return f"<Caller of {self.hook}: {', '.join(each.plugin.name for each in self.implementations)}>"

    def alone(self, each: Implementation) -> Caller:
        """Return what calls just one of the implementations, to know whose result it is."""
        return Caller(self.hook, [each], self._conduct, first_counts=self._first_counts)

    def __bool__(self) -> bool:
        return any(not each.is_off for each in self.implementations)

    @property
    def _is_single(self) -> bool:
        return self._first_counts or bool(self._passes)

    def call(self, about: str, arguments: Arguments, *, starting: bool = False) -> list[object]:
        """Return what the plugins returned, without None. `about` is the service or the project.

        Raises:
            ConfigError: a plugin's own sentence for the user, and when `starting` whatever a repository's file raises.
        """
        results: list[object] = []
        wrappers: list[tuple[Implementation, Generator[None, object, object]]] = []
        for each in self.implementations:
            if each.is_off:
                continue
            try:
                with Call(each, self._conduct, about):
                    if each.is_wrapper:
                        wrappers.append((each, _begun(each, arguments)))
                        continue
                    result = each.function(**{name: arguments[name] for name in each.arguments})
                    self._checked(each, result, arguments.get(self._passes))
            except RAISED as error:
                self._failed(each, about, error, starting=starting)
                continue
            self._succeeded(each, about, result)
            if result is None:
                continue
            if self._passes:
                arguments, results = {**arguments, self._passes: result}, []
            results.append(result)
            if self._first_counts:
                self.counted = each
                break
        was = arguments.get(self._passes)
        return self._wrapped(about, results, wrappers, was, starting=starting) if wrappers else results

    async def collect(self, about: str, arguments: Arguments, wait: Wait) -> list[object]:
        """Return what the plugins returned, those that are `async` among them, without None."""
        results: list[object] = []
        for each in self.implementations:
            if each.is_off:
                continue
            try:
                with Call(each, self._conduct, about) as call:
                    result = each.function(**{name: arguments[name] for name in each.arguments})
                    if inspect.isawaitable(result):
                        call.pause()
                        result = await wait(Steps(result, call) if inspect.iscoroutine(result) else result)
                    self._checked(each, result)
            except RAISED as error:
                self._failed(each, about, error)
                continue
            self._succeeded(each, about, result)
            if result is not None:
                results.append(result)
        return results

    async def stream(self, each: Implementation, about: str, arguments: Arguments) -> AsyncIterator[object]:
        """Yield what one implementation yields, until it ends or fails."""
        each.calls += 1
        try:
            generator = each.function(**{name: arguments[name] for name in each.arguments})
            assert isinstance(generator, AsyncIterator)  # loading has looked
            call = Call(each, self._conduct, about)
            while (found := await Steps(anext(generator, END), call)) is not END:
                self._checked(each, found)
                self._succeeded(each, about, found)
                yield found
        except RAISED as error:
            self._failed(each, about, error)

    def _wrapped(
        self,
        about: str,
        results: list[object],
        wrappers: Sequence[tuple[Implementation, Generator[None, object, object]]],
        was: object,
        *,
        starting: bool,
    ) -> list[object]:
        """Pass the results out through the wrappers, the innermost first."""
        for each, generator in reversed(wrappers):
            given: object = (results[0] if results else None) if self._is_single else results
            try:
                with Call(each, self._conduct, about, counts=False):
                    returned = _ended(generator, given)
                    found: object = [returned] if self._is_single else returned
                    if not isinstance(found, list):
                        raise WrongResultError(f"returned {found!r} from around the others; have it return their list")
                    for result in found:
                        self._checked(each, result, was)
            except RAISED as error:
                self._failed(each, about, error, starting=starting)
                continue
            self._succeeded(each, about, returned)
            results = [result for result in found if result is not None]
        return results

    def _checked(self, each: Implementation, result: object, was: object = None) -> None:
        if result is not None and each.plugin.name != OWN and (said := RESULTS[self.hook].complaint(result, was)):
            raise WrongResultError(f"returned {said}")

    def _succeeded(self, each: Implementation, about: str, result: object) -> None:
        each.failures = 0
        if self._conduct.shows_calls:
            self._show(each, about, f"→ {result!r}")
        if each.last > SLOW and self.hook in WAITED_FOR and (each.name, SLOW) not in self._said:
            self._said.add((each.name, SLOW))
            took = f"{self.hook} of {each.plugin} took {each.last * 1000:.0f} ms"
            self._conduct.warn(f"{about}: {took}, in which devserve answered nobody; have it do less")

    def _show(self, each: Implementation, about: str, end: str) -> None:
        said = end if len(end) <= SHOWN else f"{end[:SHOWN]} …"
        LOG.info("%s: %s of %s, %.2f ms %s", about, self.hook, each.plugin.name, each.last * 1000, said)

    def _failed(self, each: Implementation, about: str, error: BaseException, *, starting: bool = False) -> None:
        each.failures += 1
        most = MOST_FAILURES
        if isinstance(error, StuckError):
            most = MOST_STUCK
            self._conduct.calling.pop(self._conduct.thread(), None)  # it may have been interrupted before it began
        said = self._sentence(each, error)
        if self._conduct.shows_calls:
            self._show(each, about, f"raised {type(error).__name__}")
        if starting and isinstance(error, ConfigError):  # a plugin's own sentence about what it read
            raise error
        if starting and (each.plugin.is_file or self._conduct.is_strict):
            raise ConfigError(f"{said}; {_mend(each)}") from error
        if self._conduct.is_strict:
            LOG.error("%s: %s; devserve ends, as --strict-plugins asks", about, said)
            self._conduct.fail(f"{about}: {said}")
            return
        if (key := (about, each.name, type(error), said.partition(" ")[0])) not in self._said:  # once, not each time
            self._said.add(key)
            self._conduct.warn(f"{about}: {said}; devserve goes on without it")
        if each.failures >= most and each.plugin.name != OWN:
            each.is_off = True
            mend = "mend it" if each.plugin.is_file else "mend it, then start devserve again"  # a saved file counts
            often = f"has failed {each.failures} times in a row and is switched off"
            self._conduct.warn(f"{self.hook} of {each.plugin} {often}; {mend}")

    def _sentence(self, each: Implementation, error: BaseException) -> str:
        if isinstance(error, ConfigError):
            return str(error)
        place = place_of(each.function)
        if isinstance(error, StuckError):
            place = raised_at(error, each.plugin.folder) or place
        if isinstance(error, StuckError | WrongResultError | NotReturnedError):
            return each.plugin.blamed(f"{place}: {self.hook} {error}")
        return each.plugin.blamed(blame(error, each.plugin.folder))


def _begun(each: Implementation, arguments: Arguments) -> Generator[None, object, object]:
    generator = each.function(**{name: arguments[name] for name in each.arguments})
    assert isinstance(generator, Generator)  # loading has looked
    next(generator)
    return generator


def _ended(generator: Generator[None, object, object], result: object) -> object:
    try:
        generator.send(result)
    except StopIteration as stop:
        return stop.value
    raise WrongResultError("yields twice; have it yield once and return the result")


def _mend(each: Implementation) -> str:
    where = "take it out of [project] plugins" if each.plugin.is_file else f'disable_plugins = ["{each.name}"]'
    return f"mend this plugin's {each.hook}, or {where}"
