"""HTML and XHTML cut into tokens as they stream by: what is a tag, and what only looks like one.

A tag is never cut; everything else comes as soon as it can be told from a tag. All texts together are the input.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

from devserve.proxy.pages.attributes import tag_end, tag_name
from devserve.proxy.pages.scripts import ScriptEnd

LONGEST_TAG = 64 * 1024  # characters; what is longer is passed on as if it were a comment
RAW = frozenset({
    "script", "style", "title", "textarea", "xmp", "iframe", "noembed", "noframes", "noscript",
})  # fmt: skip  # noscript, because scripts run wherever a snippet is of use
FOREIGN = ("svg", "math")


class Kind(Enum):
    """What a token is."""

    TEXT = auto()
    RAW = auto()  # of a script, stylesheet, title …
    START = auto()
    END = auto()
    OTHER = auto()  # comments, doctype, CDATA, processing instructions


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the page. It is inert in a <template>; it is open when a comment or the like goes on after it."""

    kind: Kind
    text: str
    name: str = ""
    inert: bool = False
    open: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """What ends with a pattern, and what at the end of the text so far may become that pattern."""

    kind: Kind
    end: re.Pattern[str]
    maybe: re.Pattern[str] | None = None


COMMENT = Span(Kind.OTHER, re.compile(r"--!?>"), re.compile(r"--?!?\Z"))
XML_COMMENT = Span(Kind.OTHER, re.compile(r"-->"), re.compile(r"--?\Z"))
BOGUS = Span(Kind.OTHER, re.compile(r">"))
INSTRUCTION = Span(Kind.OTHER, re.compile(r"\?>"), re.compile(r"\?\Z"))
CDATA = Span(Kind.OTHER, re.compile(r"\]\]>"), re.compile(r"\]\]?\Z"))
DOCTYPE = Span(Kind.OTHER, re.compile(r"[>\[]"))  # of XML: it may have declarations in brackets
SUBSET = Span(Kind.OTHER, re.compile(r"\]\s*>"), re.compile(r"\]\s*\Z"))
PLAINTEXT = Span(Kind.RAW, re.compile(r"(?!)"))
OPENINGS = ("<!--", "<![CDATA[", "<!DOCTYPE")
ABRUPT = ("<!-->", "<!--->")
# Text and plain tags that change nothing in how a page is read, many at once. What this does not match (a tag that is
# cut, a value without quotes) is looked at one by one. The count bounds what a match has to remember.
NOTABLE = "|".join(sorted(RAW | {*FOREIGN, "template", "plaintext", "meta", "html", "head", "body", "frameset"}))
PLAIN = re.compile(
    rf"""(?:[^<]+ | <(?![a-z/!?_:]|\Z) | </?(?!(?:{NOTABLE})[\s/>])[a-z][^\s/><"'=:]*
         (?:\s+[^\s/>="'<]+(?:="[^"<]*"|='[^'<]*')?)* \s* /?>){{1,1000}}""",
    re.IGNORECASE | re.VERBOSE,
)


def raw_span(name: str) -> Span:
    """Return the text of an element in which only its own end tag is markup."""
    return Span(Kind.RAW, re.compile(rf"(?=</{name}[\s/>])", re.IGNORECASE), re.compile(r"<(?:/[a-zA-Z]{0,9})?\Z"))


RAW_SPANS = {name: raw_span(name) for name in RAW}


class Tokenizer:
    """Cut one page into tokens."""

    def __init__(self, *, xml: bool = False) -> None:
        self._xml = xml
        self._held = ""
        self._resume = 0  # where to go on looking for the end of the tag that is held
        self._span: Span | None = None
        self._script: ScriptEnd | None = None
        self._templates = 0
        self._foreign = 0
        self._cut = False  # the page ends in the middle of a tag
        self.skims = False  # tags that are not NOTABLE come as text, for who does not look at them

    def __repr__(self) -> str:
        return f"<Tokenizer {self._span or 'between tags'}>"

    @property
    def between(self) -> bool:
        """Whether markup behind a page that is closed would be read as markup, and not be inert."""
        return self._span is None and not self._templates and not self._cut

    def feed(self, text: str) -> Iterator[Token]:
        """Yield what can be told. Take all of it before the next call."""
        self._held += text
        yield from self._tokens(last=False)

    def close(self) -> Iterator[Token]:
        """Yield the rest. What is unfinished is no tag."""
        yield from self._tokens(last=True)

    def _tokens(self, *, last: bool) -> Iterator[Token]:
        text, place = self._held, 0
        while place < len(text):
            token = self._in_span(text, place, last) if self._span else self._between(text, place, last)
            if token is None:
                break
            place += len(token.text)
            if token.text:
                self._resume = 0
                yield token
        self._held = text[place:]

    def _in_span(self, text: str, place: int, last: bool) -> Token | None:
        span = self._span
        assert span is not None
        found = self._script.find(text, place) if self._script else span.end.search(text, place)
        if found is not None:
            self._span, end = self._after(span, found), found.end()
            self._script = self._script if self._span else None
            return self._token(span.kind, text[place:end], open=self._span is not None)
        maybe = self._script.maybe if self._script else span.maybe
        unclear = maybe.search(text, place) if maybe and not last else None
        end = unclear.start() if unclear else len(text)
        return self._token(span.kind, text[place:end], open=True) if end > place else None

    def _after(self, span: Span, found: re.Match[str]) -> Span | None:
        if self._script:
            return None if self._script.ended else span
        return SUBSET if span is DOCTYPE and found[0] == "[" else None

    def _between(self, text: str, place: int, last: bool) -> Token | None:
        if self.skims and (plain := PLAIN.match(text, place)):
            return self._token(Kind.TEXT, plain[0])
        start = text.find("<", place)
        if start != place:
            return self._token(Kind.TEXT, text[place:start] if start > 0 else text[place:])
        following = text[place + 1 : place + 3]
        if _starts_tag(following):
            return self._tag(text, place, last)
        if following in ("", "/") and not last:
            return None
        if following[:1] in ("!", "?") or (following[:1] == "/" and not self._xml):
            return self._declaration(text, place, last)
        return self._token(Kind.TEXT, "<")

    def _declaration(self, text: str, place: int, last: bool) -> Token | None:
        """Begin a comment or whatever else has no name."""
        start = text[place : place + max(map(len, OPENINGS))]
        spelled = start.upper()
        if not last and any(each.startswith(spelled) and each != spelled for each in (*OPENINGS, *ABRUPT)):
            return None
        if not self._xml and (abrupt := next((each for each in ABRUPT if start.startswith(each)), "")):
            return self._token(Kind.OTHER, abrupt)
        self._span = self._declared(start)
        opening = next((each for each in OPENINGS if spelled.startswith(each)), "<")
        return self._token(Kind.OTHER, start[: len(opening)], open=True)

    def _declared(self, start: str) -> Span:
        if start.startswith("<!--"):
            return XML_COMMENT if self._xml else COMMENT
        if start.startswith("<![CDATA[") and (self._xml or self._foreign):
            return CDATA
        if self._xml and start.startswith("<?"):
            return INSTRUCTION
        return DOCTYPE if self._xml and start.startswith("<!DOCTYPE") else BOGUS

    def _tag(self, text: str, place: int, last: bool) -> Token | None:
        end, resume = tag_end(text, place, place + self._resume)
        self._resume = resume - place
        if (end if end >= 0 else len(text)) - place > LONGEST_TAG:
            self._span = BOGUS
            return self._token(Kind.OTHER, text[place : place + LONGEST_TAG], open=True)
        if end < 0:
            self._cut = last
            return self._token(Kind.TEXT, text[place:]) if last else None
        tag = text[place:end]
        name = tag_name(tag)
        if tag.startswith("</"):
            self._leave(name)
            return self._token(Kind.END, tag, name)
        inert = self._templates > 0
        if not (tag.endswith("/>") and (self._xml or self._foreign)):
            self._enter(name)
        return Token(Kind.START, tag, name, inert)

    def _enter(self, name: str) -> None:
        self._templates += name == "template"
        self._foreign += name in FOREIGN
        if self._xml:
            return
        if name in RAW:
            self._span = RAW_SPANS[name]
            self._script = ScriptEnd() if name == "script" else None
        elif name == "plaintext":
            self._span = PLAINTEXT

    def _leave(self, name: str) -> None:
        self._templates = max(0, self._templates - (name == "template"))
        self._foreign = max(0, self._foreign - (name in FOREIGN))

    def _token(self, kind: Kind, text: str, name: str = "", *, open: bool = False) -> Token:  # noqa: A002
        return Token(kind, text, name, self._templates > 0, open)


def _starts_tag(following: str) -> bool:
    letter = following[1:2] if following.startswith("/") else following[:1]
    return letter.isascii() and (letter.isalpha() or letter in ("_", ":")) and letter != ""
