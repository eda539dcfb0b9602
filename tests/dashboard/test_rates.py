import pytest

from devserve.dashboard.rates import MOST_SAMPLES, SECONDS, Rates, percentile


def test_counts_each_second_of_the_last_minute():
    rates = Rates()
    for now in (100.0, 100.9, 101.2, 103.0):
        rates.note("web", now, 0.01)
    rate = rates.of("web", 104.5)
    assert rate.counts[-5:] == (2, 1, 0, 1, 0)
    assert len(rate.counts) == SECONDS
    assert rate.now == 1


def test_each_second_that_is_over_has_its_p95_worked_out_once():
    rates = Rates()
    for seconds in (0.01, 0.03):
        rates.note("web", 100.0, seconds)
    rates.note("web", 102.0, 0.02)
    assert rates.of("web", 102.5).p95s[-3:] == (0.03, None, None)
    assert rates.of("web", 103.5).p95s[-4:] == (0.03, None, 0.02, None)
    rates.note("web", 100.0 + SECONDS, 0.5)
    assert rates.of("web", 101.0 + SECONDS).p95s[-2:] == (0.5, None)


def test_a_minute_later_all_is_forgotten():
    rates = Rates()
    rates.note("web", 10.0, 0.01)
    assert sum(rates.of("web", 10.0 + SECONDS).counts) == 0
    assert rates.of("web", 10.0 + SECONDS).p95 is None
    assert sum(rates.of("web", 9.0 + SECONDS).counts) == 1


def test_an_unknown_service_has_a_quiet_minute():
    assert Rates().of("web", 5.0).counts == (0,) * SECONDS


def test_a_second_keeps_a_bounded_number_of_durations():
    rates = Rates()
    for place in range(10 * MOST_SAMPLES):
        rates.note("web", 7.0, place)
    rate = rates.of("web", 7.5)
    assert rate.counts[-1] == 10 * MOST_SAMPLES
    assert rate.p95 is not None
    assert rate.p95 >= 9 * MOST_SAMPLES  # later ones took the place of earlier ones


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [([], 0.95, None), ([3.0], 0.95, 3.0), (list(range(1, 101)), 0.95, 95), (list(range(1, 101)), 0.5, 50)],
)
def test_percentile_is_the_nearest_rank(values, share, expected):
    assert percentile(values, share) == expected
