import json

import pytest

from devserve.live import tinylr
from devserve.live.tinylr import FORM, JSON, Notice, UnreadableError, is_from_browser, notice_in


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"User-Agent": "curl/8.1", "Accept": "*/*"}, False),
        ({}, False),
        ({"Origin": "https://a.test"}, True),
        ({"sec-fetch-mode": "no-cors"}, True),
        ({"Referer": "http://a.test/"}, True),
        ({"Cookie": "a=b"}, True),
        ({"User-Agent": "Mozilla/5.0 (X11)"}, True),
    ],
)
def test_knows_a_browser(headers, expected):
    assert is_from_browser(headers) is expected


@pytest.mark.parametrize(
    ("query", "kind", "body", "files"),
    [
        ("", "", b"", ()),
        ("files=a.css", "", b"", ("a.css",)),
        ("files=a.css,b.css%20c.css", "", b"", ("a.css", "b.css", "c.css")),
        ("files=a.css&files=b,c.css", "", b"", ("a.css", "b,c.css")),
        ("files[]=a.css&files[]=b.css", "", b"", ("a.css", "b.css")),
        ("files[0]=a.css", "", b"", ("a.css",)),
        ("files=a.css", JSON, b'{"files":["b.css"]}', ("b.css",)),
        ("files=a.css", JSON, b"{}", ("a.css",)),
        ("", f"{JSON}; charset=utf-8", b'{"files":"a.css b.css"}', ("a.css", "b.css")),
        ("", JSON, b'{"files":["a.css",3,null]}', ("a.css",)),
        ("", JSON, b'{"files":3}', ()),
        ("", JSON, b"[]", ()),
        ("", FORM, b"files=a.css%2Cb.css", ("a.css", "b.css")),
        ("", "", b"files=a.css", ("a.css",)),
        ("", "", b'{"files":["a.css"]}', ()),  # curl -d without a type: a form, as tiny-lr has it
    ],
)
def test_reads_the_files(query, kind, body, files):
    assert notice_in(query, kind, body) == Notice(files)


@pytest.mark.parametrize(
    ("kind", "body"), [("text/xml", b"<a/>"), (JSON, b"{"), (JSON, b"\xff"), (FORM, b"\xff"), (JSON, b"[" * 50_000)]
)
def test_says_what_it_cannot_read(kind, body):
    with pytest.raises(UnreadableError, match="the body is"):
        notice_in("", kind, body)


def test_a_message_is_text():
    assert notice_in("", JSON, b'{"message":"done"}').message == "done"
    assert notice_in("", JSON, b'{"message":3}').message == ""


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (tinylr.welcome(), '{"tinylr":"Welcome","version":"2.0.0"}'),
        (tinylr.changed([], ["a.css"]), '{"clients":[],"files":["a.css"]}'),
        (tinylr.changed([("ws0", None)], []), '{"clients":[{"id":"ws0"}],"files":[]}'),
        (
            tinylr.alerted([("ws1", "https://a.test/")], "x"),
            '{"clients":[{"id":"ws1","url":"https://a.test/"}],"message":"x"}',
        ),
        (tinylr.alerted([], ""), '{"clients":[]}'),
        (tinylr.NOT_FOUND, '{"error":"not_found","reason":"no such route"}'),
    ],
)
def test_answers_byte_by_byte_as_tiny_lr(answer, text):
    assert answer == text
    json.loads(answer)
