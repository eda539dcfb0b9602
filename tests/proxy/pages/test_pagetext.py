import pytest
from hypothesis import given
from hypothesis import strategies as st

from devserve.errors import RemoteProtocolError
from devserve.proxy.pages.inject import Injector
from devserve.proxy.pages.pagetext import EMPTY, NO_PLACE, PageText, RefusedError, whole_text
from support.coded import CODINGS, DECODINGS, flushed
from support.pages import injector as injector_at

PAGE = "<!doctype html><html><head><title>é</title></head><body>" + "<p>some text</p>" * 50
INJECTED = PAGE.replace("<head>", "<head>|")


def injector(declared: bool, place: str = "head-prepend") -> Injector:
    return injector_at(place, "|", charset_declared=declared)


def text(name: str = "", charset: str = "utf-8", **options: bool) -> PageText:
    return PageText((name,) if name else (), charset, injector, **options)


def through(page: PageText, *chunks: bytes) -> bytes:
    return b"".join([*(piece for chunk in chunks for piece in page.feed(chunk)), *page.close()])


@pytest.mark.parametrize("name", CODINGS)
def test_decoded_the_output_does_not_depend_on_the_cut(name):
    body = CODINGS[name](PAGE.encode())
    for cut in range(len(body) + 1):
        assert DECODINGS[name](through(text(name), body[:cut], body[cut:])).decode() == INJECTED
    assert DECODINGS[name](through(text(name), *(bytes([octet]) for octet in body))).decode() == INJECTED


@pytest.mark.parametrize("charset", ["utf-8", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["", "gzip"])
def test_whatever_the_charset_the_output_does_not_depend_on_the_cut(name, charset):
    body = PAGE.encode(charset)
    label = charset.replace("16-", "16") if charset.endswith("e") else ""
    coded = CODINGS[name](body) if name else body
    for cut in range(0, len(coded) + 1, 3):
        got = through(text(name, label), coded[:cut], coded[cut:])
        assert (DECODINGS[name](got) if name else got) == INJECTED.encode(charset)


@given(
    st.text("<>/html!head bodyé😀\"'", max_size=80), st.sampled_from(["", *CODINGS]), st.sampled_from(["", "utf-16le"])
)
def test_without_the_snippet_the_output_is_the_input(page, name, label):
    body = page.encode("utf-16-le" if label else "utf-8")
    coded = CODINGS[name](body) if name else body
    if not page:
        return
    got = through(PageText((name,) if name else (), label, injector), coded)
    decoded = DECODINGS[name](got) if name else got
    assert decoded.replace("|".encode("utf-16-le" if label else "utf-8"), b"", 1) == body


@pytest.mark.parametrize("name", CODINGS)
def test_what_the_service_flushes_is_flushed(name):
    first, second, last = flushed(name, PAGE[:60].encode(), PAGE[60:].encode())
    page, browser = text(name), text(name)
    sent = b"".join(page.feed(first))
    assert b"".join(piece for piece in browser._codings.decode(sent)).decode() == INJECTED[:61]
    sent = b"".join(page.feed(second))
    assert b"".join(piece for piece in browser._codings.decode(sent)).decode() == INJECTED[61:]
    assert list(browser._codings.decode(b"".join([*page.feed(last), *page.close()]))) == []
    assert browser._codings.whole


@pytest.mark.parametrize("name", CODINGS)
def test_a_coding_that_breaks_off_goes_on_looking_broken(name):
    first, _, _ = flushed(name, PAGE.encode(), b"")
    browser = text(name)
    sent = through(text(name), first)
    assert b"".join(browser._codings.decode(sent)).decode() == INJECTED
    assert not browser._codings.whole


@pytest.mark.parametrize(
    ("body", "sniffs", "reason"),
    [
        (b"", False, EMPTY),
        (b"", True, EMPTY),
        (b"plain text, long enough", True, ""),
        (b"<!--" + b"x" * 70000, False, NO_PLACE),
    ],
)
def test_says_why_the_snippet_does_not_go_in(body, sniffs, reason):
    with pytest.raises(RefusedError) as caught:
        through(text(sniffs=sniffs), body)
    assert caught.value.reason == reason


def test_what_turns_out_to_be_html_gets_the_snippet():
    for cut in range(len(PAGE)):
        assert through(text(sniffs=True), PAGE[:cut].encode(), PAGE[cut:].encode()).decode() == INJECTED


def test_a_place_that_was_hoped_for_may_not_come():
    page = PageText((), "utf-8", lambda declared: injector(declared, "body"))
    assert through(page, b"<p><!-- x") == b"<p><!-- x"
    assert (page.opened, page.placed) == (True, False)


def test_a_whole_body_is_read():
    assert whole_text(CODINGS["br"](PAGE.encode()), ("br",), "latin-1", 10_000) == PAGE.encode().decode("latin-1")
    assert whole_text(PAGE.encode("utf-16"), (), "", 10_000) == PAGE
    assert whole_text(b"x" * 100_000, (), "", 10_000) is None
    with pytest.raises(RemoteProtocolError, match="breaks off"):
        whole_text(CODINGS["br"](PAGE.encode())[:-1], ("br",), "", 10_000)
