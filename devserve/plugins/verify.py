"""What is wrong with a plugin's hooks before any is called: misspelt names, unknown arguments, coroutines."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, ModuleType

import pluggy

from devserve import hookspecs
from devserve.plugins.blame import place_of

PREFIX = "devserve_"
HOOKS: Mapping[str, Callable[..., object]] = {
    name: hook for name, hook in vars(hookspecs).items() if name.startswith(PREFIX)
}
SEE = "the hooks are described in plugins/README.md"


def mistakes(module: ModuleType, manager: pluggy.PluginManager) -> Iterator[str]:
    """Yield each mistake in the hooks of a module, as `file:line: message`."""
    for name, function in list(vars(module).items()):
        if not isinstance(function, FunctionType):
            continue
        options = manager.parse_hookimpl_opts(module, name)
        is_own = function.__module__ == module.__name__
        wrong = _unmarked(name) if options is None and is_own else ""
        if options is not None:
            hook = options["specname"] or name
            wrong = _wrong_name(hook) or _wrong_kind(hook, function, options) or _wrong_arguments(hook, function)
        if wrong:
            yield f"{place_of(function)}: {wrong}"


def may_wait(hook: str) -> bool:
    """Tell whether a hook may be `async`."""
    return inspect.iscoroutinefunction(HOOKS[hook]) or inspect.isasyncgenfunction(HOOKS[hook])


def _unmarked(name: str) -> str:
    return f"{name} has the name of a hook but is not marked; put @hookimpl above it" if name in HOOKS else ""


def _wrong_name(hook: str) -> str:
    if hook in HOOKS:
        return ""
    near = difflib.get_close_matches(PREFIX + hook.removeprefix(PREFIX), HOOKS, 1, 0.8)
    return f"there is no hook {hook}; " + (f"did you mean {near[0]}?" if near else SEE)


def _wrong_kind(hook: str, function: FunctionType, options: Mapping[str, object]) -> str:
    if options["hookwrapper"]:
        return f"{hook} is an old-style wrapper; use hookimpl(wrapper=True), and return what `yield` gives"
    if options["wrapper"] and may_wait(hook):
        return f"{hook} may be async, so there is nothing to wrap; have an implementation of its own"
    if inspect.isasyncgenfunction(HOOKS[hook]) != inspect.isasyncgenfunction(function) and may_wait(hook):
        return _not_that_kind(hook)
    if options["wrapper"] and not inspect.isgeneratorfunction(function):
        return f"{hook} is to be a wrapper but does not yield; have it `return (yield)`"
    if not options["wrapper"] and inspect.isgeneratorfunction(function):
        return f"{hook} is a generator; return a list, or mark a wrapper with hookimpl(wrapper=True)"
    if not may_wait(hook) and (inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)):
        return f"{hook} is async, but nobody waits for this hook; make it a plain function"
    return ""


def _not_that_kind(hook: str) -> str:
    if inspect.isasyncgenfunction(HOOKS[hook]):
        return f"{hook} is an async generator; have it be `async def` and yield each time that something changes"
    return f"{hook} is no generator; have it return what it has"


def _wrong_arguments(hook: str, function: FunctionType) -> str:
    known = list(inspect.signature(HOOKS[hook]).parameters)
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
            return f"{hook} takes {parameter}; name the arguments that it needs"
        if name not in known and parameter.default is parameter.empty:
            has = f"it has {', '.join(known)}" if known else "it has none"
            near = difflib.get_close_matches(name, known, 1, 0.6)
            return f"{hook} has no argument {name}; " + (
                f"did you mean {near[0]}? {has[0].upper()}{has[1:]}" if near else has
            )
    return ""
