"""Insert a snippet into an HTML page as it streams by.

The law: the output does not depend on how the page was cut, and without the snippet it is the input.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Protocol

from devserve.proxy.pages.markup import Kind, Token, Tokenizer
from devserve.proxy.pages.placement import Place, Placing

PROLOGUE_LIMIT = 64 * 1024  # characters; a page with a longer one has no place at the start of its head
BLANK = re.compile(r"\s*")


class Edits(Protocol):
    """What else changes in a page."""

    def edited(self, token: Token, *, before_snippet: bool) -> str:
        """Return the text of a start tag as it is sent."""


class NoEdits:
    """Nothing else changes."""

    def edited(self, token: Token, *, before_snippet: bool) -> str:
        """Return the text of a start tag."""
        return token.text


class Injector:
    """Insert a snippet once. `snippet` is asked for it at its place, when all that stands before it is known."""

    def __init__(
        self,
        snippet: Callable[[], str],
        placing: Placing,
        edits: Edits | None = None,
        *,
        xml: bool = False,
        holds: bool = True,
    ) -> None:
        self._snippet = snippet
        self._placing = placing
        self._edits = edits or NoEdits()
        self._tokenizer = Tokenizer(xml=xml)
        self._tokenizer.skims = placing.skims
        self._holds = holds  # what stands before the place, so that a page without one can be left as it is
        self._before: list[str] = []
        self._size = 0
        self._safe = 0  # how many of those before are known to have ended
        self.placed = False
        self.failed = False  # there is no place

    def __repr__(self) -> str:
        return f"<Injector {'done' if self.placed else 'without a place' if self.failed else 'searching'}>"

    @property
    def opened(self) -> bool:
        """Whether what comes may be sent: the place is found, or it is one before which nothing waits."""
        return self.placed or (not self._holds and self._size > 0)

    def feed(self, text: str) -> str:
        """Return what can be sent now."""
        return "".join(self._sent(self._tokenizer.feed(text)))

    def close(self) -> str:
        """Return the rest."""
        rest = "".join(self._sent(self._tokenizer.close()))
        if self.placed or self.failed:
            return rest
        place = self._placing.at_end(between=self._tokenizer.between)
        if place is Place.NOWHERE or not (self._size or rest):
            return rest + self._give_up()
        after = self._before[self._safe :]
        del self._before[self._safe :]
        return rest + self._put() + "".join(after)

    def _sent(self, tokens: Iterable[Token]) -> Iterator[str]:
        for token in tokens:
            if self.placed or self.failed:
                yield self._edited(token)
                continue
            for part in _blank_first(token):
                yield from self._looked_at(part)

    def _looked_at(self, token: Token) -> Iterator[str]:
        if self.placed or self.failed:
            yield self._edited(token)
            return
        place = self._placing.look(token)
        if place is Place.LATER:
            yield self._passed(token)
        elif place is Place.BEFORE:
            yield self._put()
            yield self._edited(token)
        elif place is Place.AFTER:
            self._before.append(self._edited(token))
            yield self._put()
        else:
            self._before.append(token.text)
            yield self._give_up()

    def _passed(self, token: Token) -> str:
        self._size += len(token.text)
        if not self._holds:
            return self._edited(token)
        self._before.append(self._edited(token))
        self._safe = self._safe if token.open else len(self._before)
        return self._give_up() if self._size > PROLOGUE_LIMIT else ""

    def _put(self) -> str:
        self.placed = self._tokenizer.skims = True
        before = "".join(self._before)
        self._before.clear()
        return before + self._snippet()

    def _give_up(self) -> str:
        self.failed = self._tokenizer.skims = True
        before = "".join(self._before)
        self._before.clear()
        return before

    def _edited(self, token: Token) -> str:
        if token.kind is not Kind.START or token.inert:
            return token.text
        return self._edits.edited(token, before_snippet=not self.placed)


def _blank_first(token: Token) -> Iterator[Token]:
    """Yield a text as blanks and the rest, so that a place never depends on where it was cut."""
    found = BLANK.match(token.text) if token.kind is Kind.TEXT else None
    cut = found.end() if found else 0
    if 0 < cut < len(token.text):
        yield replace(token, text=token.text[:cut])
        yield replace(token, text=token.text[cut:])
    else:
        yield token
