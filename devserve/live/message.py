"""A plugin's own message to pages, which hear it as an event."""

from __future__ import annotations

import json
from dataclasses import dataclass

MOST_CHARACTERS = 64 * 1024  # of the detail as JSON


@dataclass(frozen=True, slots=True)
class Message:
    """What a service's pages hear as the event `devserve:NAME` of their window, with `detail`, which JSON can hold."""

    name: str
    detail: object = None

    def __post_init__(self) -> None:
        if len(json.dumps(self.detail)) > MOST_CHARACTERS:
            raise ValueError(f"the detail of the message {self.name} has over {MOST_CHARACTERS} characters; send less")
