"""Bytes of the kernel to values."""

from __future__ import annotations

import pytest

from devserve.watch import records
from devserve.watch.records import HEAD, Record


def encoded(descriptor, mask, name=b"", padding=0):
    field = name + b"\0" * padding
    return HEAD.pack(descriptor, mask, 0, len(field)) + field


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (encoded(-1, records.OVERFLOW), [Record(-1, records.OVERFLOW)]),
        (encoded(3, records.CREATE, b"a.css", 11), [Record(3, records.CREATE, "a.css")]),
        (encoded(3, records.CREATE, b"caf\xe9", 4), [Record(3, records.CREATE, "caf\udce9")]),
        (
            encoded(1, records.DELETE_SELF) + encoded(2, records.CLOSE_WRITE, b"b", 15),
            [Record(1, records.DELETE_SELF), Record(2, records.CLOSE_WRITE, "b")],
        ),
    ],
)
def test_each_record_of_a_read(data, expected):
    assert list(records.records(data)) == expected
