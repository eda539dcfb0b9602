import pytest

from devserve.http1 import Headers, Request
from devserve.proxy.fallback import as_answered, as_asked


def request(*fields: tuple[bytes, bytes]) -> Request:
    return Request(b"GET", b"/a", Headers([(b"Host", b"web.test"), *fields]).freeze())


@pytest.mark.parametrize(
    ("field", "kept"),
    [(b"If-None-Match", [b"Host", b"Range"]), (b"if-modified-since", [b"Host", b"Range"]), (b"If-Range", [b"Host"])],
)
def test_the_fallback_is_not_asked_about_what_the_service_has_sent(field, kept):
    asked = as_asked(request((field, b"x"), (b"Range", b"bytes=0-1")))
    assert [name for name, _ in asked.headers] == kept


def test_other_requests_stay_as_they_are():
    asking = request((b"If-Match", b'"x"'))
    assert as_asked(asking) is asking


def test_its_answers_are_marked_and_not_kept():
    sent = Headers([(b"cache-control", b"max-age=9, immutable"), (b"ETag", b'"x"')]).freeze()
    assert list(as_answered(sent)) == [
        (b"cache-control", b"no-store"),
        (b"ETag", b'"x"'),
        (b"X-Devserve-Upstream", b"fallback"),
    ]
