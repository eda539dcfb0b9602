from collections.abc import Sequence

import pytest

from devserve.errors import RemoteProtocolError
from devserve.http1 import Data, EndOfMessage, Event, Headers, Response
from devserve.proxy.pages.inject import Injector
from devserve.proxy.pages.pagetext import EMPTY, NO_PLACE, PageText
from devserve.proxy.pages.policies import Policies
from devserve.proxy.pages.rewriting import OPENING_LIMIT, OWN, Body, Heads, Rewriting
from support.coded import CODINGS, DECODINGS, flushed
from support.pages import injector as injector_at

PAGE = b"<!doctype html><html><head><title>x</title></head><body>" + b"<p>some text</p>" * 30
INJECTED = PAGE.replace(b"<head>", b"<head>|")
PLAIN = Response(200, Headers([(b"A", b"plain")]))


def rewriting(name: str = "", *, whole: bool = False, place: str = "head-prepend", sniffs: bool = False) -> Rewriting:
    def injector(declared: bool) -> Injector:
        return injector_at(place, "|", charset_declared=declared)

    heads = Heads(
        lambda: Response(200, Headers([(b"A", b"injected")])),
        lambda reason: Response(200, Headers([(b"A", reason.encode())])),
        PLAIN,
    )
    codings = (name,) if name else ()
    body = Body(codings, "utf-8", whole, lambda page: "own" in page)
    return Rewriting(heads, body, PageText(codings, "utf-8", injector, sniffs=sniffs), Policies((), (), ""))


def through(one: Rewriting, *chunks: bytes) -> list[Event]:
    return [*(event for chunk in chunks for event in one.feed(chunk)), *one.close(EndOfMessage())]


def said(events: Sequence[Event]) -> tuple[str, bytes]:
    """Return what the head says, and the body; there is one head, before everything, and one end, behind it."""
    head, *rest, end = events
    assert isinstance(head, Response)
    assert isinstance(end, EndOfMessage)
    assert all(isinstance(event, Data) for event in rest)
    body = b"".join(event.data for event in rest if isinstance(event, Data))
    return (head.headers.first(b"a") or b"").decode(), body


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("name", ["", *CODINGS])
def test_a_page_gets_the_snippet_whatever_the_cut(name, whole):
    body = CODINGS[name](PAGE) if name else PAGE
    for cut in range(len(body) + 1):
        verdict, got = said(through(rewriting(name, whole=whole), body[:cut], body[cut:]))
        assert verdict == "injected"
        assert (DECODINGS[name](got) if name else got) == INJECTED


@pytest.mark.parametrize("name", ["", *CODINGS])
def test_the_head_of_a_page_whose_length_is_known_says_the_new_length(name):
    head, data, _ = through(rewriting(name, whole=True), CODINGS[name](PAGE) if name else PAGE)
    assert isinstance(head, Response)
    assert isinstance(data, Data)
    assert head.headers.first(b"content-length") == b"%d" % len(data.data)


def test_the_head_leaves_with_the_bytes_that_decide():
    one = rewriting()
    assert list(one.feed(b"<!doctype html><html>")) == []
    head, data = one.feed(b"<head>x")
    assert isinstance(head, Response)
    assert data == Data(b"<!doctype html><html><head>|x")
    assert list(one.feed(b"y")) == [Data(b"y")]


@pytest.mark.parametrize("name", CODINGS)
def test_a_flushed_page_flows(name):
    one = rewriting(name)
    parts = flushed(name, PAGE[:40], PAGE[40:80], PAGE[80:])
    events = [list(one.feed(part)) for part in parts]
    assert all(sent for sent in events[:3])


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize("body", [PAGE, b"x", b"<html>"])
def test_what_is_not_in_its_coding_passes_as_it_came(body, name, whole):
    for cut in range(len(body) + 1):
        verdict, got = said(through(rewriting(name, whole=whole), body[:cut], body[cut:]))
        assert got == body
        assert verdict.startswith(f"the body is not {name}") or verdict in (EMPTY, NO_PLACE)


@pytest.mark.parametrize("name", CODINGS)
def test_a_whole_page_that_breaks_off_in_its_coding_passes_as_it_came(name):
    body = CODINGS[name](PAGE)[:-1]
    assert said(through(rewriting(name, whole=True), body)) == (f"the body is not {name}: it breaks off", body)


def test_a_mistake_after_the_head_has_left_ends_the_exchange():
    one = rewriting("gzip")
    first, _, _ = flushed("gzip", PAGE, b"")
    assert list(one.feed(first))
    with pytest.raises(RemoteProtocolError):
        list(one.feed(b"\xff" * 100))


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize(
    ("body", "options", "verdict"),
    [
        (b"", {}, EMPTY),
        (b"<!--" + b"x" * 70_000, {}, NO_PLACE),
        (b"just some plain text", {"sniffs": True}, "plain"),
    ],
)
def test_a_page_without_the_snippet_passes_as_it_came_and_says_why(body, options, verdict, whole):
    for chunks in ([body], [body[:5], body[5:]]):
        assert said(through(rewriting(whole=whole, **options), *chunks)) == (verdict, body)


def test_a_whole_page_without_a_place_says_so():
    body = b"<p><!-- x"
    assert said(through(rewriting(whole=True, place="body"), body)) == (NO_PLACE, body)


def test_a_whole_page_that_loads_livereload_itself_is_left_alone():
    body = PAGE + b"own"
    assert said(through(rewriting(whole=True), body[:9], body[9:])) == (OWN, body)
    assert said(through(rewriting(), body)) == ("injected", INJECTED + b"own")


def test_a_page_that_does_not_come_at_once_streams_after_all():
    one = rewriting(whole=True)
    assert list(one.feed(PAGE[:40])) == []
    assert one.waits
    head, data = one.hurry()
    assert isinstance(head, Response)
    assert not one.waits
    rest = [*one.hurry(), *one.feed(PAGE[40:] + b"own"), *one.close(EndOfMessage())]
    assert said([head, data, *rest]) == ("injected", INJECTED + b"own")


def test_what_never_becomes_a_page_is_not_held_for_ever():
    one = rewriting("zstd")
    frame = b"\x50\x2a\x4d\x18\xff\xff\0\0" + b"x" * 0xFFFF  # to be skipped, so nothing comes out
    events = [event for _ in range(5) for event in one.feed(frame)]
    assert sum(len(event.data) for event in events if isinstance(event, Data)) > OPENING_LIMIT


def test_a_small_body_that_decodes_to_much_is_not_looked_at_whole():
    body = CODINGS["gzip"](b"<html><head>own" + b"x" * 8_000_000)
    head, *rest = through(rewriting("gzip", whole=True), body)
    assert isinstance(head, Response)
    assert list(head.headers) == [(b"A", b"injected")]
    assert DECODINGS["gzip"](said([head, *rest])[1]) == b"<html><head>|own" + b"x" * 8_000_000


def test_policies_are_changed_only_where_the_snippet_goes_in():
    for body, changes in ((PAGE, ("script-src x",)), (b"", ())):
        one = rewriting()
        one._policies.changes = ("script-src x",)
        through(one, body)
        assert one.changes == changes


def test_trailers_that_vouch_for_the_original_are_dropped_with_the_snippet_only():
    end = EndOfMessage(Headers([(b"Repr-Digest", b"x"), (b"Server-Timing", b"y")]))
    one = rewriting()
    list(one.feed(PAGE))
    assert list(one.close(end))[-1] == EndOfMessage(Headers([(b"Server-Timing", b"y")]))
    assert list(rewriting().close(end))[-1] == end
