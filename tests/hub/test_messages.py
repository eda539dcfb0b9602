import pytest

from devserve.errors import RemoteProtocolError
from devserve.hub.messages import Answer, ReloadOrder, answer_in, answer_line, order_in, order_line


def test_an_order_goes_over_the_wire():
    order = ReloadOrder(("web", "css/é.css"), "/home/me")
    assert order_in(order_line(order)) == order
    assert order_line(order).endswith(b"\n")
    assert order_line(order).count(b"\n") == 1


@pytest.mark.parametrize("answer", [Answer({"web": 2}), Answer(problem="no\nsuch service"), Answer()])
def test_an_answer_goes_over_the_wire(answer):
    assert answer_in(answer_line(answer)) == answer


@pytest.mark.parametrize(
    "line",
    [b"", b"{", b"[]", b'{"command":"stop"}', b'{"command":"reload","words":[1],"folder":"/"}', b"[" * 50_000, b"\xff"],
)
def test_what_is_no_message_is_refused(line):
    with pytest.raises(RemoteProtocolError, match="no order"):
        order_in(line)
    with pytest.raises(RemoteProtocolError, match="another version"):
        answer_in(line)
