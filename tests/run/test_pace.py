import pytest

from devserve.run.pace import Pace


def test_what_a_service_prints_now_and_then_waits_for_nothing():
    pace = Pace()
    assert [pace.rest(now, 0.001) for now in range(1, 100)] == [0.0] * 99
    assert repr(pace) == "<Pace 1.0 ms owed>"


def test_a_flood_takes_its_share_of_the_time():
    pace, now, worked = Pace(share=0.2, burst=0.005), 100.0, 0.0
    while now < 110.0:
        worked += 0.001
        now += 0.001
        now += pace.rest(now, 0.001)
    assert 1.9 < worked < 2.1


def test_after_a_burst_it_rests_for_as_long_as_that_is_too_much():
    pace = Pace(share=0.25, burst=0.005)
    assert pace.rest(100.0, 0.004) == 0.0
    assert pace.rest(100.004, 0.004) == pytest.approx(0.028)
    assert pace.rest(100.032, 0.0) == 0.0
