"""Where each key of a TOML text stands, because no parser says so after a success."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import tomli

Location = tuple[str | int, ...]  # a dotted path, as pydantic's `loc`: ("services", "web", "watch", 0, "paths", 1)

BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
SPACE = re.compile(r"[ \t]*")
STRING = re.compile(
    r'"""(?:\\.|[^\\])*?"""(?:"{0,2})'  # up to two quotes may stand before the closing three (TOML 1.0, Multi-line)
    r"|'''.*?'''(?:'{0,2})"
    r'|"(?:\\.|[^"\\])*"'
    r"|'[^']*'",
    re.DOTALL,
)
BARE_KEY = re.compile(r"[^\s=.\]\"']+")
SCALAR = re.compile(r"[^,\]}#\n]*")


@dataclass(frozen=True, slots=True)
class Positions:
    """The places of all keys and array elements of one text."""

    text: str
    offsets: Mapping[Location, int]

    def __repr__(self) -> str:
        return f"<Positions of {len(self.offsets)} keys>"

    def find(self, location: Location) -> tuple[int, int]:
        """Return line and column, both from 1, of a key or element, or of the nearest parent that is in the text."""
        while location and location not in self.offsets:
            location = location[:-1]
        offset = self.offsets.get(location, 0)
        return self.text.count("\n", 0, offset) + 1, offset - self.text.rfind("\n", 0, offset)


def locate(text: str) -> Positions:
    """Return the positions of a text that a TOML parser has accepted."""
    return Positions(text, Scanner(text).scan())


class Scanner:
    """Walk once over valid TOML and note where keys and elements begin."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._named: dict[Location, int] = {}
        self._implied: dict[Location, int] = {}  # parents that no header or key of their own names
        self._last: dict[Location, int] = {}  # arrays of tables: the index of the newest element

    def __repr__(self) -> str:
        return f"<Scanner at {self._at} of {len(self._text)}>"

    def scan(self) -> dict[Location, int]:
        """Return the offset of each key and element."""
        table: Location = ()
        self._skip(BLANK)
        while self._at < len(self._text):
            if self._next() == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip(BLANK)
        return self._implied | self._named

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise ValueError(f"not TOML at offset {self._at}")
        self._at = match.end()
        return match[0]

    def _header(self) -> Location:
        """Read [a.b] or [[a.b]] and return the table that the following keys belong to."""
        brackets = 2 if self._text.startswith("[[", self._at) else 1
        self._at += brackets
        parts = self._key()
        self._at += brackets
        parent = self._enter((), parts[:-1])
        name, offset = parts[-1]
        table = (*parent, name)
        if brackets == 1:
            self._named[table] = offset
            return table
        self._named.setdefault(table, offset)
        self._last[table] = self._last.get(table, -1) + 1
        element = (*table, self._last[table])
        self._named[element] = offset
        return element

    def _enter(self, base: Location, parts: list[tuple[str, int]]) -> Location:
        """Follow the parts of a key, each into the newest element where it names an array of tables."""
        for name, offset in parts:
            base = (*base, name)
            self._implied.setdefault(base, offset)
            if base in self._last:
                base = (*base, self._last[base])
        return base

    def _key(self) -> list[tuple[str, int]]:
        """Read a dotted key: each part, unquoted, and its offset."""
        parts: list[tuple[str, int]] = []
        while True:
            self._skip(SPACE)
            parts.append((self._part(), self._at))
            self._skip(STRING if self._next() in "\"'" else BARE_KEY)
            self._skip(SPACE)
            if self._next() != ".":
                return parts
            self._at += 1

    def _part(self) -> str:
        if self._next() not in "\"'":
            match = BARE_KEY.match(self._text, self._at)
            return match[0] if match else ""
        match = STRING.match(self._text, self._at)
        return str(tomli.loads(f"key = {match[0]}")["key"]) if match else ""

    def _pair(self, table: Location) -> None:
        parts = self._key()
        name, offset = parts[-1]
        key = (*self._enter(table, parts[:-1]), name)
        self._named[key] = offset
        self._at += 1  # the equals sign
        self._value(key)

    def _value(self, key: Location) -> None:
        self._skip(SPACE)
        match self._next():
            case "[":
                self._array(key)
            case "{":
                self._inline_table(key)
            case '"' | "'":
                self._skip(STRING)
            case _:
                self._skip(SCALAR)

    def _array(self, key: Location) -> None:
        self._at += 1
        self._skip(BLANK)
        index = 0
        while self._next() != "]":
            self._named[*key, index] = self._at
            self._value((*key, index))
            self._skip_comma()
            index += 1
        self._at += 1

    def _inline_table(self, key: Location) -> None:
        self._at += 1
        self._skip(BLANK)
        while self._next() != "}":
            self._pair(key)
            self._skip_comma()
        self._at += 1

    def _skip_comma(self) -> None:
        self._skip(BLANK)
        if self._next() == ",":
            self._at += 1
        self._skip(BLANK)
