"""Where the text of a <script> ends: not at a `</script` in a comment in which a `<script` stands before it.

HTML, sections 13.2.5.17 to 13.2.5.31: what such a comment holds is "double escaped".
"""

from __future__ import annotations

import re

MARKS = re.compile(r"<!--|-->|<(/?)script(?=[\s/>])", re.IGNORECASE)
DASHES = re.compile(r"(?=--)")  # `<!-->` is the beginning of a comment and its end


class ScriptEnd:
    """Find the end of one script's text."""

    maybe = re.compile(r"(?:<(?:!-{0,2}|/?[a-zA-Z]{0,6})?|--?)\Z")

    def __init__(self) -> None:
        self.ended = False
        self._escaped = 0  # 1: in a comment; 2: in a script in a comment

    def find(self, text: str, place: int) -> re.Match[str] | None:
        """Return the next place that matters, which is to be left behind; `ended` tells whether it is the end."""
        found = MARKS.search(text, place)
        if found is None:
            return None
        mark = found[0].lower()
        if mark == "<!--":
            self._escaped = self._escaped or 1
            return DASHES.search(text, found.start())
        if mark == "-->":
            self._escaped = 0
        elif mark == "<script":
            self._escaped = 2 if self._escaped else 0
        elif self._escaped == 2:
            self._escaped = 1
        else:
            self.ended = True
            return END.search(text, found.start())
        return found


END = re.compile(r"(?=</)")
