"""An application that answers in devserve's own process, instead of a command on a port."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

Kind: TypeAlias = Literal["tornado", "wsgi", "asgi"]


@dataclass(frozen=True, slots=True)
class Application:
    """A `tornado.web.Application`, or a callable as PEP 3333 (wsgi) or ASGI 3 (asgi) has it."""

    kind: Kind
    application: object
    plugin: str = ""  # whose it is; devserve fills that in

    @property
    def title(self) -> str:
        """What it is called in a sentence about it."""
        return f"the application of {self.plugin}" if self.plugin else "its application"

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f'the kind of an Application is one of {", ".join(get_args(Kind))}, not "{self.kind}"')
        if not callable(self.application):
            raise TypeError(f"an Application is called for each request; {self.application!r} cannot be")
