"""The kinds of single values in a devserve.toml: each reader returns the value or says what is accepted.

A refusal is `ValueError(accepted)` or `ValueError(accepted, fix)`; the sentence is built around it in mistakes.py.
"""

from __future__ import annotations

import json
import re
import shlex
from signal import Signals
from urllib.parse import quote

DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)", re.ASCII)
PARTS_OF_UNIT = {"ms": 1 / 1000, "s": 1, "m": 60}
MOST_SECONDS = 24 * 3600
DURATION_IS = 'a duration such as "30s", "500ms" or "2m", or a number of seconds'
COMMAND_IS = 'a command such as "npm start" or a list such as ["npm", "start"]'
PATH_IS = 'a path that starts with "/", such as "/" or "/api"'
TARGET_IS = 'the path that is asked for, such as "/health"'
MOST_PORT = 65535
SIGNALS = ("TERM", "INT", "HUP", "QUIT", "KILL", "USR1", "USR2")
SHELL_WORDS = {"&&", "||", "|", ";", "&", "<", ">", ">>", "2>&1"}
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
UNSENDABLE = re.compile(r"[\s#\x00-\x20\x7f]")  # never in a request target (RFC 9112, section 3.2)
SENDABLE = "/%!$&'()*+,;=:@-._~"  # RFC 3986, section 3.3


def seconds(value: object) -> float:
    """Return the seconds of "30s", "500ms", "2m" or a number."""
    number: float | None = None
    if isinstance(value, str) and (match := DURATION.fullmatch(value)):
        number = float(match[1]) * PARTS_OF_UNIT[match[2]]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        number = value
    if number is None:
        raise ValueError(DURATION_IS)
    if not 0 <= number <= MOST_SECONDS:
        raise ValueError("a duration between 0 and 24 hours")
    return float(number)


def more_than_nothing(number: float) -> float:
    """Return the duration unless it is 0."""
    if number <= 0:
        raise ValueError("a duration of more than 0 seconds")
    return number


def words_of(value: object) -> tuple[str, ...]:
    """Return a command's words: a string is split like a shell would, a list is taken as it is."""
    if isinstance(value, list) and all(isinstance(word, str) for word in value):
        words = [str(word) for word in value]
    elif isinstance(value, str):
        words = split(value)
    else:
        raise ValueError(COMMAND_IS)
    if not words or not words[0] or "\0" in "".join(words):
        raise ValueError(COMMAND_IS)
    return tuple(words)


def split(command: str) -> list[str]:
    """Return the words of a command line, which may hold no shell operators, since no shell will read it."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=";")  # `;` needs no space before it
    lexer.whitespace_split = True
    lexer.commenters = ""
    try:
        words = list(lexer)
    except ValueError:
        raise ValueError("a command in which each quote is closed") from None
    operator = next((word for word in words if word in SHELL_WORDS), None)
    if operator:
        fix = f'no shell runs it, so that "{operator}" means nothing; write ["sh", "-c", {json.dumps(command)}]'
        raise ValueError("one command", fix)
    if words and ASSIGNMENT.match(words[0]):
        raise ValueError("one command", f'move "{words[0].partition("=")[0]}" to env')
    return words


def path_prefix(text: str) -> str:
    """Return the path of a route as it is compared with request targets: encoded, without trailing slash."""
    if not text.startswith("/"):
        raise ValueError(PATH_IS, f'write "/{text}"' if text and not UNSENDABLE.search(text) else "")
    if UNSENDABLE.search(text) or "?" in text:
        raise ValueError("a path without query, fragment or spaces")
    bare = text.rstrip("/")
    if {"", ".", ".."} & set(bare.split("/")[1:]):
        raise ValueError('a path without empty, "." or ".." segments')
    return quote(bare, safe=SENDABLE) or "/"


def target(text: str) -> str:
    """Return a request target in origin form (RFC 9112, section 3.2.1)."""
    if not text.startswith("/") or UNSENDABLE.search(text):
        raise ValueError(TARGET_IS)
    return quote(text, safe=SENDABLE + "?")


def signal(value: object) -> Signals:
    """Return the signal of a name with or without SIG."""
    bare = value.removeprefix("SIG") if isinstance(value, str) else ""
    if bare not in SIGNALS:
        raise ValueError("one of " + ", ".join(f'"{known}"' for known in SIGNALS))
    return Signals[f"SIG{bare}"]


def plain(text: str) -> str:
    """Return a text, perhaps empty, that an environment or a program's arguments can carry."""
    if "\0" in text:
        raise ValueError("text without NUL characters")
    return text


def filled(text: str) -> str:
    """Return a text that is not empty either, as file names, patterns and log lines must be."""
    if not text:
        raise ValueError("text that is not empty")
    return plain(text)


def variable(name: str) -> str:
    """Return the name of an environment variable (POSIX.1-2024, XBD section 8.1, and lower case too)."""
    if not VARIABLE.fullmatch(name):
        raise ValueError("the name of a variable: letters, digits and underscores, no digit first")
    return name
