import pytest

from devserve.plugins import Conduct


@pytest.mark.parametrize("is_strict", [True, False])
def test_a_failure_is_fatal_when_it_is_to_be(is_strict):
    heard = []
    conduct = Conduct(is_strict=is_strict, on_failure=lambda: heard.append(1))
    conduct.fail("web: KeyError")
    conduct.fail("later")
    assert (conduct.has_failed, bool(heard)) == (is_strict, is_strict)
    assert conduct.failure == ("web: KeyError" if is_strict else "")


def test_without_a_clock_no_time_passes():
    assert Conduct().clock() == Conduct().clock()
