"""Secrets of an env_file: which of its values are some, and lines without them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from urllib.parse import unquote, urlsplit

from devserve.run.lines import plain

MASK = "•••"
SHORTEST = 8  # characters; a shorter value stands in too many lines by chance
# A value under such a name is a secret whatever it looks like.
TELLING = re.compile(r"secret|token|pass|pwd|key|credential|auth|private|salt|dsn|cookie|signature", re.IGNORECASE)
# Words and small numbers: "development", "http://localhost:3000/api", "./data/app.db". Hiding these hides what the
# log is read for.
HARMLESS = re.compile(r"[-./:_~, ]*(?:[a-z]+[0-9]{0,2}|[0-9]{1,5})(?:[-./:_~, ]+(?:[a-z]+[0-9]{0,2}|[0-9]{1,5}))*/?")


def secrets_of(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the texts that must not be shown, longest first: lines of secret values, and passwords in URLs."""
    found = {text for name, value in variables.items() for text in _secrets_in(name, value)}
    return tuple(sorted(found, key=lambda text: (-len(text), text)))


class Mask:
    """Puts three dots in the place of secrets."""

    __slots__ = ("_pattern", "_secrets")

    def __init__(self, secrets: Collection[str]) -> None:
        """Take the secrets, longest first, as `secrets_of` returns them."""
        self._secrets = tuple(secrets)
        self._pattern = re.compile("|".join(map(re.escape, self._secrets)))

    def __repr__(self) -> str:
        return f"<Mask of {len(self._secrets)} secrets>"

    def lines(self, lines: Sequence[str]) -> Sequence[str]:
        """Return the lines without secrets. Many lines cost little more than one: they are searched together."""
        if not self._secrets or not self._is_in("\n".join(lines)):
            return lines
        return [self._masked(line) for line in lines]

    def _is_in(self, text: str) -> bool:
        # One search for each secret is several times as fast as one for their pattern.
        return any(secret in shown for shown in _as_shown(text) for secret in self._secrets)

    def _masked(self, line: str) -> str:
        masked = self._pattern.sub(MASK, line)
        if self._pattern.search(plain(masked)):  # a colour changes within the secret
            return self._pattern.sub(MASK, plain(masked))
        return masked


def _as_shown(text: str) -> tuple[str, ...]:
    return (text, plain(text)) if "\x1b" in text else (text,)


def _secrets_in(name: str, value: str) -> Iterator[str]:
    if TELLING.search(name) or not HARMLESS.fullmatch(value):
        yield from (line for line in map(str.strip, value.splitlines()) if len(line) >= SHORTEST)
    password = _password_in(value)
    yield from (form for form in {password, unquote(password)} if len(form) >= SHORTEST)


def _password_in(url: str) -> str:
    try:
        return urlsplit(url).password or ""
    except ValueError:  # a bracket without its pair, as text may have
        return ""
