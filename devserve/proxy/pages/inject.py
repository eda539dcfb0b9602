"""Insert a snippet into an HTML page as it streams by, or several, each at its place.

The law: the output does not depend on how the page was cut, and without the snippets it is the input.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from devserve.proxy.pages.markup import Kind, Token, Tokenizer
from devserve.proxy.pages.placement import Place, Placing

PROLOGUE_LIMIT = 64 * 1024  # characters; a page with a longer one has no place at the start of its head
BLANK = re.compile(r"\s*")


class Edits(Protocol):
    """What else changes in a page."""

    def edited(self, token: Token) -> str:
        """Return the text of a start tag as it is sent."""


class NoEdits:
    """Nothing else changes."""

    def edited(self, token: Token) -> str:
        """Return the text of a start tag."""
        return token.text


@dataclass(frozen=True, slots=True)
class Slot:
    """A place, and the snippet for it: asked for when all that stands before it is known."""

    placing: Placing
    snippet: Callable[[], str]


class Injector:
    """Insert the snippet of each slot once. There is one at the least; they come in the order of their places."""

    def __init__(self, slots: Sequence[Slot], edits: Edits | None = None, *, xml: bool = False) -> None:
        self._slots = list(slots)  # those to come
        self._edits = edits or NoEdits()
        self._tokenizer = Tokenizer(xml=xml)
        self._holds = self._slots[0].placing.holds  # what stands before the first place
        self._before: list[str] = []
        self._size = 0
        self._safe = 0  # how many of those before are known to have ended
        self.placed = False  # one of them at the least
        self.failed = False  # there is no place
        self._skim()

    def __repr__(self) -> str:
        return f"<Injector {'done' if self.placed else 'without a place' if self.failed else 'searching'}>"

    @property
    def opened(self) -> bool:
        """Whether what comes may be sent: a place is found, or it is one before which nothing waits."""
        return self.placed or (not self._holds and self._size > 0)

    def feed(self, text: str) -> str:
        """Return what can be sent now."""
        return "".join(self._sent(self._tokenizer.feed(text)))

    def close(self) -> str:
        """Return the rest."""
        rest = "".join(self._sent(self._tokenizer.close()))
        if not self._slots:
            return rest
        between = self._tokenizer.between
        found = [slot for slot in self._slots if slot.placing.at_end(between=between) is not Place.NOWHERE]
        if not found or not (self.placed or self._size or rest):
            return rest + self._give_up()
        after = self._before[self._safe :]
        del self._before[self._safe :]
        return rest + self._put(found) + "".join(after)

    def _sent(self, tokens: Iterable[Token]) -> Iterator[str]:
        for token in tokens:
            if not self._slots:
                yield self._edited(token)
                continue
            for part in _blank_first(token):
                yield from self._looked_at(part)

    def _looked_at(self, token: Token) -> Iterator[str]:
        places = [slot.placing.look(token) for slot in self._slots]  # each has to see what comes before its place
        if Place.NOWHERE in places:
            self._before.append(token.text)
            yield self._give_up()
            return
        ahead, behind = (
            [slot for slot, place in zip(self._slots, places, strict=True) if place is wanted]
            for wanted in (Place.BEFORE, Place.AFTER)
        )
        if ahead:
            yield self._put(ahead)
        if behind:
            self._before.append(self._edited(token))
            yield self._put(behind)
        else:
            yield self._edited(token) if ahead or not self._slots else self._passed(token)

    def _passed(self, token: Token) -> str:
        self._size += len(token.text)
        if not self._holds:
            return self._edited(token)
        self._before.append(self._edited(token))
        self._safe = self._safe if token.open else len(self._before)
        return self._give_up() if self._size > PROLOGUE_LIMIT else ""

    def _put(self, slots: Sequence[Slot]) -> str:
        before = "".join(self._before)
        self._before.clear()
        self._holds = False
        self.placed = True
        self._slots = [slot for slot in self._slots if slot not in slots]
        self._skim()
        return before + "".join(slot.snippet() for slot in slots)

    def _give_up(self) -> str:
        before = "".join(self._before)
        self._before.clear()
        self.failed = True
        self._slots.clear()
        self._skim()
        return before

    def _skim(self) -> None:
        """Have only notable tags be cut out, once nobody looks at others."""
        self._tokenizer.skims = all(slot.placing.skims for slot in self._slots)

    def _edited(self, token: Token) -> str:
        if token.kind is not Kind.START or token.inert:
            return token.text
        return self._edits.edited(token)


def _blank_first(token: Token) -> Iterator[Token]:
    """Yield a text as blanks and the rest, so that a place never depends on where it was cut."""
    found = BLANK.match(token.text) if token.kind is Kind.TEXT else None
    cut = found.end() if found else 0
    if 0 < cut < len(token.text):
        yield replace(token, text=token.text[:cut])
        yield replace(token, text=token.text[cut:])
    else:
        yield token
