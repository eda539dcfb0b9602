"""What setup did to this machine: written before each step, so that teardown can undo it from here alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from devserve.ca.provisions import Kind
from devserve.errors import TrustStoreError

VERSION = 1


class Progress(StrEnum):
    """How far a provision got."""

    PLANNED = "planned"  # its steps may have begun
    DONE = "done"  # a look-up has found it


@dataclass(frozen=True, slots=True)
class Entry:
    """One provision: what, where, which fingerprint, since when. `certificate` outlives the CA's own files.

    `made` are folders that were not there before.
    """

    kind: Kind
    place: Path
    sha256: str
    when: datetime
    progress: Progress = Progress.PLANNED
    certificate: str = ""
    made: tuple[Path, ...] = ()

    @property
    def key(self) -> tuple[Kind, Path, str]:
        """What makes two entries the same."""
        return self.kind, self.place, self.sha256


@dataclass(frozen=True, slots=True)
class Ledger:
    """All entries, oldest first."""

    entries: tuple[Entry, ...] = ()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __contains__(self, entry: Entry) -> bool:
        return any(other.key == entry.key for other in self.entries)

    def with_entry(self, entry: Entry) -> Ledger:
        """Return a ledger that ends with this entry; an older one of the same key leaves it what it made."""
        made = [folder for other in self.entries if other.key == entry.key for folder in other.made]
        kept = replace(entry, made=tuple(dict.fromkeys((*made, *entry.made))))
        return Ledger((*(other for other in self.entries if other.key != entry.key), kept))

    def without(self, entry: Entry) -> Ledger:
        """Return a ledger without this entry; another root's in the same place inherits what this one's setup made."""
        made = tuple(folder for other in self.entries if other.key == entry.key for folder in other.made)
        left = [other for other in self.entries if other.key != entry.key]
        for index, other in enumerate(left):
            if made and (other.kind, other.place) == (entry.kind, entry.place):
                left[index] = replace(other, made=tuple(dict.fromkeys((*other.made, *made))))
                break
        return Ledger(tuple(left))

    def with_done(self, entry: Entry) -> Ledger:
        """Return a ledger in which this entry is done."""
        return Ledger(
            tuple(replace(other, progress=Progress.DONE) if other.key == entry.key else other for other in self.entries)
        )


def encode(ledger: Ledger) -> bytes:
    """Return a ledger as JSON."""
    entries = [
        {
            "kind": entry.kind,
            "place": str(entry.place),
            "sha256": entry.sha256,
            "when": entry.when.isoformat(),
            "progress": entry.progress,
            "certificate": entry.certificate,
            "made": [str(folder) for folder in entry.made],
        }
        for entry in ledger
    ]
    return json.dumps({"version": VERSION, "entries": entries}, indent=2).encode() + b"\n"


def decode(data: bytes, place: str) -> Ledger:
    """Return the ledger that JSON holds. Raises TrustStoreError, naming `place`, when it is damaged or too new."""
    try:
        document = json.loads(data)
        version = int(document["version"])
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(place) from error
    if version > VERSION:
        raise TrustStoreError(
            f"{place}: written by a newer devserve (version {version}, this one knows {VERSION})."
            " Use that one, or upgrade: `pip install --upgrade devserve`."
        )
    try:
        return Ledger(tuple(_entry(fields) for fields in document["entries"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(place) from error


def _entry(fields: dict[str, Any]) -> Entry:  # what JSON holds; the constructors refuse what does not fit
    return Entry(
        kind=Kind(fields["kind"]),
        place=Path(fields["place"]),
        sha256=fields["sha256"],
        when=datetime.fromisoformat(fields["when"]),
        progress=Progress(fields["progress"]),
        certificate=fields["certificate"],
        made=tuple(Path(folder) for folder in fields.get("made", ())),
    )


def _damaged(place: str) -> TrustStoreError:
    return TrustStoreError(
        f"{place}: not a ledger of devserve's, or cut off: what setup did cannot be known."
        " Restore it from a backup; or move it away, and run `devserve setup` and `devserve teardown`."
    )
