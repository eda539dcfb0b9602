import pytest

from devserve.proxy.pages.markup import Kind, Token
from devserve.proxy.pages.placement import BodyEnd, BodyStart, HeadEnd, HeadStart, Place, XmlHead, placing


def start(text: str, name: str, *, inert: bool = False) -> Token:
    return Token(Kind.START, text, name, inert)


def test_the_head_begins_after_its_prologue():
    head = HeadStart(charset_declared=True)
    for token in (Token(Kind.OTHER, "<!doctype html>"), Token(Kind.TEXT, "\n"), start("<head>", "head")):
        assert head.look(token) is Place.LATER
    assert head.look(start("<meta charset=x>", "meta")) is Place.BEFORE
    assert head.at_end(between=False) is Place.AFTER


def test_in_xhtml_the_place_is_in_the_root():
    head = XmlHead()
    assert head.look(start("<html>", "html")) is Place.LATER
    assert head.look(start("<head>", "head")) is Place.AFTER
    assert XmlHead().look(start("<svg>", "svg")) is Place.NOWHERE
    assert XmlHead().at_end(between=True) is Place.NOWHERE


def test_in_xhtml_the_head_ends_with_its_tag():
    head = XmlHead(at_end=True)
    for token in (start("<html>", "html"), start("<head>", "head"), start("<title>", "title")):
        assert head.look(token) is Place.LATER
    assert head.look(Token(Kind.END, "</head>", "head")) is Place.BEFORE
    assert not head.holds


@pytest.mark.parametrize(
    ("token", "place"),
    [
        (start("<title>", "title"), Place.LATER),
        (start("<p>", "p", inert=True), Place.LATER),
        (start("<body>", "body"), Place.BEFORE),
        (Token(Kind.TEXT, "x"), Place.BEFORE),
        (Token(Kind.END, "</head>", "head"), Place.BEFORE),
        (Token(Kind.END, "</head>", "head", inert=True), Place.LATER),
        (Token(Kind.END, "</title>", "title"), Place.LATER),
        (Token(Kind.END, "</html>", "html"), Place.BEFORE),
    ],
)
def test_the_head_ends_with_its_tag_or_before_what_begins_the_body(token, place):
    assert HeadEnd().look(token) is place


@pytest.mark.parametrize(
    ("token", "place"),
    [
        (start("<body>", "body"), Place.AFTER),
        (start("<body>", "body", inert=True), Place.LATER),
        (start("<link>", "link"), Place.LATER),
        (start("<p>", "p"), Place.BEFORE),
        (Token(Kind.TEXT, "x"), Place.BEFORE),
        (Token(Kind.RAW, "x"), Place.LATER),
        (Token(Kind.END, "</head>", "head"), Place.LATER),
        (Token(Kind.END, "</html>", "html"), Place.BEFORE),
    ],
)
def test_the_body_begins_with_its_tag_or_with_what_no_head_holds(token, place):
    assert BodyStart(xml=False).look(token) is place


def test_in_xhtml_only_the_tag_begins_the_body():
    assert BodyStart(xml=True).look(start("<p>", "p")) is Place.LATER
    assert BodyStart(xml=True).look(start("<body>", "body")) is Place.AFTER
    assert BodyStart(xml=True).look(start("<body/>", "body")) is Place.LATER


def test_the_body_ends_before_its_tag():
    assert BodyEnd(xml=False).look(Token(Kind.END, "</body>", "body")) is Place.BEFORE
    assert BodyEnd(xml=False).look(Token(Kind.END, "</body>", "body", inert=True)) is Place.LATER
    assert BodyEnd(xml=False).at_end(between=False) is Place.NOWHERE
    assert BodyEnd(xml=True).at_end(between=True) is Place.NOWHERE


@pytest.mark.parametrize(
    ("position", "xml", "kind"),
    [
        ("head-prepend", False, HeadStart),
        ("head-prepend", True, XmlHead),
        ("head", False, HeadEnd),
        ("head", True, XmlHead),
        ("body-prepend", True, BodyStart),
        ("body", False, BodyEnd),
    ],
)
def test_each_position_has_its_way(position, xml, kind):
    assert isinstance(placing(position, xml=xml, charset_declared=True), kind)
