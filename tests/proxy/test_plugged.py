import pytest

from devserve.http1 import Headers, Request
from devserve.proxy.plugged import KEPT_OF_REQUEST, KEPT_OF_RESPONSE, Answer, answered, kept

GET = Request(b"GET", b"/", Headers([(b"Host", b"web.test")]))
HEAD = Request(b"HEAD", b"/", Headers([(b"Host", b"web.test")]))


@pytest.mark.parametrize(
    ("request_", "status", "length", "body"),
    [
        (GET, 200, b"2", b"ok"),
        (HEAD, 200, b"2", b""),
        (GET, 204, None, b""),
        (GET, 304, None, b""),
        (GET, 418, b"2", b"ok"),
    ],
)
def test_an_answer_is_framed_by_devserve(request_, status, length, body):
    said = Headers([(b"Content-Type", b"text/plain"), (b"Content-Length", b"99"), (b"Transfer-Encoding", b"chunked")])
    head, sent = answered(Answer(status, b"ok", said), request_)
    assert (head.status_code, head.headers.first(b"content-length"), sent) == (status, length, body)
    assert b"transfer-encoding" not in head.headers
    assert head.headers.first(b"content-type") == b"text/plain"
    assert head.headers.first(b"x-devserve") == b"not injected: answered by a plugin"


def test_a_status_without_a_phrase_has_none():
    assert answered(Answer(299), GET)[0].reason == b""


@pytest.mark.parametrize(
    ("arguments", "error"), [((101,), ValueError), ((600,), ValueError), ((200, "text"), TypeError)]
)
def test_what_is_no_answer_is_refused_where_it_is_made(arguments, error):
    with pytest.raises(error):
        Answer(*arguments)


BEFORE = [(b"Host", b"web.test"), (b"Content-Length", b"2"), (b"Accept", b"*/*")]


@pytest.mark.parametrize(
    ("edit", "changed"),
    [
        (lambda headers: headers.replace(b"Accept", b"text/html"), ()),
        (lambda headers: headers.replace(b"content-length", b"1"), (b"content-length",)),
        (lambda headers: headers.remove(b"Content-Length"), (b"content-length",)),
        (lambda headers: headers.add(b"Transfer-Encoding", b"chunked"), (b"transfer-encoding",)),
        (lambda headers: headers.add(b"Host", b"other.test"), (b"host",)),
        (lambda headers: headers.add(b"X-Forwarded-For", b"1.2.3.4"), (b"x-forwarded-for",)),
        (lambda headers: headers.add(b"Connection", b"Host"), (b"connection",)),
        (lambda headers: headers.add(b"X-Devserve-Loop", b"1"), (b"x-devserve-loop",)),
    ],
)
def test_what_devserve_sets_itself_stays(edit, changed):
    before = Headers(BEFORE)
    edited = before.copy()
    edit(edited)
    headers, found = kept(edited, before, KEPT_OF_REQUEST)
    assert found == changed
    if changed:
        assert sorted(headers) == sorted(BEFORE)


def test_a_response_keeps_its_framing_and_verdict():
    before = Headers([(b"Content-Length", b"2")])
    edited = Headers([(b"content-length", b"3"), (b"X-Devserve", b"injected"), (b"X-Own", b"1")])
    headers, changed = kept(edited, before, KEPT_OF_RESPONSE)
    assert list(headers) == [(b"Content-Length", b"2"), (b"X-Own", b"1")]
    assert changed == (b"content-length", b"x-devserve")
