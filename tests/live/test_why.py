"""The record of a save, kept and carried as JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from devserve.config.values import Then
from devserve.live.why import Busy, Ended, Record, Records, Step, What, record_of
from support.records import CASCADE, FAILED, REFRESHED


@pytest.mark.parametrize("record", [REFRESHED, FAILED, CASCADE], ids=lambda record: record.ended)
def test_a_record_survives_json(record):
    assert record_of(json.loads(json.dumps(record.as_data()))) == record


def test_times_are_milliseconds_in_json():
    data = REFRESHED.as_data()
    assert (data["waited_ms"], data["total_ms"]) == (31.0, 412.0)
    assert data["steps"] == [
        {"what": "task", "service": "web", "ms": 380.0, "argv": ["npx", "gulp", "css"], "status": 0},
        {"what": "tell", "service": "web", "ms": 1.0, "then": "refresh", "browsers": 2},
    ]


@pytest.mark.parametrize("key", REFRESHED.as_data())
def test_what_is_no_record_is_refused(key):
    data = REFRESHED.as_data()
    del data[key]
    with pytest.raises(ValueError, match="no record"):
        record_of(data)


@pytest.mark.parametrize("wrong", [{"ended": "later"}, {"at": "noon"}, {"steps": [{"what": "tell"}]}, {"steps": [1]}])
def test_a_record_of_another_version_is_refused(wrong):
    with pytest.raises(ValueError, match=r"."):
        record_of({**REFRESHED.as_data(), **wrong})


def test_keeps_the_last_records():
    records = Records(most=2)
    for service in ("web", "shop", "web"):
        records.add(replace(REFRESHED, service=service))
    assert [record.service for record in records.records()] == ["shop", "web"]
    assert [record.service for record in records.records("web")] == ["web"]


def test_says_how_much_it_holds():
    records = Records()
    records.add(REFRESHED)
    records.busy["web"] = Busy("gulp css", 1.0)
    assert repr(records) == "<Records 1, 1 chains at work>"


def test_a_record_can_be_made_of_nothing_but_values():
    step = Step(What.TELL, 0.001, "web", then=Then.RELOAD, browsers=1)
    at = datetime(2026, 1, 1, tzinfo=UTC)
    record = Record(at, "web", ("a.html",), 1, ("*.html",), 0.0, (step,), 0.002, Ended.TOLD)
    assert record_of(record.as_data()) == record
