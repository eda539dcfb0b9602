"""Whether a body without Content-Type is HTML, as a browser finds out (MIME Sniffing, section 7.1)."""

from __future__ import annotations

import re

# Any of these, behind blanks; a tag's name must have ended.
HTML = re.compile(
    r"[\t\n\f\r ]*<(?:!--|(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)[ >])",
    re.IGNORECASE,
)
LONGEST = 512  # characters that are looked at: blanks may go on
NEEDED = re.compile(r"[\t\n\f\r ]*.{0,15}\Z", re.DOTALL)


def sniff(start: str, *, last: bool) -> bool | None:
    """Tell whether a body that starts so is HTML; None when more of it is needed. `last`: there is no more."""
    if HTML.match(start):
        return True
    return None if not last and len(start) < LONGEST and NEEDED.match(start) else False
