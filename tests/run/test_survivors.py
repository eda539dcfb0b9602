import json
from itertools import product

import pytest

from devserve.run.survivors import (
    Fate,
    Identity,
    Record,
    ending_command,
    fate,
    named,
    record_in,
    record_text,
    what_survived,
)

WEB = Record("web", Identity(10, "boot 5"), "mark", Identity(1, "boot 1"), Identity(2, "boot 2"))
API = Record("api", Identity(20, "boot 6"), "mark", Identity(1, "boot 1"), Identity(2, "boot 2"))


def test_a_record_is_read_as_it_was_written():
    assert record_in(record_text(WEB)) == WEB


BROKEN = {
    "nothing": "",
    "no object": "[]",
    "a field is missing": json.dumps({**json.loads(record_text(WEB)), "process": {"pid": 1}}),
    "a number that is none": json.dumps({**json.loads(record_text(WEB)), "warden": {"pid": "x", "started": ""}}),
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
def test_what_is_no_record_is_none(text):
    assert record_in(text) is None


@pytest.mark.parametrize(("runs", "devserve_runs", "warden_runs"), list(product([True, False], repeat=3)))
def test_a_survivor_is_what_runs_when_nobody_is_left_to_end_it(runs, devserve_runs, warden_runs):
    found = fate(runs=runs, devserve_runs=devserve_runs, warden_runs=warden_runs)
    assert (found is Fate.SURVIVOR) == (runs and not devserve_runs and not warden_runs)
    assert (found is Fate.GONE) == (not runs)
    assert (found is Fate.ENDING) == (runs and not devserve_runs and warden_runs)


def test_survivors_are_named_with_the_command_that_ends_them():
    assert what_survived([named(WEB, [3001])]) == (
        "web (pid 10, on port 3001) still runs: the devserve that started it was killed"
    )
    assert what_survived([named(WEB, [1, 2]), named(API, [])]) == (
        "web (pid 10, on port 1 and 2), api (pid 20) still run: the devserve that started them was killed"
    )
    assert ending_command([WEB, API]) == "kill -- -10 -20"
