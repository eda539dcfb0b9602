from typing import get_args

import pytest

from devserve.hub.orders import Answer, Order, Verb


def test_without_more_an_order_is_for_all_services():
    assert Order(Verb.STOP) == Order(Verb.STOP, names=(), files=(), lines=0, follow=False)


@pytest.mark.parametrize("kind", get_args(Answer))
def test_each_kind_of_answer_is_called_like_its_class(kind):
    assert kind.__dataclass_fields__["kind"].default == kind.__name__.lower()
