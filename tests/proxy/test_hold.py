import pytest

from devserve.proxy.hold import LONGEST_WAIT, MOST_WAITING, Standing, Verdict, verdict, weight


@pytest.mark.parametrize(
    ("standing", "waited", "expected"),
    [
        (Standing(ready=True, coming=False), 0, Verdict.GO),
        (Standing(ready=True, coming=True, waiting=MOST_WAITING), LONGEST_WAIT, Verdict.GO),
        (Standing(ready=False, coming=True), 0, Verdict.WAIT),
        (Standing(ready=False, coming=True), LONGEST_WAIT, Verdict.REFUSE),
        (Standing(ready=False, coming=True, waiting=MOST_WAITING), 0, Verdict.REFUSE),
        (Standing(ready=False, coming=False), 0, Verdict.REFUSE),
        (Standing(ready=False, coming=False, replaceable=True), 0, Verdict.FALL_BACK),
        (Standing(ready=False, coming=False, replaceable=True), LONGEST_WAIT, Verdict.FALL_BACK),
        (Standing(ready=False, coming=True, replaceable=True), 0, Verdict.WAIT),
        (Standing(ready=False, coming=True, replaceable=True), LONGEST_WAIT, Verdict.REFUSE),
        (Standing(ready=True, coming=False, replaceable=True), 0, Verdict.GO),
    ],
)
def test_a_request_waits_for_a_service_that_is_coming(standing, waited, expected):
    assert verdict(standing, waited) is expected


def test_a_body_weighs_more_so_that_what_waits_fits_into_memory():
    assert MOST_WAITING // weight(has_body=True) * 512 == 128 * 1024  # KiB
    assert weight(has_body=False) == 1
