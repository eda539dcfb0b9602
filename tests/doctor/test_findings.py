import json

import pytest

from devserve.doctor.findings import Finding, Verdict, as_json, exit_status

GOOD, NOTE, BROKEN, ABSENT = (Finding("names", "web.test", verdict, "said") for verdict in Verdict)


@pytest.mark.parametrize(
    ("findings", "status"), [([], 0), ([GOOD, NOTE, ABSENT], 0), ([GOOD, BROKEN], 1), ([BROKEN, GOOD], 1)]
)
def test_only_what_is_broken_makes_a_failure(findings, status):
    assert exit_status(findings) == status
    assert json.loads(as_json(findings))["broken"] is bool(status)


def test_programs_get_every_field():
    [listed] = json.loads(as_json([Finding("a", "b", Verdict.NOTE, "c", "d", "e")]))["findings"]
    assert listed == {"topic": "a", "subject": "b", "verdict": "note", "said": "c", "fix": "d", "measured": "e"}
