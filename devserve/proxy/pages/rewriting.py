"""A page on its way to the browser: the head of the response, its body with the snippet, its end.

The head waits until the body has shown what becomes of it, so that what it says is true. When nothing can be done, the
original goes on, byte for byte.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import chain

from devserve.errors import RemoteProtocolError
from devserve.http1 import Data, EndOfMessage, Event, Headers, Response
from devserve.proxy.pages.pagetext import NO_PLACE, PageText, RefusedError, whole_text
from devserve.proxy.pages.policies import Policies

# A stored copy must not vouch for bytes that the upstream never sent (RFC 9110, section 8.8; RFC 9530).
VALIDATORS = (b"etag", b"last-modified", b"content-md5", b"digest", b"content-digest", b"repr-digest", b"accept-ranges")
WHOLE_LIMIT = 256 * 1024  # bytes; a page that says it is no longer is looked at whole
MOST_TEXT = 2 * 1024 * 1024  # characters of such a page, decoded
OPENING_LIMIT = 256 * 1024  # bytes that may come, or wait, before anything is sent
OWN = "the page loads livereload.js itself"


@dataclass(frozen=True, slots=True)
class Heads:
    """The head of the response for each outcome; `plain` is for what turns out to be no HTML."""

    injected: Callable[[], Response]
    refused: Callable[[str], Response]
    plain: Response


@dataclass(frozen=True, slots=True)
class Body:
    """How the body is to be read."""

    codings: tuple[str, ...]
    charset: str
    whole: bool  # its length is known, and small: it comes at once
    left_alone: Callable[[str], bool]  # asked about such a page: does nothing go into it?


class State(Enum):
    """How far the page is."""

    WHOLE = auto()  # wait for all of it
    OPENING = auto()  # nothing has been sent
    FLOWING = auto()  # the snippet goes in, or is in
    PASSING = auto()  # the original goes on


class Rewriting:
    """One page. What comes is fed to it; the events that it yields go to the browser, its head among them."""

    def __init__(self, heads: Heads, body: Body, text: PageText, policies: Policies) -> None:
        self._policies = policies
        self._heads = heads
        self._body = body
        self._text = text
        self._state = State.WHOLE if body.whole else State.OPENING
        self._raw: list[bytes] = []
        self._raw_size = 0
        self._out: list[bytes] = []
        self._out_size = 0

    def __repr__(self) -> str:
        return f"<Rewriting {self._state.name.lower()} {self._text!r}>"

    @property
    def changes(self) -> Sequence[str]:
        """What was added to the page's policies, in their words; all of it once the page has gone."""
        return self._policies.changes if self._state is State.FLOWING else ()

    def feed(self, data: bytes) -> Iterator[Event]:
        """Yield what can be sent now.

        Raises:
            RemoteProtocolError: the body cannot be decoded any further, and some of it has been sent.
        """
        if self._state is State.PASSING:
            yield Data(data)
            return
        if self._state is not State.FLOWING:
            self._raw.append(data)
            self._raw_size += len(data)
        if self._state is not State.WHOLE:
            yield from self._events(self._text.feed(data))

    @property
    def waits(self) -> bool:
        """Whether nothing is sent before the whole page has come; `hurry` ends that."""
        return self._state is State.WHOLE

    def hurry(self) -> Iterator[Event]:
        """Yield what has come of a page that takes its time: it streams from now on. Raises as `feed` does."""
        if self._state is State.WHOLE:
            self._state = State.OPENING
            yield from self._events(self._text.feed(b"".join(self._raw)))

    def close(self, end: EndOfMessage) -> Iterator[Event]:
        """Yield the rest, the end of the message included. Raises as `feed` does."""
        if self._state is State.WHOLE:
            yield from self._closed_whole()
        elif self._state is not State.PASSING:
            yield from self._events(self._text.close())
        yield EndOfMessage(_without_validators(end.trailers)) if self._state is State.FLOWING else end

    def _closed_whole(self) -> Iterator[Event]:
        body = b"".join(self._raw)
        self._state = State.OPENING
        try:
            page = whole_text(body, self._body.codings, self._body.charset, MOST_TEXT)
        except RemoteProtocolError as error:
            yield from self._pass(str(error))
            return
        pieces = chain(self._text.feed(body), self._text.close())
        if page is None:  # a small body that decodes to much: let it stream
            yield from self._events(pieces)
        elif self._body.left_alone(page):
            yield from self._pass(OWN)
        else:
            yield from self._with_length(list(self._events(pieces)), body)

    def _with_length(self, events: list[Event], original: bytes) -> Iterator[Event]:
        """Yield the events of a whole page as one, of which the head tells the length."""
        if self._state is State.FLOWING and not self._text.placed:
            self._raw = [original]
            yield from self._pass(NO_PLACE)
            return
        if self._state is State.FLOWING:
            body = b"".join(event.data for event in events if isinstance(event, Data))
            head = next(event for event in events if isinstance(event, Response))
            headers = head.headers.copy()
            headers.add(b"Content-Length", b"%d" % len(body))
            events = [replace(head, headers=headers), Data(body)]
        yield from events

    def _events(self, pieces: Iterable[bytes]) -> Iterator[Event]:
        """Yield pieces behind the right head. As long as nothing was sent, a mistake costs nothing."""
        try:
            for piece in pieces:
                yield from self._sent(piece)
        except RefusedError as refused:
            yield from self._pass(refused.reason)
        except RemoteProtocolError as error:
            if self._state is State.FLOWING:
                raise
            yield from self._pass(str(error))
        if self._state is State.OPENING and self._text.opened:
            yield from self._open()
        elif self._state is State.OPENING and self._raw_size > OPENING_LIMIT:
            yield from self._pass(NO_PLACE)

    def _sent(self, piece: bytes) -> Iterator[Event]:
        if self._state is State.FLOWING:
            yield Data(piece)
            return
        self._out.append(piece)
        self._out_size += len(piece)
        if self._out_size > OPENING_LIMIT and self._text.opened:
            yield from self._open()

    def _open(self) -> Iterator[Event]:
        self._state = State.FLOWING
        self._raw.clear()
        yield self._heads.injected()
        yield Data(b"".join(self._out))
        self._out.clear()

    def _pass(self, reason: str) -> Iterator[Event]:
        self._state = State.PASSING
        self._out.clear()
        yield self._heads.refused(reason) if reason else self._heads.plain
        yield Data(b"".join(self._raw))
        self._raw.clear()


def _without_validators(trailers: Headers) -> Headers:
    return Headers.trusted([(name, value) for name, value in trailers if name.lower() not in VALIDATORS])
