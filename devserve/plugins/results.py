"""What each hook may return."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import click
from pydantic import BaseModel

from devserve.config.values import Service, Then, WatchRule
from devserve.dashboard.panel import Panel
from devserve.doctor.findings import Finding
from devserve.live.problems import Problem
from devserve.live.rules import Outcome
from devserve.plugins.misfit import misfit
from devserve.proxy.pages.tags import Tag
from devserve.proxy.plugged import Answer
from devserve.run.application import Application
from devserve.run.command import Command


@dataclass(frozen=True, slots=True)
class Result:
    """The type of a result, or of each element of a list; None is always right."""

    kinds: tuple[type, ...]
    is_list: bool = False
    words: str = ""
    passes: str = ""  # the argument that a result takes the place of, for the plugins that follow
    filled: str = ""  # a field of it that stays filled

    def __str__(self) -> str:
        if self.words:
            return self.words
        names = " or ".join(kind.__name__ for kind in self.kinds)
        return f"a list of {names}" if self.is_list else f"a {names} or None" if names else "nothing"

    def complaint(self, value: object, was: object = None) -> str:
        """Return how a value is no such result, as a sentence goes on; "" when it is one. `was` is what it replaces."""
        if not self._holds(value):
            return f"{value!r}; have it return {self}"
        if said := misfit(value):
            return said
        if self.filled and getattr(was, self.filled, None) and not getattr(value, self.filled):
            return f"a {type(value).__name__} without {self.filled}"
        return ""

    def _holds(self, value: object) -> bool:
        if not self.is_list:
            return isinstance(value, self.kinds)
        return isinstance(value, list | tuple) and all(isinstance(each, self.kinds) for each in value)


Value = TypeVar("Value")

NOTHING = Result(())
RESULTS: Mapping[str, Result] = {
    "devserve_settings": Result((type(BaseModel),), words="a pydantic model"),
    "devserve_services": Result((Service,), is_list=True),
    "devserve_discover": Result((Service,), is_list=True),
    "devserve_service_defaults": Result((Service,), passes="service"),
    "devserve_command": Result((Command,), passes="command", filled="argv"),
    "devserve_application": Result((Application,)),
    "devserve_watch": Result((WatchRule,), is_list=True),
    "devserve_changed": Result((Then, Outcome)),
    "devserve_ready": NOTHING,
    "devserve_exit": NOTHING,
    "devserve_reloaded": NOTHING,
    "devserve_doctor": Result((Finding,), is_list=True),
    "devserve_status": Result((Mapping,), words="texts by the names of their columns"),
    "devserve_panels": Result((Panel,), is_list=True),
    "devserve_commands": Result((click.Command,), is_list=True),
    "devserve_output": Result((Problem,)),
    "devserve_request": Result((Answer,)),
    "devserve_request_headers": NOTHING,
    "devserve_response_headers": NOTHING,
    "devserve_snippet": Result((Tag,), is_list=True),
}


def listed(results: Iterable[object], kind: type[Value]) -> list[Value]:
    """Return the elements of all lists that plugins returned."""
    return [each for result in results if isinstance(result, list | tuple) for each in result if isinstance(each, kind)]


def first(results: Sequence[object], kind: type[Value]) -> Value | None:
    """Return the result that counts of a hook whose first result does."""
    return next((each for each in results if isinstance(each, kind)), None)
