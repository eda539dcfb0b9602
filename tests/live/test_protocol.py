"""Frames of protocol 7, as livereload.js and others send them."""

from __future__ import annotations

import json

import pytest

from devserve.errors import RemoteProtocolError
from devserve.live.message import Message
from devserve.live.problems import Problem
from devserve.live.protocol import (
    OFFICIAL_7,
    Hello,
    Info,
    Other,
    Url,
    alert,
    event,
    hello,
    loads_page,
    parse,
    problems,
    reload,
    text_frame,
)


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (
            '{"command":"hello","protocols":["http://livereload.com/protocols/official-6",'
            '"http://livereload.com/protocols/official-7"],"ver":"2.2.1"}',
            Hello(("http://livereload.com/protocols/official-6", OFFICIAL_7)),
        ),
        (
            '{"command":"info","plugins":{"less":{"disable":false,"version":"1.0"}},"url":"https://a.test/x?y=1"}',
            Info("https://a.test/x?y=1", ("less",)),
        ),
        ('{"command":"info","url":"https://a.test/"}', Info("https://a.test/")),
        ('{"command":"info","plugins":{},"url":""}', Info("")),
        ('{"command":"url","url":"https://a.test/"}', Url("https://a.test/")),
        ('{"command":"analyze","extra":[1]}', Other("analyze")),
    ],
)
def test_understands_what_a_page_says(frame, said):
    assert parse(frame) == said


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "!!ver:1.6",
        "{",
        "null",
        "[]",
        '"hello"',
        "{}",
        '{"command":null}',
        '{"command":["hello"]}',
        '{"command":"hello"}',
        '{"command":"hello","protocols":"official-7"}',
        '{"command":"hello","protocols":[7]}',
        '{"command":"info"}',
        '{"command":"info","url":7}',
        '{"command":"url","url":null}',
        "[" * 60_000,
        b'{"command":"hello","protocols":[]}',
    ],
    ids=lambda frame: str(frame[:40]),
)
def test_refuses_what_is_not_protocol_7(frame):
    with pytest.raises(RemoteProtocolError):
        parse(frame)


def test_says_hello_with_protocol_7():
    assert json.loads(hello()) == {"command": "hello", "protocols": [OFFICIAL_7], "serverName": "devserve"}


def test_reload_carries_the_path_and_both_switches():
    assert json.loads(reload("/static/site.css")) == {
        "command": "reload",
        "path": "/static/site.css",
        "liveCSS": True,
        "liveImg": True,
    }
    assert json.loads(reload("/app.py", live_css=False, live_image=False))["liveCSS"] is False


def test_alert_carries_its_message():
    assert json.loads(alert("“done”")) == {"command": "alert", "message": "“done”"}


def test_a_file_name_that_is_no_unicode_can_be_told():
    assert json.loads(reload("/caf\udce9.css"))["path"] == "/caf\udce9.css"


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (reload("/a.css"), False),
        (reload("/a.PNG"), False),
        (reload("/a.css", live_css=False), True),
        (reload("/a.png", live_image=False), True),
        (reload("/a.html"), True),
        (problems([]), False),
        (event(Message("tokens")), False),
        (alert("a"), False),
        (hello(), False),
    ],
)
def test_knows_an_order_to_load_the_page(frame, expected):
    assert loads_page(frame) is expected


def test_problems_ride_in_fields_that_the_stock_script_hands_to_plugins():
    message = json.loads(problems([Problem("css", "css failed", ("<b>",))]))
    assert (message["command"], message["path"]) == ("reload", "devserve:problems")
    assert json.loads(message["originalPath"]) == [{"title": "css failed", "lines": ["<b>"]}]


@pytest.mark.parametrize(
    ("length", "head"),
    [
        (0, b"\x81\x00"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65535, b"\x81\x7e\xff\xff"),
        (65536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
def test_a_message_is_one_frame(length, head):
    assert text_frame("x" * length) == head + b"x" * length
