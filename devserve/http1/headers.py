"""The field lines of a message, in their order and spelling, with fast lookups by name."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from typing import TYPE_CHECKING

from devserve.errors import LocalProtocolError
from devserve.http1.grammar import FIELD_VALUE, TOKEN

if TYPE_CHECKING:
    from devserve.http1.facts import Facts


class Headers:
    """An ordered multi-dict of raw `(name, value)` pairs. Lookups take names in lower case.

    What is worked out from the fields stays with them until they change: `facts`, and in `forms` what others make of
    them. Received fields are frozen, because messages with the same fields share them: change a `copy`.

    Raises:
        LocalProtocolError: a name or value given to the constructor, `add` or `replace` may not be sent, or the headers
            are frozen.
    """

    __slots__ = ("_block", "_frozen", "_index", "_pairs", "facts", "forms")
    _block: bytes | None
    _index: dict[bytes, bytes] | None
    facts: Facts | None
    forms: dict[Hashable, Headers]

    def __init__(self, pairs: Iterable[tuple[bytes, bytes]] = ()) -> None:
        self._pairs = list(pairs)
        self._frozen = False
        self._forget()
        for name, value in self._pairs:
            _check(name, value)

    @classmethod
    def trusted(cls, pairs: list[tuple[bytes, bytes]]) -> Headers:
        """Return headers over pairs that the grammar has already matched. The list is taken, not copied."""
        headers = cls()
        headers._pairs = pairs
        return headers

    def freeze(self) -> Headers:
        """Refuse every change from now on; return the headers themselves."""
        self._frozen = True
        return self

    @property
    def is_frozen(self) -> bool:
        """Whether the fields can no longer change."""
        return self._frozen

    @property
    def block(self) -> bytes:
        """All lines as they are sent, each with its CRLF."""
        if self._block is None:
            self._block = b"".join([b"%b: %b\r\n" % pair for pair in self._pairs])
        return self._block

    def first(self, name: bytes) -> bytes | None:
        """Return the value of the first line of this name."""
        index = self._index
        return (self._indexed() if index is None else index).get(name)

    def all(self, name: bytes) -> list[bytes]:
        """Return the values of all lines of this name, in their order."""
        index = self._indexed()
        if name not in index:
            return []
        if len(index) == len(self._pairs):
            return [index[name]]
        return [value for spelling, value in self._pairs if spelling.lower() == name]

    def tokens(self, name: bytes) -> list[bytes]:
        """Return the elements of a comma-separated list over all its lines, in lower case, without empty ones."""
        values = self.all(name)
        if not values:
            return []
        elements = [element.strip(b" \t") for element in b",".join(values).lower().split(b",")]
        return [element for element in elements if element] if b"" in elements else elements

    def has_none_of(self, names: frozenset[bytes]) -> bool:
        """Return whether no line has one of these names."""
        return names.isdisjoint(self._indexed())

    def add(self, name: bytes, value: bytes) -> None:
        """Append a line."""
        self._change()
        _check(name, value)
        self._pairs.append((name, value))

    def replace(self, name: bytes, value: bytes) -> None:
        """Set the only line of this name: where its first line stood, in its spelling, else at the end."""
        key = name.lower()
        if key not in self:
            self.add(name, value)
            return
        self._change()
        _check(name, value)
        place = next(place for place, (spelling, _) in enumerate(self._pairs) if spelling.lower() == key)
        spelling, _ = self._pairs[place]
        following = [pair for pair in self._pairs[place + 1 :] if pair[0].lower() != key]
        self._pairs[place:] = [(spelling, value), *following]

    def remove(self, name: bytes) -> None:
        """Remove all lines of this name, if there are any."""
        key = name.lower()
        if key in self:
            self._change()
            self._pairs = [pair for pair in self._pairs if pair[0].lower() != key]

    def without(self, names: frozenset[bytes]) -> Headers:
        """Return headers that can be changed, without the lines of these names."""
        return Headers.trusted([pair for pair in self._pairs if pair[0].lower() not in names])

    def copy(self) -> Headers:
        """Return headers that can be changed without changing these."""
        return Headers.trusted(self._pairs.copy())

    def _indexed(self) -> dict[bytes, bytes]:
        """Return the value of the first line of each name."""
        index = self._index
        if index is None:
            index = {spelling.lower(): value for spelling, value in self._pairs}
            if len(index) != len(self._pairs):
                index = {spelling.lower(): value for spelling, value in reversed(self._pairs)}
            self._index = index
        return index

    def _change(self) -> None:
        if self._frozen:
            raise LocalProtocolError("these headers are shared and cannot be changed: change a copy()")
        self._forget()

    def _forget(self) -> None:
        self._block = self._index = self.facts = None
        self.forms = {}

    def __contains__(self, name: bytes) -> bool:
        index = self._index
        return name in (self._indexed() if index is None else index)

    def __iter__(self) -> Iterator[tuple[bytes, bytes]]:
        return iter(self._pairs)

    def __len__(self) -> int:
        return len(self._pairs)

    def __eq__(self, other: object) -> bool:
        return self._pairs == other._pairs if isinstance(other, Headers) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # they can change

    def __repr__(self) -> str:
        # Names only: values may be cookies or credentials, and a repr ends in logs (DESIGN 5.10).
        return f"<Headers {b', '.join(name for name, _ in self._pairs).decode()}>"


def _check(name: bytes, value: bytes) -> None:
    if not TOKEN.fullmatch(name):
        raise LocalProtocolError(f"{name!r} is not a field name: use letters, digits and hyphens")
    if not FIELD_VALUE.fullmatch(value):
        raise LocalProtocolError(f"the value of {name.decode()} holds CR, LF, NUL or another control byte: remove it")
