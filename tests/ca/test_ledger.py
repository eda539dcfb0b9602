import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devserve.ca.ledger import VERSION, Entry, Ledger, Progress, decode, encode
from devserve.ca.provisions import Kind
from devserve.errors import TrustStoreError

WHEN = datetime(2026, 10, 1, 12, tzinfo=UTC)
FIRST = Entry(Kind.CHROMIUM, Path("/home/me/.pki/nssdb"), "ab" * 32, WHEN, certificate="PEM")
SECOND = Entry(Kind.LINUX_SYSTEM, Path("/usr/x.crt"), "ab" * 32, WHEN, certificate="PEM")
LEDGER = Ledger().with_entry(FIRST).with_entry(SECOND).with_done(FIRST)


def test_it_reads_what_it_wrote():
    assert decode(encode(LEDGER), "ledger.json") == LEDGER


def test_entries_keep_their_order_and_their_progress():
    assert [(entry.kind, entry.progress) for entry in LEDGER] == [
        (Kind.CHROMIUM, Progress.DONE),
        (Kind.LINUX_SYSTEM, Progress.PLANNED),
    ]


def test_an_entry_is_there_once():
    again = LEDGER.with_entry(FIRST)
    assert [entry.kind for entry in again] == [Kind.LINUX_SYSTEM, Kind.CHROMIUM]
    assert FIRST in again
    assert FIRST not in again.without(FIRST)


def test_what_a_provision_made_is_remembered_when_it_is_done_again():
    made = Entry(FIRST.kind, FIRST.place, FIRST.sha256, WHEN, made=(Path("/home/me/.pki/nssdb"),))
    again = Ledger().with_entry(made).with_entry(FIRST)
    assert decode(encode(again), "ledger.json").entries[0].made == made.made


def test_the_next_root_in_a_place_inherits_what_was_made_for_the_first():
    made = (FIRST.place,)
    first = Entry(FIRST.kind, FIRST.place, "ab" * 32, WHEN, made=made)
    second = Entry(FIRST.kind, FIRST.place, "cd" * 32, WHEN)
    both = Ledger().with_entry(first).with_entry(second)
    assert [entry.made for entry in both] == [made, ()]
    assert [entry.made for entry in both.without(first)] == [made]
    assert [entry.made for entry in both.without(second)] == [made]


def test_a_ledger_from_before_the_made_folders_is_read():
    document = json.loads(encode(LEDGER))
    for fields in document["entries"]:
        del fields["made"]
    assert decode(json.dumps(document).encode(), "ledger.json") == LEDGER


def test_two_roots_in_one_place_are_two_entries():
    other = Entry(FIRST.kind, FIRST.place, "cd" * 32, WHEN)
    assert len(LEDGER.with_entry(other).entries) == 3
    assert FIRST in LEDGER.with_entry(other).without(other)


def test_a_newer_one_is_refused_politely():
    newer = json.dumps({"version": VERSION + 1, "entries": "something else"}).encode()
    with pytest.raises(TrustStoreError, match=r"^/s/ledger\.json: written by a newer devserve .*upgrade"):
        decode(newer, "/s/ledger.json")


def changed(**fields) -> bytes:
    document = json.loads(encode(LEDGER))
    document["entries"][0].update(fields)
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"\xff",
        encode(LEDGER)[:-20],
        json.dumps({"version": "x"}).encode(),
        json.dumps({"version": VERSION}).encode(),
        json.dumps({"version": VERSION, "entries": 5}).encode(),
        json.dumps({"version": VERSION, "entries": ["x"]}).encode(),
        changed(kind="unheard of"),
        changed(when="yesterday"),
        changed(progress="half"),
        changed(place=None),
        changed(made=5),
    ],
)
def test_a_damaged_one_is_never_taken_for_empty(data):
    with pytest.raises(TrustStoreError, match=r"^ledger\.json: not a ledger .* Restore it"):
        decode(data, "ledger.json")
