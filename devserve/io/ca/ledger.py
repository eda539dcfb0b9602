"""The ledger on disk: what setup did, edited under a lock, never taken for empty after a failed read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from devserve.ca.ledger import Ledger, decode, encode
from devserve.errors import TrustStoreError
from devserve.io import state

LOCK = "ledger.lock"


def ledger_file(home: Path) -> Path:
    """Return the ledger's place."""
    return home / "ledger.json"


def read(home: Path) -> Ledger:
    """Return the ledger; an empty one when there is no file. Raises TrustStoreError when it cannot be read."""
    path = ledger_file(home)
    try:
        return decode(path.read_bytes(), str(path))
    except FileNotFoundError:
        return Ledger()
    except OSError as error:
        raise TrustStoreError(f"{path}: cannot be read: {error.strerror}. Check its owner: `ls -l {path}`.") from error


def record(home: Path, edit: Callable[[Ledger], Ledger]) -> None:
    """Write the ledger that `edit` makes of the present one; nobody else edits meanwhile."""
    with state.lock(home / LOCK):
        state.sweep(home, ledger_file(home).name)
        state.write_atomic(ledger_file(home), encode(edit(read(home))))
