"""The grammar of RFC 9112, with what it takes from RFC 9110 and 3986, as compiled expressions.

Repetitions over a head are possessive, so a match is one pass over its bytes, however hostile they are. No possessive
group holds alternatives: Python before 3.11.5 could go wrong there (gh-106052).
"""

from __future__ import annotations

import re
from typing import Final

TCHAR: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]"
TEXT: Final = rb"[\t\x20-\x7e\x80-\xff]"  # HTAB, SP, VCHAR, obs-text: what values and reasons are made of
TARGET_CHAR: Final = rb"[!\x22$-~]"  # VCHAR but "#": a fragment is never sent (RFC 9112, section 3.2)
REST: Final = rb"((?s:.*))"
FIELD_LINES: Final = rb"(?:" + TCHAR + rb"++:" + TEXT + rb"*+\r\n)*+"

TOKEN: Final = re.compile(TCHAR + rb"++")
FIELD_START: Final = re.compile(TCHAR + rb"++:")
FIELD_VALUE: Final = re.compile(TEXT + rb"*+")
REASON: Final = FIELD_VALUE
VERSION: Final = re.compile(rb"HTTP/[0-9]\.[0-9]")

# The first line of a request's head: method, target and version; the last group is all that follows.
# One empty line in front of a request is ignored: some clients send it after a body (RFC 9112, section 2.2).
REQUEST_LINE: Final = re.compile(rb"(?:\r\n)?+(" + TCHAR + rb"++) (" + TARGET_CHAR + rb"++) HTTP/(1\.[0-9])\r\n" + REST)
# The first line of a response's head: version, status and reason.
# The reason may be absent together with its space; many servers do that, and nothing depends on it.
STATUS_LINE: Final = re.compile(rb"HTTP/(1\.[0-9]) ([1-9][0-9][0-9])(?: (" + TEXT + rb"*+))?")
# All that follows the first line: field lines and the empty line. Trailers look the same.
FIELD_SECTION: Final = re.compile(FIELD_LINES + rb"\r\n")
# Name and value of each line of a head that has matched, without the optional whitespace around the value.
FIELD: Final = re.compile(rb"([^:]++):[ \t]*+([^\r]*[^\r \t]|)[ \t]*+\r\n")

# What no continuation can turn into a head. The second class is what may not stand in one line.
NEVER_A_HEAD: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|(?<!\r)\n|\r[^\n]")
CONTROL: Final = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")

_PORT: Final = rb"(?:[0-9]{1,4}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])"
# Of reg-name (RFC 3986, section 3.2.2) only the unreserved characters: no sub-delims such as the comma, no escapes.
_HOST: Final = rb"(?:\[[0-9A-Fa-f:.]++\]|[0-9A-Za-z\-._~]++)"
HOST: Final = re.compile(_HOST + rb"(?::" + _PORT + rb"?)?")
AUTHORITY_FORM: Final = re.compile(_HOST + rb":" + _PORT)
# No userinfo (RFC 9110, section 4.2.4), and no scheme but the two that a gateway for HTTP serves.
ABSOLUTE_FORM: Final = re.compile(rb"[Hh][Tt][Tt][Pp][Ss]?://" + _HOST + rb"(?::" + _PORT + rb"?)?(?:[/?].*+)?")

CONTENT_LENGTH: Final = re.compile(rb"[0-9]{1,19}")

_WORD: Final = TCHAR + rb"++"
_QUOTED: Final = rb'"(?:[\t \x21\x23-\x5b\x5d-\x7e\x80-\xff]|\\[\t \x21-\x7e\x80-\xff])*"'
_EXTENSION: Final = rb"[ \t]*+;[ \t]*+" + _WORD + rb"(?:[ \t]*+=[ \t]*+(?:" + _WORD + rb"|" + _QUOTED + rb"))?"
# Bad whitespace is allowed around an extension's ";" and "=", nowhere else (RFC 9112, section 7.1.1).
CHUNK_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,16}+)(?:" + _EXTENSION + rb")*")


def is_target(value: bytes) -> bool:
    """Return whether all bytes, of which there is one at least, are TARGET_CHAR: a third of an expression's time."""
    text = value.decode("ascii", "replace")
    return value.isascii() and text.isprintable() and " " not in text and "#" not in text and bool(text)
