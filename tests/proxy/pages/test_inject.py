from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devserve.proxy.pages.inject import PROLOGUE_LIMIT, Injector
from devserve.proxy.pages.tags import POSITIONS
from support.pages import CASES, FOUR, PIECES, PLACES, SNIPPET, expected, injector, page, slots

TEXTS = st.lists(st.sampled_from(PIECES), max_size=12).map("".join)


def injected(place: str, *chunks: str) -> str:
    return fed(injector(place), *chunks)


def four(*chunks: str) -> str:
    return fed(Injector(slots(lambda position: str(POSITIONS.index(position) + 1))), *chunks)


def fed(one: Injector, *chunks: str) -> str:
    return "".join(one.feed(chunk) for chunk in chunks) + one.close()


@pytest.mark.parametrize(("place", "name"), CASES)
def test_inserts_the_snippet_at_its_place(place, name):
    assert injected(place, page(place, name)) == expected(place, name)


@pytest.mark.parametrize(("place", "name"), CASES)
def test_output_does_not_depend_on_the_cut(place, name):
    text = page(place, name)
    for cut in range(len(text) + 1):
        assert injected(place, text[:cut], text[cut:]) == expected(place, name)
    for size in (1, 2, 3, 5):
        chunks = [text[place : place + size] for place in range(0, len(text), size)]
        assert injected(place, *chunks) == expected(place, name)


@pytest.mark.parametrize("name", FOUR)
def test_each_of_several_snippets_has_its_place(name):
    text = FOUR[name].translate({ord(digit): None for digit in "1234"})
    for cut in range(len(text) + 1):
        assert four(text[:cut], text[cut:]) == FOUR[name]
    assert four(*text) == FOUR[name]


@given(TEXTS, st.lists(st.integers(0, 100), max_size=4))
def test_the_law_holds_for_several_snippets_too(text, cuts):
    whole = four(text)
    places = [whole.find(digit) for digit in "1234"]
    assert [place for place in places if place >= 0] == sorted(place for place in places if place >= 0)
    assert whole.translate({ord(digit): None for digit in "1234"}) == text
    chunks = [
        text[start:end] for start, end in pairwise(sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)}))
    ]
    assert four(*chunks) == four(*text) == whole


@given(TEXTS)
def test_a_snippet_is_where_it_would_be_alone(text):
    whole = four(text)
    for number, position in enumerate(POSITIONS, 1):
        others = {ord(digit): None for digit in "1234" if digit != str(number)}
        assert whole.translate(others).replace(str(number), SNIPPET) == injected(position, text)


@given(TEXTS, st.sampled_from(sorted(PLACES)), st.lists(st.integers(0, 100), max_size=4))
def test_the_law_holds_for_whatever_page(text, place, cuts):
    whole = injected(place, text)
    assert whole.replace(SNIPPET, "", 1) == text
    places = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    chunks = [text[start:end] for start, end in pairwise(places)]
    assert injected(place, *chunks) == whole
    assert injected(place, *text) == whole


@pytest.mark.parametrize("place", POSITIONS)
def test_nothing_behind_the_snippet_is_held_back(place):
    one = injector(place)
    assert one.feed("<!doctype html><head><body><p>a").endswith("<p>a")
    assert one.feed(" text") == " text"
    assert one.feed("<script>a(") == "<script>a("
    assert one.feed("'<b') ") == "'<b') "


@pytest.mark.parametrize("place", ["head", "body-prepend", "body"])
def test_nothing_before_the_snippet_is_held_back(place):
    one = injector(place)
    assert one.feed("<head><title>x</title>") == "<head><title>x</title>"
    assert one.opened
    assert not one.placed


@pytest.mark.parametrize("size", [PROLOGUE_LIMIT, PROLOGUE_LIMIT + 1000])
@pytest.mark.parametrize("start", ["<!--", "<!doctype ", " "])
def test_an_endless_prologue_is_passed_on_not_held(size, start):
    text = start + " " * size
    for one in (injector("head-prepend"), Injector(slots(lambda _: SNIPPET))):
        assert one.feed(text) + one.close() == text
        assert one.failed
    assert injected("head-prepend", text[:100], text[100:]) == text


def test_an_endless_tag_is_passed_on_not_held():
    text = "<html><head><p a='" + "x" * 2 * PROLOGUE_LIMIT
    whole = injected("body", text + "'>x</body>")
    assert whole.replace(SNIPPET, "", 1) == text + "'>x</body>"
    assert injected("body", text, "'>x</body>") == whole


@pytest.mark.parametrize("place", PLACES)
def test_an_empty_page_stays_empty(place):
    assert injected(place) == ""
    assert injected(place, "", "") == ""


@pytest.mark.parametrize(
    ("declared", "expected"),
    [(True, "<head> |<meta charset=x><p>"), (False, "<head> <meta charset=x>|<p>")],
)
def test_the_charset_stays_first_when_nothing_else_declares_it(declared, expected):
    one = injector("head-prepend", "|", charset_declared=declared)
    assert one.feed("<head> <meta charset=x><p>") + one.close() == expected


def test_a_meta_with_a_content_type_declares_the_charset_too():
    one = injector("head-prepend", "|", charset_declared=False)
    text = '<meta http-equiv="Content-Type" content="text/html; charset=x"><meta name=y><p>'
    assert one.feed(text) == text.replace("<meta name=y>", "|<meta name=y>")
