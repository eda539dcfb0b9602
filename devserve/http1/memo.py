"""What was worked out once for a key, kept for the next time."""

from __future__ import annotations

from typing import Final, Generic, TypeVar

LONGEST: Final = 4096  # bytes of a key: 256 keys are 1 MiB at the most
Value = TypeVar("Value")


class Memo(Generic[Value]):
    """The values of at most so many keys. A full one begins anew: to know which key was used last costs each time."""

    __slots__ = ("_most", "_values")

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[bytes, Value] = {}

    def get(self, key: bytes) -> Value | None:
        """Return what is kept for a key, or None."""
        return self._values.get(key)

    def keep(self, key: bytes, value: Value) -> Value:
        """Keep a value, unless its key is too long; return it."""
        if len(key) <= LONGEST:
            if len(self._values) >= self._most:
                self._values.clear()
            self._values[key] = value
        return value

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"<Memo {len(self._values)} of {self._most}>"
