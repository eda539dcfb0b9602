from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devserve.proxy.pages.inject import PROLOGUE_LIMIT, Injector
from devserve.proxy.pages.placement import placing
from support.pages import CASES, PIECES, SNIPPET, expected, page

TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def injector(placement: str) -> Injector:
    xml = placement == "xml"
    place = placing("head" if xml else placement, xml=xml, charset_declared=True)
    return Injector(lambda: SNIPPET, place, xml=xml, holds=placement in ("head", "xml"))


def injected(placement: str, *chunks: str) -> str:
    one = injector(placement)
    return "".join(one.feed(chunk) for chunk in chunks) + one.close()


@pytest.mark.parametrize(("placement", "name"), CASES)
def test_inserts_the_snippet_at_its_place(placement, name):
    assert injected(placement, page(placement, name)) == expected(placement, name)


@pytest.mark.parametrize(("placement", "name"), CASES)
def test_output_does_not_depend_on_the_cut(placement, name):
    text = page(placement, name)
    for cut in range(len(text) + 1):
        assert injected(placement, text[:cut], text[cut:]) == expected(placement, name)
    for size in (1, 2, 3, 5):
        chunks = [text[place : place + size] for place in range(0, len(text), size)]
        assert injected(placement, *chunks) == expected(placement, name)


@given(TEXTS, st.sampled_from(["head", "body", "end", "xml"]), st.lists(st.integers(0, 100), max_size=4))
def test_the_law_holds_for_whatever_page(text, placement, cuts):
    whole = injected(placement, text)
    assert whole.replace(SNIPPET, "", 1) == text
    places = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    chunks = [text[start:end] for start, end in pairwise(places)]
    assert injected(placement, *chunks) == whole
    assert injected(placement, *text) == whole


@pytest.mark.parametrize("placement", ["head", "body", "end"])
def test_nothing_behind_the_snippet_is_held_back(placement):
    one = injector(placement)
    assert one.feed("<!doctype html><head><body><p>a").endswith("<p>a")
    assert one.feed(" text") == " text"
    assert one.feed("<script>a(") == "<script>a("
    assert one.feed("'<b') ") == "'<b') "


@pytest.mark.parametrize("placement", ["body", "end"])
def test_nothing_before_the_snippet_is_held_back(placement):
    one = injector(placement)
    assert one.feed("<head><title>x</title>") == "<head><title>x</title>"
    assert one.opened
    assert not one.placed


@pytest.mark.parametrize("size", [PROLOGUE_LIMIT, PROLOGUE_LIMIT + 1000])
@pytest.mark.parametrize("start", ["<!--", "<!doctype ", " "])
def test_an_endless_prologue_is_passed_on_not_held(size, start):
    text = start + " " * size
    one = injector("head")
    assert one.feed(text) == text
    assert one.failed
    assert injected("head", text[:100], text[100:]) == text


def test_an_endless_tag_is_passed_on_not_held():
    text = "<html><head><p a='" + "x" * 2 * PROLOGUE_LIMIT
    whole = injected("end", text + "'>x</body>")
    assert whole.replace(SNIPPET, "", 1) == text + "'>x</body>"
    assert injected("end", text, "'>x</body>") == whole


@pytest.mark.parametrize("placement", ["head", "body", "end", "xml"])
def test_an_empty_page_stays_empty(placement):
    assert injected(placement) == ""
    assert injected(placement, "", "") == ""


@pytest.mark.parametrize(
    ("declared", "expected"),
    [(True, "<head> |<meta charset=x><p>"), (False, "<head> <meta charset=x>|<p>")],
)
def test_the_charset_stays_first_when_nothing_else_declares_it(declared, expected):
    one = Injector(lambda: "|", placing("head", xml=False, charset_declared=declared))
    assert one.feed("<head> <meta charset=x><p>") + one.close() == expected


def test_a_meta_with_a_content_type_declares_the_charset_too():
    one = Injector(lambda: "|", placing("head", xml=False, charset_declared=False))
    text = '<meta http-equiv="Content-Type" content="text/html; charset=x"><meta name=y><p>'
    assert one.feed(text) == text.replace("<meta name=y>", "|<meta name=y>")
