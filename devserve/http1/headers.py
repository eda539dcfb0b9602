"""The field lines of a message, in their order and spelling, with fast lookups by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from devserve.errors import LocalProtocolError
from devserve.http1.grammar import FIELD_VALUE, TOKEN


class Headers:
    """An ordered multi-dict of raw `(name, value)` pairs. Lookups take names in lower case.

    Raises:
        LocalProtocolError: a name or value given to the constructor, `add` or `replace` may not be sent.
    """

    __slots__ = ("_index", "_pairs")

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._pairs = list(pairs)
        self._index: dict[bytes, tuple[bytes, ...]] | None = None  # built by the first lookup, then kept up to date
        for name, value in self._pairs:
            _check(name, value)

    @classmethod
    def trusted(cls, pairs: list[tuple[bytes, bytes]]) -> Headers:
        """Return headers over pairs that the grammar has already matched. The list is taken, not copied."""
        headers = cls.__new__(cls)
        headers._pairs = pairs
        headers._index = None
        return headers

    def first(self, name: bytes) -> bytes | None:
        """Return the value of the first line of this name."""
        values = (self._index or self._indexed()).get(name)
        return values[0] if values else None

    def all(self, name: bytes) -> list[bytes]:
        """Return the values of all lines of this name, in their order."""
        return list((self._index or self._indexed()).get(name, ()))

    def tokens(self, name: bytes) -> list[bytes]:
        """Return the elements of a comma-separated list over all its lines, in lower case, without empty ones."""
        values = (self._index or self._indexed()).get(name)
        if not values:
            return []
        elements = [element.strip(b" \t") for element in b",".join(values).lower().split(b",")]
        return [element for element in elements if element] if b"" in elements else elements

    def add(self, name: bytes, value: bytes) -> None:
        """Append a line."""
        _check(name, value)
        self._pairs.append((name, value))
        if self._index is not None:
            key = name.lower()
            self._index[key] = (*self._index.get(key, ()), value)

    def replace(self, name: bytes, value: bytes) -> None:
        """Set the only line of this name: where its first line stood, in its spelling, else at the end."""
        key = name.lower()
        if key not in self:
            self.add(name, value)
            return
        _check(name, value)
        place = next(place for place, (spelling, _) in enumerate(self._pairs) if spelling.lower() == key)
        spelling, _ = self._pairs[place]
        following = [pair for pair in self._pairs[place + 1 :] if pair[0].lower() != key]
        self._pairs[place:] = [(spelling, value), *following]
        self._indexed()[key] = (value,)

    def remove(self, name: bytes) -> None:
        """Remove all lines of this name, if there are any."""
        key = name.lower()
        index = self._index or self._indexed()
        if index.pop(key, None):
            self._pairs = [pair for pair in self._pairs if pair[0].lower() != key]

    def copy(self) -> Headers:
        """Return headers that can be changed without changing these."""
        copied = Headers.trusted(self._pairs.copy())
        if self._index is not None:
            copied._index = self._index.copy()
        return copied

    def _indexed(self) -> dict[bytes, tuple[bytes, ...]]:
        if self._index is None:
            index: dict[bytes, tuple[bytes, ...]] = {}
            for spelling, value in self._pairs:
                name = spelling.lower()
                index[name] = (*index[name], value) if name in index else (value,)
            self._index = index
        return self._index

    def __contains__(self, name: bytes) -> bool:
        return name in (self._index or self._indexed())

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __eq__(self, other: object) -> bool:
        return self._pairs == other._pairs if isinstance(other, Headers) else NotImplemented

    def __repr__(self) -> str:
        # Names only: values may be cookies or credentials, and a repr ends in logs (DESIGN 5.10).
        return f"<Headers {b', '.join(name for name, _ in self._pairs).decode()}>"


def _check(name: bytes, value: bytes) -> None:
    if not TOKEN.fullmatch(name):
        raise LocalProtocolError(f"{name!r} is not a field name: use letters, digits and hyphens")
    if not FIELD_VALUE.fullmatch(value):
        raise LocalProtocolError(f"the value of {name.decode()} holds CR, LF, NUL or another control byte: remove it")
