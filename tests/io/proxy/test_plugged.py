import re

import pytest

from devserve.config.values import Project
from devserve.plugins import load
from support.proxied import answering, echo_body, proxied, run

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
HOOK = "from devserve import *\n@hookimpl\n"


def hooks_of(folder, source):
    (folder / "plugin.py").write_text(HOOK + source)
    return load(Project(folder / "devserve.toml", plugins=(folder / "plugin.py",)))


def ask(hooks, request, script, *, ready=True):
    async def scene() -> bytes:
        async with proxied(script, hooks=hooks) as proxy:
            proxy.backend.ready = ready
            return await proxy.ask(request)

    return run(scene())


def get(fields: bytes = b"", method: bytes = b"GET") -> bytes:
    return b"%b /x HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\n%b\r\n" % (method, fields)


ANSWERS = """def devserve_request(request, ready):
    return Answer(201, b"%r" % ready, Headers([(b"Content-Length", b"9")]))
"""


@pytest.mark.parametrize("ready", [True, False])
def test_a_plugin_answers_in_the_services_place_whether_it_is_ready_or_not(tmp_path, ready):
    answer = ask(hooks_of(tmp_path, ANSWERS), get(), None, ready=ready)
    body = b"%r" % ready
    assert answer.startswith(b"HTTP/1.1 201 Created\r\nContent-Length: %d\r\n" % len(body))
    assert answer.endswith(b"\r\n\r\n" + body)


@pytest.mark.parametrize(("ready", "coming"), [(False, False), (False, True)])
def test_a_plugin_knows_whether_a_service_is_about_to_be_ready(tmp_path, ready, coming):
    source = "def devserve_request(ready, coming): return Answer(200, repr((ready, coming)).encode())\n"

    async def scene() -> bytes:
        async with proxied(None, hooks=hooks_of(tmp_path, source)) as proxy:
            proxy.backend.become(ready=ready, coming=coming)
            return await proxy.ask(get())

    assert run(scene()).endswith(repr((ready, coming)).encode())


def test_the_connection_is_good_for_another_request_after_a_plugins_answer(tmp_path):
    upload = b"POST /x HTTP/1.1\r\nHost: web.test\r\nContent-Length: 3\r\n\r\nabc" + get()
    answer = ask(hooks_of(tmp_path, ANSWERS), upload, None)
    assert answer.count(b"HTTP/1.1 201 Created") == 2


def test_what_no_plugin_answers_goes_to_the_service(tmp_path):
    hooks = hooks_of(
        tmp_path, "def devserve_request(request):\n    return Answer() if request.target == b'/y' else None\n"
    )
    assert ask(hooks, get(), answering(OK)).endswith(b"ok")


def test_a_plugin_that_fails_at_a_request_takes_nothing_from_it(tmp_path, caplog):
    assert ask(hooks_of(tmp_path, "def devserve_request(): return Answer(99)\n"), get(), answering(OK)).endswith(b"ok")
    assert "plugin.py:3: ValueError: an Answer has a status from 200 to 599, not 99" in caplog.text


async def echo_head(reader, writer):
    head = await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(head), head))
    await writer.drain()


def test_a_plugin_adds_fields_to_a_request(tmp_path):
    hooks = hooks_of(tmp_path, "def devserve_request_headers(headers): headers.replace(b'Authorization', b'me')\n")
    head = ask(hooks, get(b"Authorization: you\r\n"), echo_head)
    assert b"Authorization: me\r\n" in head
    assert b"X-Forwarded-Host: web.test\r\n" in head


EVIL = """def devserve_request_headers(headers):
    for name, value in [
        (b"Host", b"evil.test"), (b"Content-Length", b"7"), (b"Transfer-Encoding", b"chunked"),
        (b"Connection", b"X-Forwarded-For"), (b"X-Forwarded-For", b"6.6.6.6"), (b"X-Forwarded-Host", b"evil.test"),
        (b"Forwarded", b"for=6.6.6.6"), (b"X-Devserve-Loop", b"x"), (b"Upgrade", b"websocket"),
    ]:
        headers.replace(name, value)
"""


def test_no_plugin_breaks_a_requests_framing_or_says_who_asks(tmp_path, caplog):
    head = ask(hooks_of(tmp_path, EVIL), get(), echo_head)
    assert b"evil" not in head
    assert b"6.6.6.6" not in head
    assert b"chunked" not in head
    assert b"Upgrade" not in head
    assert re.search(rb"^Host: web\.test\r$", head, re.MULTILINE)
    assert caplog.text.count("devserve sets itself; have it leave that alone") == 1


def test_a_body_goes_through_whatever_a_plugin_says_of_its_length(tmp_path):
    upload = b"POST /x HTTP/1.1\r\nHost: web.test\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello"
    assert ask(hooks_of(tmp_path, EVIL), upload, echo_body).endswith(b"hello")


@pytest.mark.parametrize(
    "edit",
    [
        "headers.replace(b'Content-Length', b'1')",
        "headers.remove(b'Content-Length')",
        "headers.add(b'Transfer-Encoding', b'chunked')",
        "headers.add(b'Content-Length', b'7')",
        "headers.add(b'Connection', b'close, X-Own')",
    ],
)
def test_no_plugin_breaks_a_responses_framing(tmp_path, edit):
    source = f"def devserve_response_headers(headers):\n    headers.add(b'X-Own', b'1')\n    {edit}\n"
    answer = ask(hooks_of(tmp_path, source), get(), answering(OK))
    assert answer.count(b"Content-Length: 2\r\n") == 1
    assert b"chunked" not in answer
    assert b"X-Own: 1\r\n" in answer
    assert answer.endswith(b"\r\n\r\nok")


# What a plugin may do to the heads that it is shown. None of it reaches a message.
TAMPERING = [
    "def devserve_response_headers(response): response.status_code = 99",
    "def devserve_response_headers(response): response.reason = b'x\\r\\nA: b'",
    "def devserve_response_headers(response): response.headers = None",
    "def devserve_response_headers(response): response.headers.remove(b'Content-Length')",
    "def devserve_response_headers(request): request.method = b'HEAD'",
    "def devserve_response_headers(headers): headers.freeze()",
    "def devserve_request_headers(request): request.target = b'/x y HTTP/1.1\\r\\nHost: evil.test'",
    "def devserve_request_headers(request): request.headers.replace(b'Host', b'evil.test')",
    "def devserve_request_headers(headers): headers.freeze()",
    "def devserve_request(request): request.method, request.headers = b'POST', None",
    "def devserve_request(request): request.http_version = b'0.9'",
    "def devserve_snippet(request): request.target, request.headers = b'/ ', None",
    "def devserve_request_headers(headers): headers.add(b'X-A', b'b\\r\\nHost: evil.test')",
    "def devserve_request_headers(headers): headers.add(b'X-A: b\\r\\nHost', b'evil.test')",
    "def devserve_response_headers(headers): headers.add('X-A', 'b')",
    "def devserve_response_headers(headers): headers.replace(b'X-A', None)",
    "def devserve_response_headers(headers): headers.add(b'X-A', b'\\0')",
]


@pytest.mark.parametrize("source", TAMPERING, ids=[each.partition(": ")[2] for each in TAMPERING])
def test_what_a_plugin_does_to_a_head_that_it_is_shown_changes_no_message(tmp_path, source):
    asked = []

    async def page(reader, writer):
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<p>ok\n")
        await writer.drain()

    def asked_with(hooks):
        answer = ask(hooks, get(b"Accept: text/html\r\n"), page)
        loop_mark = re.compile(rb"X-Devserve-Loop: .*\r\n")
        return answer, loop_mark.sub(b"", asked.pop())

    assert asked_with(hooks_of(tmp_path, f"{source}\n")) == asked_with(hooks_of(tmp_path, "def devserve_exit(): ...\n"))


OWN_WORDS = (b"Keep-Alive", b"Trailer", b"h2c", b"Content-Length: 7", b": injected", b"chunked")


@pytest.mark.parametrize(
    ("status", "framing"), [(200, b"Content-Length: 1\r\n"), (204, b""), (205, b"Content-Length: 0\r\n"), (304, b"")]
)
@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"POST"])
def test_an_answers_own_framing_is_never_sent(tmp_path, status, framing, method):
    fields = [
        (b"Connection", b"close"), (b"Keep-Alive", b"timeout=0"), (b"Transfer-Encoding", b"chunked"),
        (b"Trailer", b"A"), (b"Content-Length", b"7"), (b"Content-Length", b"8"), (b"Upgrade", b"h2c"),
        (b"X-Devserve", b"injected"),
    ]  # fmt: skip
    source = f"def devserve_request(): return Answer({status}, b'x', Headers({fields!r}))\n"
    answer = ask(hooks_of(tmp_path, source), get(method=method).replace(b"Connection: close\r\n", b"") + get(), None)
    first, second = [b"HTTP/1.1 %d" % status + part for part in answer.split(b"HTTP/1.1 %d" % status)[1:]]
    for each in (first, second):
        head = each.partition(b"\r\n\r\n")[0] + b"\r\n"
        assert framing in head
        assert b"X-Devserve: not injected" in head
        assert not any(word in head for word in OWN_WORDS)
