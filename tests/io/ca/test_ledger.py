from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devserve.ca.ledger import Entry, Ledger
from devserve.ca.provisions import Kind
from devserve.errors import TrustStoreError
from devserve.io.ca import ledger

ENTRY = Entry(Kind.CHROMIUM, Path("/h/nssdb"), "ab" * 32, datetime.now(UTC))


def test_there_is_nothing_before_the_first_setup(tmp_path):
    assert ledger.read(tmp_path) == Ledger()
    assert not list(tmp_path.iterdir())


def test_an_edit_is_kept_for_its_owner_alone(tmp_path):
    ledger.record(tmp_path, lambda known: known.with_entry(ENTRY))
    ledger.record(tmp_path, lambda known: known.with_entry(replace(ENTRY, sha256="cd" * 32)))
    assert [entry.sha256[:2] for entry in ledger.read(tmp_path)] == ["ab", "cd"]
    assert ledger.ledger_file(tmp_path).stat().st_mode & 0o777 == 0o600


def test_a_damaged_one_is_never_written_over(tmp_path):
    ledger.ledger_file(tmp_path).write_text("{ cut")
    with pytest.raises(TrustStoreError, match=r"ledger\.json: not a ledger"):
        ledger.record(tmp_path, lambda known: known.with_entry(ENTRY))
    assert ledger.ledger_file(tmp_path).read_text() == "{ cut"


def test_one_that_cannot_be_read_is_not_taken_for_empty(tmp_path):
    ledger.ledger_file(tmp_path).mkdir()
    with pytest.raises(TrustStoreError, match=r"ledger\.json: cannot be read: Is a directory"):
        ledger.read(tmp_path)
