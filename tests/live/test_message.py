import pytest

from devserve.live.message import MOST_CHARACTERS, Message


@pytest.mark.parametrize(("detail", "error"), [(object(), TypeError), ("x" * MOST_CHARACTERS, ValueError)])
def test_what_a_page_cannot_be_sent_is_refused_where_it_is_made(detail, error):
    with pytest.raises(error):
        Message("tokens", detail)


def test_a_detail_is_what_json_can_hold():
    assert Message("tokens", {"a": [1, None]}).detail == {"a": [1, None]}
