import json

from devserve.dashboard.har import entries, log
from support.accesses import access


def test_an_entry_has_what_the_format_asks_for():
    exchange = access(
        "/a?x=1&token=hunter2",
        asked=[(b"Cookie", b"sid=hunter2")],
        answered=[(b"Content-Type", b"text/html"), (b"Location", b"/b?token=hunter2")],
        sent=5,
        response_body=b"hello",
        held_seconds=0.01,
        connect_seconds=0.002,
        upstream_seconds=0.02,
    )
    archive = log(entries([exchange]), "1.0")
    assert "hunter2" not in json.dumps(archive)
    (entry,) = archive["log"]["entries"]
    assert archive["log"]["version"] == "1.2"
    assert entry["startedDateTime"] == "2026-03-01T12:00:00.250+00:00"
    assert entry["request"]["url"] == "https://web.test:8443/a?x=1&token=***"
    assert entry["request"]["queryString"] == [{"name": "x", "value": "1"}, {"name": "token", "value": "***"}]
    assert entry["response"]["content"] == {"size": 5, "mimeType": "text/html", "text": "hello"}
    assert entry["response"]["redirectURL"] == "/b?token=***"
    times = [seconds for name, seconds in entry["timings"].items() if seconds >= 0]
    assert sum(times) == entry["time"]


def test_an_exchange_without_heads_or_answer_is_an_entry_too():
    (entry,) = log(entries([access(status=0, request=None)]), "1.0")["log"]["entries"]
    assert entry["response"]["status"] == 0
    assert entry["request"]["headers"] == []
