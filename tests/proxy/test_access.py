import json
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from devserve.proxy.access import MOST_OF_TARGET, Access, as_json, is_secret, masked, text

PAGE = Access(
    when=datetime(2026, 11, 23, 9, 5, 7, 42_900, UTC),
    service="web",
    method="GET",
    target="/cart?id=7",
    status=200,
    received=0,
    sent=5120,
    upstream_seconds=0.0112,
    total_seconds=0.01294,
    verdict="injected",
)
CANARY = "CANARY-7f3a9c"
JWT = f"eyJhbGciOiJIUzI1NiJ9.{CANARY}.sig"


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (PAGE, "web 09:05:07.042 GET /cart?id=7 200 0 B in, 5120 B out, 12.9 ms (upstream 11.2 ms) injected"),
        (
            replace(PAGE, held_seconds=0.25, verdict="not injected: a download"),
            "web 09:05:07.042 GET /cart?id=7 200 0 B in, 5120 B out, 12.9 ms (upstream 11.2 ms, held 250.0 ms) "
            "not injected: a download",
        ),
        (
            replace(PAGE, upstream_seconds=None, method="POST", received=12, status=503, verdict=""),
            "web 09:05:07.042 POST /cart?id=7 503 12 B in, 5120 B out, 12.9 ms",
        ),
        (
            replace(PAGE, status=0, sent=0, upstream_seconds=None, verdict=""),
            "web 09:05:07.042 GET /cart?id=7 - 0 B in, 0 B out, 12.9 ms",
        ),
        (
            replace(PAGE, service="devserve", method="", target="", status=400, upstream_seconds=None, verdict=""),
            "devserve 09:05:07.042 - - 400 0 B in, 5120 B out, 12.9 ms",
        ),
    ],
    ids=["injected", "held", "answered by devserve", "the client was gone", "no request"],
)
def test_a_line_has_the_service_first_and_times_in_milliseconds(record, line):
    assert text(record) == line


def test_programs_get_the_same_as_json():
    assert json.loads(as_json(replace(PAGE, target="/a?token=x"))) == {
        "time": "2026-11-23T09:05:07.042+00:00",
        "service": "web",
        "method": "GET",
        "target": "/a?token=***",
        "status": 200,
        "received": 0,
        "sent": 5120,
        "upstream_ms": 11.2,
        "total_ms": 12.94,
        "held_ms": 0.0,
        "verdict": "injected",
    }


def test_what_there_was_not_is_null_in_json():
    record = json.loads(as_json(replace(PAGE, status=0, upstream_seconds=None, method="", target="")))
    assert {record[name] for name in ("status", "upstream_ms", "method", "target")} == {None}


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "*",
        "/a/b.css?v=12&livereload=1763",
        "/src/App.vue?vue&type=style&index=0&lang.css",
        "/@fs/home/me/a.ts?import&t=1763",
        "/node_modules/@vue/shared@3.4/index.js",
        "/search?q=monochrome+shoes&page=2&sort=",
        "/?keyword=shoes&author=me&keyboard=de&compass=n&mail=me@example.com&at=12:30",
        "/login?next=https%3A%2F%2Fweb.test%3A8443%2Fa%3Fpage%3D2",
        "/?&&=x&a",
        "http://web.test:8080/a?b=c",
        "web.test:443",
    ],
)
def test_what_is_no_secret_is_shown_as_it_came(target):
    assert masked(target) == target


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/a?token=x&page=2", "/a?token=***&page=2"),
        ("/a?token=", "/a?token="),
        ("/a;jsessionid=x/b;v=1?c=d", "/a;jsessionid=***/b;v=1?c=d"),
        ("http://me:pw@web.test/a", "http://***@web.test/a"),
        ("me:pw@web.test:443", "***@web.test:443"),
        (f"/verify/{JWT}/now", "/verify/***/now"),
        ("/?a=1&next=/cb?code=x", "/?a=1&next=***"),
    ],
)
def test_only_the_secret_is_masked(target, shown):
    assert masked(target) == shown


@pytest.mark.parametrize(
    "key",
    [
        "token", "access_token", "accessToken", "ACCESS_TOKEN", "csrftoken", "key", "apiKey", "api-key", "apikey",
        "AWSAccessKeyId", "licensekey", "secret", "client_secret", "password", "passwd", "pwd", "userpwd", "code",
        "auth", "oauth_verifier", "Authorization", "signature", "X-Amz-Signature", "sig", "session", "sessionid",
        "PHPSESSID", "sid", "jwt", "id_jwt", "SAMLResponse", "X-Amz-Credential", "otp", "user[password]",
        "%74oken", "%2574oken",
    ],
)  # fmt: skip
def test_a_key_tells_that_its_value_is_secret(key):
    assert is_secret(key)
    assert masked(f"/?a=1&{key}={CANARY}&b=2") == f"/?a=1&{key}=***&b=2"


@pytest.mark.parametrize(
    "target",
    [
        f"/?token={CANARY}",
        f"/?token={CANARY}=={CANARY}",
        f"/?password=a;{CANARY}",
        f"/?password=***{CANARY}",
        f"/?a=1;token={CANARY}",
        f"/?code={CANARY}&code={CANARY}&c=d",
        f"/?{JWT}",
        f"/?a={JWT}",
        f"/{JWT}",
        f"/a;session={CANARY};b=c",
        f"/token={CANARY}/a",
        f"/?token%3D{CANARY}",
        f"/?next=/cb?code={CANARY}",
        f"/?next={quote(f'https://web.test/cb?a=b&code={CANARY}', safe='')}",
        f"/?next={quote(quote(f'/cb?code={CANARY}', safe=''), safe='')}",
        f"/?next={quote(f'https://me:{CANARY}@web.test/', safe='')}",
        f"/?next=https://me:{CANARY}@web.test/",
        f"/?proxy=me:{CANARY}@web.test:8080",
        f"/?state={quote(json.dumps({'password': CANARY}))}",
        f"/{quote(f'https://me:{CANARY}@web.test/', safe='')}",
        f"http://me:{CANARY}@web.test/a?b=c",
        f"http://{CANARY}@web.test",
        f"HTTPS://me:a&b={CANARY}@web.test/a",
        f"//me:{CANARY}@web.test/a",
        f"me:{CANARY}@web.test:443",
    ],
)
def test_a_secret_never_stands_in_a_line(target):
    record = replace(PAGE, target=target)
    assert CANARY not in text(record) + as_json(record) + repr(record)


def test_a_line_is_one_line_and_moves_no_cursor():
    hostile = replace(PAGE, target="/a\r\nweb \x1b[2J\u202e\udc80é", verdict="not injected: \x9b\u2028x")
    assert text(hostile).isprintable()
    assert len(as_json(hostile).splitlines()) == 1
    assert "é" in text(hostile)


def test_a_long_target_is_cut():
    assert len(masked("/" + "a" * 60_000)) == MOST_OF_TARGET + 1


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "piece", ["a", "A", "eyJ", "a:", "=a", "/;", "//", "@", ":@", '"  ', "%25", "a=&", ";a=", "-."]
)
def test_a_hostile_target_takes_no_longer_than_its_length(piece):
    masked("/?a=" + piece * (64 * 1024 // len(piece)))
    masked("/" + piece * (64 * 1024 // len(piece)))
