"""What in a value that a plugin made is of another type than it is declared to be, before anybody goes by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import Field, fields, is_dataclass
from functools import cache
from types import UnionType
from typing import Literal, Union, get_args, get_origin, get_type_hints

LONGEST = 200  # characters of a value that are shown


def misfit(value: object) -> str:
    """Return the first field that does not fit, of a dataclass or a list of such, as a sentence goes on; else ""."""
    values = value if isinstance(value, list | tuple) else (value,)
    return next((said for each in values for said in _misfits(each)), "")


def _misfits(value: object) -> Iterator[str]:
    kind = type(value)
    for each, hint in _hints(kind) if is_dataclass(kind) else ():
        found = getattr(value, each.name)
        if not _fits(found, hint):
            yield next(_misfits(found), "") or f"{_a(kind)} whose {each.name} is {_wrong(found, hint, each)}"


@cache
def _hints(kind: type) -> tuple[tuple[Field[object], object], ...]:
    hints = get_type_hints(kind)
    return tuple((each, hints[each.name]) for each in fields(kind))


def _fits(value: object, hint: object) -> bool:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return any(_fits(value, each) for each in arguments)
    if origin is Literal:
        return value in arguments
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(each, arguments[0]) for each in value)
    if origin is Sequence:  # a text is none of texts
        return isinstance(value, list | tuple) and all(_fits(each, arguments[0]) for each in value)
    if origin is Mapping:
        named, held = arguments
        return isinstance(value, Mapping) and all(_fits(key, named) and _fits(value[key], held) for key in value)
    if hint is float:
        return isinstance(value, int | float)
    if hint is type:  # a compiled class says no more, and has looked itself when the value was made
        return True
    return not isinstance(hint, type) or (isinstance(value, hint) and not any(_misfits(value)))


def _wrong(found: object, hint: object, each: Field[object]) -> str:
    """Return what a field is and what it should be, or what to do with it."""
    if not each.repr:  # it may be secret
        return f"not {_named(hint)}"
    is_alone = get_origin(hint) is Sequence and _fits(found, get_args(hint)[0])
    return f"{_cut(repr(found))}{'; put it into a list' if is_alone else f', not {_named(hint)}'}"


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _a(kind: type) -> str:
    return f"{'an' if kind.__name__[0] in 'AEIO' else 'a'} {kind.__name__}"


def _named(hint: object) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return " or ".join(_named(each) for each in arguments)
    if origin is Literal:
        return " or ".join(map(repr, arguments))
    if origin is tuple:
        return f"a tuple of {_named(arguments[0])}"
    if origin is Sequence:
        return f"a list of {_named(arguments[0])}"
    if origin is Mapping:
        return f"a mapping of {_named(arguments[0])} to {_named(arguments[1])}"
    return "None" if hint is type(None) else str(getattr(hint, "__name__", hint))
