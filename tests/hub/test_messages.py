import json

import pytest

from devserve.errors import RemoteProtocolError, UsageError
from devserve.hub.messages import LONGEST, VERSION, answer_in, answer_line, order_in, order_line
from devserve.hub.orders import (
    Chain,
    Done,
    Leads,
    Line,
    Note,
    Order,
    Outcome,
    Plugged,
    Progress,
    Refused,
    Status,
    Told,
    Verb,
)
from devserve.run.lines import LONGEST_LINE

PID = 7


@pytest.mark.parametrize(
    "order",
    [
        Order(Verb.STATUS),
        Order(Verb.RELOAD, ("web",), ("css/é.css", "a\nb")),
        Order(Verb.LOGS, ("web", "api"), lines=50, follow=True, after=12.5),
    ],
)
def test_an_order_goes_over_the_wire(order):
    line = order_line(order)
    assert order_in(line, PID) == order
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1


@pytest.mark.parametrize(
    "answer",
    [
        Status(
            "web",
            "shop/web",
            "/shop",
            "ready",
            "https://web.test/",
            "http://127.0.0.1:3001",
            3001,
            12,
            3.5,
            2,
            "a problem",
        ),
        Status("web", "shop/web", "/shop", "stopped", "https://web.test/", "unix:/web.sock"),
        Leads("https://web.test/", "web.test", "/", "http://127.0.0.1:3001", "web", "/shop"),
        Line("web", "\x1b[31mré\x1b[0m\nd", 1.5),
        Progress("web", "starting", 1.0),
        Outcome("web", ok=False, text="no"),
        Told("web", 2),
        Plugged('{"name": "gulp"}'),
        Status("web", "web", "/", "ready", "https://web.test/", "x", columns=(("owner", "ann"),)),
        Chain("web", '{"files": ["é"]}'),
        Note("a sentence"),
        Refused("no"),
        Done(),
    ],
)
def test_an_answer_goes_over_the_wire(answer):
    line = answer_line(answer)
    assert answer_in(line, PID) == answer
    assert line.count(b"\n") == 1


def test_a_name_that_is_no_text_is_said():
    with pytest.raises(UsageError, match=r"css/\\udcff.css.*: a file or folder whose name is not UTF-8; rename it"):
        order_line(Order(Verb.RELOAD, files=("css/\udcff.css",)))


def test_the_longest_line_of_output_fits_whatever_is_in_it():
    assert len(answer_line(Line("x" * 100, "\x1b" * LONGEST_LINE))) <= LONGEST


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 50_000,
        b'{"version":true}',
        b'{"version":1,"said":{"verb":"dance","kind":"dance"}}',
        b'{"version":1,"said":{"verb":"logs","names":"web","kind":"line","service":1}}',
        b'{"said":{"verb":1,"kind":"told","service":"web","browsers":"two"}}',
    ],
)
def test_what_is_no_message_is_refused(line):
    for read in (order_in, answer_in):
        with pytest.raises(RemoteProtocolError, match="the devserve with pid 7 was not understood"):
            read(line, PID)


@pytest.mark.parametrize(
    ("read", "version", "fix"),
    [
        (order_in, VERSION + 1, "end that one, update it and start it anew"),
        (order_in, VERSION - 1, "update this command, or use the one that started it"),
        (answer_in, VERSION + 1, "update this command, or use the one that started it"),
        (answer_in, VERSION - 1, "end that one, update it and start it anew"),
    ],
)
@pytest.mark.parametrize("said", [{"verb": "status", "kind": "done"}, {"of": "another time"}, None])
def test_another_version_is_told_which_side_to_update(read, version, fix, said):
    line = json.dumps({"version": version, "said": said}).encode()
    with pytest.raises(RemoteProtocolError) as refused:
        read(line, PID)
    assert str(refused.value).endswith(fix)
    assert f"version {version}" in str(refused.value)
    assert "the devserve with pid 7" in str(refused.value)


def test_what_a_later_devserve_adds_to_a_message_is_passed_over():
    line = json.dumps({"version": VERSION, "said": {"verb": "status", "mood": "good"}, "more": 1}).encode()
    assert order_in(line, PID) == Order(Verb.STATUS)
