"""The text of a devserve.toml as plain data, or the place where it stops being TOML."""

from __future__ import annotations

import re
from typing import TypeAlias

import tomli

from devserve.errors import ConfigError

Data: TypeAlias = dict[str, object]

AT_KEY = re.compile(r"Cannot (?:declare|mutate immutable namespace) \((.*)\)")
NAMES = re.compile(r"'([^']*)'")
# The parser's words, and what to write.
HINTS = {
    "Invalid value": "text needs quotes, and true and false are in lower case",
    "Invalid statement": 'write key = "value" or a [table]',
    "Cannot overwrite a value": "the key that ends here is given twice; keep one",
    "Unescaped '\\' in a string": "write '…' instead of \"…\", or \\\\ for a backslash",
    "Illegal character '\\n'": "close the quotes on the line where they open",
    "Expected '=' after a key in a key/value pair": 'write key = "value"',
    "Expected newline or end of document after a statement": "begin a new line",
    "Unterminated string": "close the quotes",
    'Expected "\'"': "close the quotes on the line where they open",
    "Unclosed array": "add the missing ]",
    "Unclosed inline table": "add the missing }",
}


def data_of(text: str, file: str) -> Data:
    """Return the data of a TOML text.

    Raises:
        ConfigError: it is not TOML (v1.0.0; toml.io); with the place that the parser stopped at.
    """
    try:
        return tomli.loads(text)
    except tomli.TOMLDecodeError as error:
        is_cut = not text[error.pos :].strip()
        raise ConfigError(f"{file}:{error.lineno}:{error.colno}: {explained(error.msg, is_cut=is_cut)}") from None
    except (ValueError, RecursionError):  # beyond what the parser bears: 4300 digits, 400 levels
        raise ConfigError(
            f"{file}:1:1: not TOML that can be read; a number is too long or a nesting too deep"
        ) from None


def explained(message: str, *, is_cut: bool) -> str:
    """Return the parser's message as a sentence with a hint. `is_cut`: nothing comes after the place."""
    if is_cut and message == "Invalid value":
        return "not TOML: the text ends where a value must stand; write it, or the ] or } that is missing"
    if twice := AT_KEY.match(message):
        return f"not TOML: [{'.'.join(NAMES.findall(twice[1]))}] is there already; put its keys into the first one"
    hint = HINTS.get(message, "")
    return f"not TOML: {message[:1].lower()}{message[1:]}" + (f"; {hint}" if hint else "")
