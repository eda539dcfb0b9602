from itertools import islice
from pathlib import Path

import pytest

from devserve.config.values import Origin, Ready, Service
from devserve.run.readiness import answer_means_ready, line_means_ready, origin_of, pauses, probe_request, why_not_ready


def test_looks_are_close_at_first_and_a_quarter_of_a_second_apart_later():
    first = list(islice(pauses(), 20))
    assert first[0] == 0.02
    assert first == sorted(first)
    assert first[-1] == 0.25
    assert sum(first[:7]) < 1.0


@pytest.mark.parametrize(
    ("head", "ready"),
    [
        (b"HTTP/1.1 200 OK\r\n", True),
        (b"HTTP/1.0 302 Found\r\n", True),
        (b"HTTP/1.1 404\r\n", True),
        (b"HTTP/1.1 401 \n", True),
        (b"HTTP/1.1 499 x\r\n", True),
        (b"HTTP/1.1 500 Internal Server Error\r\n", False),
        (b"HTTP/1.1 503 Service Unavailable\r\n", False),
        (b"HTTP/1.1 2000 OK\r\n", False),
        (b"HTTP/2 200\r\n", False),
        (b"SSH-2.0-OpenSSH\r\n", False),
        (b"", False),
    ],
)
def test_an_answer_below_500_means_ready(head, ready):
    assert answer_means_ready(head) is ready


def test_a_probe_asks_as_a_browser_of_that_host_would():
    assert probe_request("/health?a=b", "compose.localhost") == (
        b"GET /health?a=b HTTP/1.1\r\nHost: compose.localhost\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    )


@pytest.mark.parametrize(
    ("line", "ready"),
    [
        ("listening on 3001", True),
        ("app: \x1b[32mlistening\x1b[0m on \x1b[1m3001\x1b[22m", True),
        ("listening at 3001", False),
        ("", False),
    ],
)
def test_a_line_with_the_text_means_ready_whatever_its_colours(line, ready):
    assert line_means_ready(line, "listening on") is ready


@pytest.mark.parametrize(
    ("upstream", "origin"),
    [(None, "http://127.0.0.1:3001"), (Origin(unix_path="/r/app.sock"), "unix:/r/app.sock")],
)
def test_a_service_answers_where_it_says_or_on_its_port(upstream, origin):
    service = Service(name="a", root=Path("/r"), host="a.localhost", upstream=upstream)
    assert str(origin_of(service, 3001)) == origin


TCP, HTTP, LOG = Ready(timeout=2.5), Ready("http", http="/health", timeout=2.5), Ready("log", log="up", timeout=2.5)


@pytest.mark.parametrize(
    ("ready", "listens_on", "sentence"),
    [
        (
            TCP,
            [],
            "a: not ready after 2.5 s: nothing takes connections at http://127.0.0.1:3001. It is still waited for;",
        ),
        (
            TCP,
            [5173],
            "It listens on port 5173 instead: have it listen on $PORT, or write port = 5173 in [services.a].",
        ),
        (TCP, [3001], "or mend ready in [services.a]."),
        (HTTP, [3001], "GET /health at http://127.0.0.1:3001 has no answer below 500."),
        (HTTP, [80, 90], "It listens on port 80 and 90 instead"),
        (LOG, [5173], 'no line of its output contains "up". It is still waited for; look at its output'),
    ],
)
def test_a_service_that_is_not_ready_in_time_is_told_why_and_what_mends_it(ready, listens_on, sentence):
    service = Service(name="a", root=Path("/r"), host="a.localhost", ready=ready)
    assert sentence in why_not_ready(service, Origin(port=3001), listens_on)


def test_a_service_that_takes_nothing_from_its_socket_is_told_where_that_is():
    service = Service(name="a", root=Path("/r"), host="a.localhost", listen="fd")
    assert "have it accept connections on descriptor 3" in why_not_ready(service, Origin(port=3001), [3001])
