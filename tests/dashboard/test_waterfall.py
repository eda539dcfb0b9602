import gzip
import json

import pytest

from devserve.dashboard.waterfall import MOST_SHOWN, body, detail, fields, kind, lasting, phases, row, why_not_again
from support.accesses import access

TEXT = [(b"Content-Type", b"text/plain; charset=utf-8")]
SECRET = "hunter2"


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"total_seconds": 0.02}, {"held": 0.0, "wait": 20.0}),
        (
            {"held_seconds": 0.1, "connect_seconds": 0.02, "upstream_seconds": 0.05, "total_seconds": 0.2},
            {"held": 100.0, "connect": 20.0, "wait": 30.0, "body": 50.0},
        ),
    ],
)
def test_an_exchange_has_phases_in_milliseconds(times, expected):
    assert phases(access(**times)) == expected


@pytest.mark.parametrize(
    ("asked", "answered", "expected"),
    [
        ([], [(b"Content-Type", b"text/html; charset=utf-8")], "page"),
        ([], [(b"Content-Type", b"TEXT/CSS")], "style"),
        ([], [(b"Content-Type", b"application/javascript")], "script"),
        ([], [(b"Content-Type", b"application/problem+json")], "data"),
        ([], [(b"Content-Type", b"image/svg+xml")], "image"),
        ([], [(b"Content-Type", b"text/event-stream")], "sse"),
        ([(b"Upgrade", b"WebSocket")], [], "websocket"),
        ([], [], "other"),
    ],
)
def test_the_kind_is_one_word(asked, answered, expected):
    assert kind(access(asked=asked, answered=answered)) == expected


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        (b"Authorization", b"Bearer hunter2", "Bearer ***"),
        (b"Authorization", b"hunter2", "***"),
        (b"Proxy-Authorization", b"Basic aHVudGVyMg==", "Basic ***"),
        (b"Cookie", b"theme=hunter2; sid=hunter2", "theme=***; sid=***"),
        (b"Set-Cookie", b"sid=hunter2; Path=/; HttpOnly", "sid=***; Path=/; HttpOnly"),
        (b"X-Api-Key", b"hunter2", "***"),
        (b"X-CSRF-Token", b"hunter2", "***"),
        (b"Referer", b"https://web.test/?token=hunter2&x=1", "https://web.test/?token=***&x=1"),
        (b"Location", b"/next?access_token=hunter2", "/next?access_token=***"),
        (b"X-Next", b"https://me:hunter2@web.test/", "https://***@web.test/"),
        (b"Accept", b"text/html", "text/html"),
        (b"Sec-WebSocket-Key", b"abc==", "abc=="),
    ],
)
def test_what_is_secret_in_a_field_is_masked(name, value, shown):
    ((_, found),) = fields([(name, value)])
    assert found == shown


def test_nothing_secret_is_in_a_row_or_a_detail():
    asked = [(b"Cookie", b"a=hunter2"), (b"Authorization", b"Bearer hunter2")]
    exchange = access("/login?password=hunter2", asked=asked, answered=[(b"Set-Cookie", b"a=hunter2"), *TEXT])
    assert SECRET not in json.dumps([row(1, exchange), detail(1, exchange)])


@pytest.mark.parametrize(
    ("kept", "answered", "expected"),
    [
        (b"caf\xc3\xa9", TEXT, "café"),
        (b"caf\xe9", [(b"Content-Type", b"text/plain; charset=latin-1")], "café"),
        (b"caf\xe9", [(b"Content-Type", b"text/plain; charset=nonsense")], "caf�"),
        (b"\x00ab", [(b"Content-Type", b"text/plain; charset=hex")], "\x00ab"),
        (gzip.compress(b"small", mtime=0), [*TEXT, (b"Content-Encoding", b"gzip")], "small"),
        (gzip.compress(b"small", mtime=0)[:-9], [*TEXT, (b"Content-Encoding", b"gzip")], "small"),
        (b"no gzip", [*TEXT, (b"Content-Encoding", b"gzip")], ""),
        (b"x", [*TEXT, (b"Content-Encoding", b"unknown")], None),
        (None, TEXT, None),
    ],
)
def test_the_text_of_an_answer(kept, answered, expected):
    assert body(access(answered=answered, response_body=kept)) == expected


def test_what_decodes_to_much_is_cut():
    bomb = gzip.compress(b"x" * 50 * 1024 * 1024)
    text = body(access(answered=[*TEXT, (b"Content-Encoding", b"gzip")], response_body=bomb))
    assert text is not None
    assert len(text) == MOST_SHOWN


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ""),
        ({"asked": [(b"Upgrade", b"websocket")]}, "a WebSocket is a conversation"),
        ({"received": 9}, "its body was too long to be kept"),
        ({"received": 1, "request_body": b"x"}, ""),
        ({"request": None}, "its head was too long to be kept"),
    ],
)
def test_says_why_it_cannot_be_sent_again(more, expected):
    assert why_not_again(access(**more)) == expected


def test_an_exchange_without_an_answer_has_a_row():
    shown = row(7, access(status=0))
    assert (shown["id"], shown["status"], shown["kind"], shown["host"]) == (7, 0, "other", "web.test")


def test_what_is_open_is_counted_by_service_and_kind():
    stream = access(answered=[(b"Content-Type", b"text/event-stream")], sent=5)
    socket = access(asked=[(b"Upgrade", b"websocket")], status=101, response=None)
    assert lasting([stream, socket, stream]) == [
        {"service": "web", "kind": "sse", "count": 2, "sent": 10},
        {"service": "web", "kind": "websocket", "count": 1, "sent": socket.sent},
    ]
    assert lasting([]) == []
