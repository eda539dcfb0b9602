"""A line of a service's output as pieces of text with the names of their styles, for a page that has no colours in it.

Only what a stylesheet has a class for is kept (ECMA-48, select graphic rendition); all else is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

COLORS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
RENDITION = re.compile(r"\x1b\[([0-9;:]*)m")
CONTROL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]?|[\x00-\x08\x0a-\x1f\x7f-\x9f]")
LONGEST = 4000  # characters of one line that are shown
MOST_PIECES = 400
EXTENDED = {"2": 3, "5": 1}  # how many numbers follow 38 or 48
FAILED = re.compile(
    r"(?<!\b0 )\b(?:\w*error|\w*exception|traceback|fatal|panic|critical|failed|unhandled)\b", re.IGNORECASE
)

Piece = tuple[str, str]  # the text, and its classes


@dataclass(frozen=True, slots=True)
class Style:
    """How text looks."""

    color: str = ""
    back: str = ""
    bold: bool = False
    faint: bool = False
    italic: bool = False
    underline: bool = False

    @property
    def classes(self) -> str:
        """The names of the classes, with blanks between them."""
        named = [f"fg-{self.color}" if self.color else "", f"bg-{self.back}" if self.back else ""]
        named += [name for name in ("bold", "faint", "italic", "underline") if getattr(self, name)]
        return " ".join(filter(None, named))


PLAIN = Style()


def pieces(line: str) -> list[Piece]:
    """Return a line as pieces of text with their classes."""
    return [piece for piece in _pieces(line[:LONGEST]) if piece[0]][:MOST_PIECES]


def is_error(line: str) -> bool:
    """Tell whether a line looks like an error."""
    return FAILED.search(RENDITION.sub("", line[:LONGEST])) is not None


def _pieces(line: str) -> Iterator[Piece]:
    style, place = PLAIN, 0
    for found in RENDITION.finditer(line):
        yield CONTROL.sub("", line[place : found.start()]), style.classes
        style = _after(style, found[1])
        place = found.end()
    yield CONTROL.sub("", line[place:]), style.classes


def _after(style: Style, parameters: str) -> Style:
    numbers = iter((parameters or "0").replace(":", ";").split(";"))
    for number in numbers:
        if number in ("38", "48"):  # a colour out of 256 or more: there is no class for it
            for _ in range(EXTENDED.get(next(numbers, ""), 0)):
                next(numbers, None)
            continue
        style = _with(style, int(number) if number.isdigit() and number.isascii() and len(number) < 4 else 0)
    return style


def _with(style: Style, number: int) -> Style:  # noqa: C901 - one line for each row of the standard's table
    match number:
        case 0:
            return PLAIN
        case 1:
            return replace(style, bold=True)
        case 2:
            return replace(style, faint=True)
        case 3:
            return replace(style, italic=True)
        case 4:
            return replace(style, underline=True)
        case 22:
            return replace(style, bold=False, faint=False)
        case 23:
            return replace(style, italic=False)
        case 24:
            return replace(style, underline=False)
        case 39:
            return replace(style, color="")
        case 49:
            return replace(style, back="")
    if 30 <= number <= 37 or 90 <= number <= 97:
        return replace(style, color=COLORS[number % 10])
    if 40 <= number <= 47 or 100 <= number <= 107:
        return replace(style, back=COLORS[number % 10])
    return style
