"""The status line at the bottom of the terminal: drawn below what is printed, gone when devserve ends."""

from __future__ import annotations

import os
from math import ceil
from time import monotonic

from rich.console import Console
from rich.text import Text

from devserve.run.status import BETWEEN, Mark, Status, parts_of

STYLES = {
    Mark.GOOD: "green",
    Mark.COMING: "yellow",
    Mark.BAD: "bold red",
    Mark.FAINT: "dim",
    Mark.QUESTION: "bold",
}
AT_MOST_EVERY = 0.05  # seconds; a flood of output is not followed by a line each
# ECMA-48: erase to the end of the screen; autowrap off and on (DEC private mode 7), so that the line stays one.
ERASE, WRAP_OFF, WRAP_ON = "\r\x1b[J", "\x1b[?7l", "\x1b[?7h"
UP = "\x1b[{}A"


class StatusLine:
    """One line that is rewritten in place. Each method returns what the caller is to write."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._text = ""  # what is on the screen
        self._cells = 0  # its width
        self._drawn = 0.0  # when

    def __repr__(self) -> str:
        return f"<StatusLine {self._text!r}>"

    def show(self, status: Status | None) -> str:
        """Have the line say this from now on; None: there is to be no line."""
        if status == self._status and self._text:
            return ""
        self._status = status
        text, cells = self._rendered()
        return "" if text == self._text else self._erased() + self._drawing(text, cells)

    def above(self, printed: str) -> str:
        """Put a text above the line. Of a flood of texts not each is followed by the line: `show` draws it then."""
        erased = self._erased()
        if monotonic() - self._drawn < AT_MOST_EVERY:
            return erased + printed
        return erased + printed + self._drawing(*self._rendered())

    def again(self) -> str:
        """Draw the line anew, on a terminal that was resized or left to others for a while."""
        return self._erased() + self._drawing(*self._rendered())

    def _erased(self) -> str:
        """Take the line away. A terminal that has become narrower has broken it into several."""
        if not self._text:
            return ""
        rows = ceil(self._cells / max(1, self._console.width)) - 1
        self._text, self._cells = "", 0
        return (UP.format(rows) if rows else "") + ERASE

    def _drawing(self, text: str, cells: int) -> str:
        self._text, self._cells, self._drawn = text, cells, monotonic()
        return f"{WRAP_OFF}{text}{WRAP_ON}" if text else ""

    def _rendered(self) -> tuple[str, int]:
        """Return the line with its colours, and its width: it leaves the last cell of the terminal free."""
        if self._status is None:
            return "", 0
        width = max(1, self._console.width - 1)
        between = Text.styled(BETWEEN, STYLES[Mark.FAINT])  # its own style would be all parts'
        text = between.join(Text(part, style=STYLES[mark]) for part, mark in parts_of(self._status, width))
        text.truncate(width, overflow="ellipsis")
        with self._console.capture() as captured:
            self._console.print(text, end="", soft_wrap=True, highlight=False)
        return captured.get(), text.cell_len


def is_possible(console: Console) -> bool:
    """Tell whether a line can be rewritten here: on a terminal that can do it and whose user wants colours."""
    plain = console.no_color or console.is_dumb_terminal or "CI" in os.environ
    return console.file.isatty() and not plain
