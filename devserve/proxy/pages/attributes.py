"""The attributes of a tag, as a browser's tokenizer finds them (HTML, sections 13.2.5.32 to 13.2.5.39)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

TAG_NAME = re.compile(r"</?([a-zA-Z_:][^\s/>]*)")
GAP = re.compile(r"[\s/]*")
NAME = re.compile(r"[^\s/>][^\s/>=]*")
EQUALS = re.compile(r"\s*=\s*")
UNQUOTED = re.compile(r"[^\s>]+")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute, and where it stands in the tag's text."""

    name: str
    value: str
    start: int
    end: int


def tag_name(tag: str) -> str:
    """Return the name in a tag's text, in lower case, without an XML prefix."""
    found = TAG_NAME.match(tag)
    return found[1].lower().rpartition(":")[2] if found else ""


def attributes(tag: str) -> dict[str, Attribute]:
    """Return the attributes of a whole start tag by their names in lower case; of equal names the first counts."""
    found: dict[str, Attribute] = {}
    name = TAG_NAME.match(tag)
    place = name.end() if name else len(tag)
    while (start := _after(GAP, tag, place)) < len(tag) and tag[start] != ">":
        place, spelled, value = _attribute(tag, start)
        found.setdefault(spelled.lower(), Attribute(spelled, unescape(value), start, place))
    return found


def tag_end(text: str, start: int, resume: int) -> tuple[int, int]:
    """Return where a tag ends that begins at `start` (-1: not in this text), and where to go on looking for it.

    `resume` is `start`, or what the last call for the same tag returned. A `>` inside a quoted value ends nothing.
    """
    place = resume
    if resume == start:
        name = TAG_NAME.match(text, start)
        place = name.end() if name else start
        if place == len(text):
            return -1, start
    while True:
        begin = _after(GAP, text, place)
        if begin == len(text):
            return -1, place
        if text[begin] == ">":
            return begin + 1, place
        end, _, _ = _attribute(text, begin)
        if end < 0 or end == len(text):
            return -1, place
        place = end


def _attribute(text: str, start: int) -> tuple[int, str, str]:
    """Return where an attribute ends (-1: not in this text), its name and its value."""
    end = _after(NAME, text, start)
    name = text[start:end]
    equals = EQUALS.match(text, end)
    if equals is None:
        return end, name, ""
    place = equals.end()
    if place == len(text):
        return -1, name, ""
    if text[place] in "\"'":
        close = text.find(text[place], place + 1)
        return (close + 1, name, text[place + 1 : close]) if close >= 0 else (-1, name, "")
    end = _after(UNQUOTED, text, place)
    return end, name, text[place:end]


def _after(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place
