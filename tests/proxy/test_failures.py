import json

import pytest

from devserve.config.values import INSIDE, Origin
from devserve.http1 import Headers, Request
from devserve.proxy import failures
from devserve.proxy.failures import Failure, answer

HOSTILE = '<script>alert("x")</script>'
FAILURE = Failure(503, HOSTILE, HOSTILE, lines=[HOSTILE], links=["https://" + HOSTILE])


def request(accept: bytes, method: bytes = b"GET") -> Request:
    return Request(method, b"/", Headers([(b"Host", b"web.test"), (b"Accept", accept)]))


def test_everything_on_a_page_is_escaped():
    _, body = answer(FAILURE, request(b"text/html"))
    assert b"<script>" not in body
    assert body.count(b"&lt;script&gt;") == 6  # the title twice, a link's address and text


def test_a_command_is_set_apart_from_the_sentence_around_it():
    failure = failures.not_ready("web", "down", "It ended: <b>. `devserve start <i>` starts it.", [], coming=False)
    _, body = answer(failure, request(b"text/html"))
    assert b"It ended: &lt;b&gt;. <code>devserve start &lt;i&gt;</code> starts it." in body


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        (b"text/html,*/*", b"text/html; charset=utf-8"),
        (b"application/json", b"application/json"),
        (b"*/*", b"text/plain; charset=utf-8"),
    ],
)
def test_answers_in_the_clients_language(accept, kind):
    response, body = answer(FAILURE, request(accept))
    assert response.headers.first(b"content-type") == kind
    assert response.headers.first(b"content-length") == b"%d" % len(body)
    assert HOSTILE.encode() in body or kind != b"text/plain; charset=utf-8"


def test_json_has_all_facts():
    _, body = answer(FAILURE, request(b"application/json"))
    assert json.loads(body)["lines"] == [HOSTILE]


def test_head_gets_the_length_and_no_body():
    response, body = answer(FAILURE, request(b"text/html", b"HEAD"))
    assert body == b""
    assert int(response.headers.first(b"content-length") or 0) > 0


def test_a_message_that_was_not_understood_is_answered_in_plain_text():
    response, body = answer(failures.refused(400, "two Host fields."), None)
    assert response.status_code == 400
    assert b"two Host fields." in body


@pytest.mark.parametrize(
    ("failure", "status", "returns"),
    [
        (failures.no_route("x.test", ["https://web.test/"]), 503, True),
        (failures.no_route("x.test", []), 503, False),
        (failures.stopped("mail.test", "/src/mail", "devserve run /src/mail"), 503, True),
        (failures.misdirected("mail.test"), 421, True),
        (failures.not_ready("web", "starting", "", [], coming=True), 503, True),
        (failures.not_ready("web", "down", "It ended.", ["boom"], coming=False), 503, False),
        (failures.unreachable("web", Origin(port=1), "connection refused", [], started=True), 503, True),
        (failures.broken("web", "two Content-Length fields", []), 502, False),
        (failures.too_slow("web", 600, []), 504, False),
        (failures.plain_on_tls("web.test", 443), 400, False),
    ],
)
def test_says_whether_it_comes_back(failure, status, returns):
    response, body = answer(failure, request(b"text/html"), b"<!--snippet-->")
    assert response.status_code == status
    assert (b'http-equiv="refresh"' in body) is returns
    assert (b"retry-after" in response.headers) is returns
    assert b"<!--snippet-->" in body


@pytest.mark.parametrize(
    ("failure", "returns"),
    [
        (failures.not_ready("web", "down", "It ended.", [], coming=False), True),
        (failures.too_slow("web", 600, []), False),  # asking again would keep the service busy
        (failures.broken("web", "no HTTP", []), False),
    ],
)
def test_a_page_that_no_live_reload_tells_looks_by_itself(failure, returns):
    _, body = answer(failure, request(b"text/html"))
    assert (b'http-equiv="refresh"' in body) is returns
    assert (failures.COMES_BACK.encode() in body) is returns


@pytest.mark.parametrize(("port", "url"), [(443, b"https://web.test/"), (8443, b"https://web.test:8443/")])
def test_names_the_url_that_would_work(port, url):
    assert b'href="' + url + b'"' in answer(failures.plain_on_tls("web.test", port), request(b"text/html"))[1]


@pytest.mark.parametrize(
    ("origin", "asks"),
    [(Origin(port=1), True), (Origin("https", "127.0.0.1", 1), False), (Origin(unix_path="/a.sock"), False)],
)
def test_asks_for_the_port_only_where_a_service_gets_one(origin, asks):
    assert ("PORT" in failures.unreachable("web", origin, "refused", [], started=True).explanation) is asks


@pytest.mark.parametrize(
    "failure", [failures.stopped("mail.test", "/src/mail", "devserve run"), failures.misdirected("mail.test")]
)
def test_the_next_request_of_another_devserves_host_comes_on_a_new_connection(failure):
    response, _ = answer(failure, request(b"text/html"))
    assert response.headers.first(b"connection") == b"close"


def test_a_remote_that_does_not_answer_may_need_a_vpn():
    failure = failures.unreachable("web", Origin("https", "a.test", 443), "no answer", [], started=False)
    assert (
        failure.explanation
        == "devserve dialled https://a.test:443: no answer. It is not on this machine: does it need a VPN?"
    )


def test_a_request_that_no_plugin_answers_in_place_of_a_server_is_nobodys():
    failure = failures.unreachable("web", Origin(host="web", port=INSIDE), "no plugin answers", [], started=False)
    assert (failure.status, failure.title) == (503, "nobody answers for web")
    assert "devserve_application" in failure.explanation


def test_a_fallback_that_does_not_answer_is_named():
    failure = failures.no_fallback(
        "web", "down", "https://staging.test:443", "no answer within 10 s", ["the last line"]
    )
    assert (failure.status, failure.title, failure.comes_back) == (503, "web is down", True)
    assert failure.explanation.startswith("devserve dialled its fallback https://staging.test:443: no answer")
