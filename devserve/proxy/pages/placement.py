"""Where in a page a snippet may stand, token by token: at the start or the end of the head or of the body."""

from __future__ import annotations

from enum import Enum, auto
from typing import Protocol

from devserve.proxy.pages.attributes import attributes
from devserve.proxy.pages.markup import Kind, Token
from devserve.proxy.pages.tags import Position

# What may stand in a head (HTML, section 13.2.6.4.4): anything else begins the body, tags or not.
HEAD_CONTENT = frozenset({
    "html", "head", "title", "base", "basefont", "bgsound", "link", "meta", "style", "script", "noscript", "noframes",
    "template",
})  # fmt: skip
ENDS = frozenset({"body", "html"})
ENDS_OF_HEAD = ENDS | {"head"}


class Place(Enum):
    """Where the snippet goes, seen from a token."""

    LATER = auto()
    BEFORE = auto()
    AFTER = auto()
    NOWHERE = auto()  # this page has no place


class Placing(Protocol):
    """One way to find the place."""

    skims: bool  # whether only notable tags matter
    holds: bool  # whether what stands before the place waits, so that a page without one can be left as it is

    def look(self, token: Token) -> Place:
        """Return where the snippet goes, seen from the next token. Text comes either blank or without blanks first."""

    def at_end(self, *, between: bool) -> Place:
        """Return where it goes when the page ends: after all that was LATER, or nowhere."""


class HeadStart:
    """At the start of the head, after the doctype, or the page falls into quirks mode.

    All three tags are optional (HTML, section 13.1.2.4). A <meta> with the charset that stands first stays first, when
    nothing else declares the charset: a browser looks for it in the first 1024 bytes only.
    """

    skims = False
    holds = True

    def __init__(self, *, charset_declared: bool) -> None:
        self._charset_declared = charset_declared

    def look(self, token: Token) -> Place:
        """Return where the snippet goes, seen from the next token."""
        if token.kind is Kind.OTHER or token.text.isspace():
            return Place.LATER
        if token.kind is Kind.START and (token.name in ("html", "head") or self._declares_charset(token)):
            return Place.LATER
        return Place.BEFORE

    def _declares_charset(self, token: Token) -> bool:
        if self._charset_declared or token.name != "meta":
            return False
        found = attributes(token.text)
        return "charset" in found or ("http-equiv" in found and found["http-equiv"].value.lower() == "content-type")

    def at_end(self, *, between: bool) -> Place:
        """Return AFTER: a page that is all prologue has the snippet behind it."""
        return Place.AFTER


class HeadEnd:
    """At the end of the head: before </head>, or before what begins the body where that is left out."""

    skims = False
    holds = False

    def look(self, token: Token) -> Place:
        """Return where the snippet goes, seen from the next token."""
        if _may_be_in_head(token):
            return Place.LATER
        return Place.BEFORE if token.kind is not Kind.END or token.name in ENDS_OF_HEAD else Place.LATER

    def at_end(self, *, between: bool) -> Place:
        """Return AFTER, unless something that began has not ended."""
        return Place.AFTER if between else Place.NOWHERE


class XmlHead:
    """In XHTML no tag is optional: after <head> or before </head>, or after <html> where there is no head."""

    skims = False

    def __init__(self, *, at_end: bool = False) -> None:
        self.holds = not at_end
        self._at_end = at_end
        self._in_root = False
        self._in_head = False

    def look(self, token: Token) -> Place:
        """Return where the snippet goes, seen from the next token."""
        if token.kind is Kind.OTHER or token.text.isspace():
            return Place.LATER
        if self._in_head:
            return Place.BEFORE if token.kind is Kind.END and token.name == "head" else Place.LATER
        begins = token.kind is Kind.START and not token.text.endswith("/>")
        if self._in_root:
            self._in_head = begins and token.name == "head"
            if self._in_head:
                return Place.LATER if self._at_end else Place.AFTER
            return Place.BEFORE
        self._in_root = begins and token.name == "html"
        return Place.LATER if self._in_root else Place.NOWHERE

    def at_end(self, *, between: bool) -> Place:
        """Return NOWHERE: such a page is not well-formed."""
        return Place.NOWHERE


class BodyStart:
    """At the start of the body."""

    skims = False
    holds = False

    def __init__(self, *, xml: bool) -> None:
        self._xml = xml

    def look(self, token: Token) -> Place:
        """Return where the snippet goes, seen from the next token."""
        if _may_be_in_head(token):
            return Place.LATER
        if token.kind is Kind.START and token.name == "body" and not (self._xml and token.text.endswith("/>")):
            return Place.AFTER
        if self._xml or (token.kind is Kind.END and token.name not in ENDS):
            return Place.LATER
        return Place.BEFORE

    def at_end(self, *, between: bool) -> Place:
        """Return AFTER, unless something that began has not ended."""
        return Place.AFTER if between and not self._xml else Place.NOWHERE


class BodyEnd:
    """Before </body> or </html>, else at the end of the page."""

    skims = True
    holds = False

    def __init__(self, *, xml: bool) -> None:
        self._xml = xml

    def look(self, token: Token) -> Place:
        """Return where the snippet goes, seen from the next token."""
        if token.inert:
            return Place.LATER
        ends = token.kind is Kind.END and token.name in ENDS
        return Place.BEFORE if ends or (token.kind is Kind.START and token.name == "frameset") else Place.LATER

    def at_end(self, *, between: bool) -> Place:
        """Return AFTER, unless something that began has not ended."""
        return Place.AFTER if between and not self._xml else Place.NOWHERE


def placing(position: Position, *, xml: bool, charset_declared: bool) -> Placing:
    """Return the way to find a place."""
    if position == "body-prepend":
        return BodyStart(xml=xml)
    if position == "body":
        return BodyEnd(xml=xml)
    if xml:
        return XmlHead(at_end=position == "head")
    return HeadEnd() if position == "head" else HeadStart(charset_declared=charset_declared)


def _may_be_in_head(token: Token) -> bool:
    """Tell whether a token neither ends a head nor begins a body; an end tag may do the one or the other."""
    if token.inert or token.kind in (Kind.OTHER, Kind.RAW) or token.text.isspace():
        return True
    return token.kind is Kind.START and token.name in HEAD_CONTENT
