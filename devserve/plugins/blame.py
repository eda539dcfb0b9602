"""Where a plugin's mistake is: the file and line of the plugin, not of what it called."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable
from pathlib import Path
from types import CodeType

import pluggy

from devserve import hookspecs

OTHERS = tuple(str(Path(module.__file__ or "").parent) + "/" for module in (hookspecs, pluggy))


def blame(error: BaseException, own: str = "") -> str:
    """Return the error with the place where it was raised; the last one below `own` if there is one."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: SyntaxError: {error.msg}"
    place = raised_at(error, own)
    return f"{place}: {type(error).__name__}: {error}" if place else f"{type(error).__name__}: {error}"


def raised_at(error: BaseException, own: str = "") -> str:
    """Return file and line where an error was raised, or an empty string; the last one below `own` if there is one."""
    frames = [
        each for each in traceback.extract_tb(error.__traceback__) if not each.filename.startswith((*OTHERS, "<"))
    ]
    best = [each for each in frames if own and each.filename.startswith(own)] or frames
    return f"{best[-1].filename}:{best[-1].lineno}" if best else ""


def place_of(function: Callable[..., object]) -> str:
    """Return file and line of a function, below its decorators."""
    code = getattr(inspect.unwrap(function), "__code__", None)
    return f"{code.co_filename}:{_line(code)}" if isinstance(code, CodeType) else repr(function)


def _line(code: CodeType) -> int:
    """Return the line of `def`: the first line of a decorated function is that of its first decorator."""
    try:
        lines, first = inspect.getsourcelines(code)
    except OSError:  # its file has changed, or is gone
        return code.co_firstlineno
    return first + next((number for number, line in enumerate(lines) if "def " in line), 0)
