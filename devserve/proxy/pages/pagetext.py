"""A page's bytes decoded, read as text, the snippet put in, and all of it undone in the opposite order."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from devserve.errors import RemoteProtocolError
from devserve.proxy.pages.charset import Charset
from devserve.proxy.pages.codings import Codings
from devserve.proxy.pages.inject import Injector
from devserve.proxy.pages.sniff import sniff

EMPTY = "the page is empty"
NO_PLACE = "the page has no place for it"


class RefusedError(Exception):
    """The snippet does not go in. `reason` is empty when the body turns out to be no HTML at all."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class PageText:
    """One body. `make` returns its injector, told whether the charset is declared; `sniffs`: it may be no HTML."""

    def __init__(
        self, codings: tuple[str, ...], label: str, make: Callable[[bool], Injector], *, sniffs: bool = False
    ) -> None:
        self._codings = Codings(codings)
        self._charset = Charset(label)
        self._make = make
        self._sniffs = sniffs
        self._start = ""  # of a body that is not known to be HTML yet
        self._injector: Injector | None = None

    def __repr__(self) -> str:
        return f"<PageText {self._codings!r} {self._charset!r} {self._injector!r}>"

    @property
    def opened(self) -> bool:
        """Whether it is decided that the snippet goes in."""
        return self._injector is not None and self._injector.opened

    @property
    def placed(self) -> bool:
        """Whether the snippet is in."""
        return self._injector is not None and self._injector.placed

    def feed(self, data: bytes) -> Iterator[bytes]:
        """Yield what can be sent now, flushed.

        Raises:
            RemoteProtocolError: the body cannot be decoded.
            RefusedError: the snippet does not go in.
        """
        for piece in self._codings.decode(data):
            yield from self._encoded(self._edited(self._charset.decode(piece), last=False))

    def close(self) -> Iterator[bytes]:
        """Yield the rest. A coding that has not come to its end gets none, so that it goes on looking broken.

        Raises:
            RefusedError: the snippet does not go in.
        """
        text = self._edited(self._charset.finish(), last=True)
        if self._injector is None:
            raise RefusedError(EMPTY)
        text += self._injector.close()
        if not self._injector.opened:
            raise RefusedError(NO_PLACE)
        yield from self._encoded(text)
        yield self._codings.encode(self._charset.end()) + (self._codings.end() if self._codings.whole else b"")

    def _edited(self, text: str, *, last: bool) -> str:
        if self._injector is None:
            self._start += text
            if not self._start or not self._is_html(last=last):
                return ""
            self._injector = self._make(self._charset.declared)
            text, self._start = self._start, ""
        edited = self._injector.feed(text)
        if self._injector.failed and not self._injector.opened:
            raise RefusedError(NO_PLACE)
        return edited

    def _is_html(self, *, last: bool) -> bool:
        verdict = sniff(self._start, last=last) if self._sniffs else True
        if verdict is False:
            raise RefusedError("")
        return verdict is True

    def _encoded(self, text: str) -> Iterator[bytes]:
        if text:
            yield self._codings.encode(self._charset.encode(text))


def whole_text(body: bytes, codings: tuple[str, ...], label: str, most: int) -> str | None:
    """Return a whole body as text; None when it has more than `most` characters.

    Raises:
        RemoteProtocolError: it cannot be decoded, or its coding has no end.
    """
    decoding, charset = Codings(codings), Charset(label)
    texts: list[str] = []
    for piece in decoding.decode(body):
        texts.append(charset.decode(piece))
        if sum(map(len, texts)) > most:
            return None
    if body and not decoding.whole:
        raise RemoteProtocolError(f"the body is not {', '.join(codings)}: it breaks off")
    return "".join([*texts, charset.finish()])
