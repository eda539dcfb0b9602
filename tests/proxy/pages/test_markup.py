import pytest
from hypothesis import given
from hypothesis import strategies as st

from devserve.proxy.pages.markup import Kind, Tokenizer


def tags(text: str, *, xml: bool = False) -> list[str]:
    tokenizer = Tokenizer(xml=xml)
    tokens = [*tokenizer.feed(text), *tokenizer.close()]
    assert "".join(token.text for token in tokens) == text
    return [token.text for token in tokens if token.kind in (Kind.START, Kind.END) and not token.inert]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<p>a</p>", ["<p>", "</p>"]),
        ("a < b <p>", ["<p>"]),
        ("<p title='<b>' x=\"<i>\">", ["<p title='<b>' x=\"<i>\">"]),
        ("<p title=it's><b>'", ["<p title=it's>", "<b>"]),
        ("<!-- <p> --><b>", ["<b>"]),
        ("<!--><b>", ["<b>"]),
        ("<!---><b>", ["<b>"]),
        ("<!-- --!><b>", ["<b>"]),
        ("<!-- -- > <p> --><b>", ["<b>"]),
        ("<!x <p><b>", ["<b>"]),
        ("<?x <p><b>", ["<b>"]),
        ("</ <p><b>", ["<b>"]),
        ("<![CDATA[<p>]]><b>", ["<b>"]),
        ("<svg><![CDATA[<p>]]></svg>", ["<svg>", "</svg>"]),
        ("<svg><style/><p></svg>", ["<svg>", "<style/>", "<p>", "</svg>"]),
        ("<title><p></title><b>", ["<title>", "</title>", "<b>"]),
        ("<textarea><p></textareax></textarea ><b>", ["<textarea>", "</textarea >", "<b>"]),
        ("<noscript><p></noscript>", ["<noscript>", "</noscript>"]),
        ("<plaintext><p>", ["<plaintext>"]),
        ("<script>'<p>'</SCRIPT><b>", ["<script>", "</SCRIPT>", "<b>"]),
        ("<script><!-- </script><b>", ["<script>", "</script>", "<b>"]),
        ("<script><!-- <script> </script> <p></script><b>", ["<script>", "</script>", "<b>"]),
        ("<script><!-- <script> --> </script><b>", ["<script>", "</script>", "<b>"]),
        ("<script><!--></script><b>", ["<script>", "</script>", "<b>"]),
        ("<script><!-- <scripted> </script><b>", ["<script>", "</script>", "<b>"]),
        ("<template><p></template><b>", ["<template>", "</template>", "<b>"]),
        ("<template><template></template><p></template><b>", ["<template>", "</template>", "<b>"]),
    ],
)
def test_only_tags_are_tags(text, found):
    assert tags(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<script><a/></script>", ["<script>", "<a/>", "</script>"]),
        ("<![CDATA[<p>]]><b/>", ["<b/>"]),
        ("<!-- --!> <p> --><b/>", ["<b/>"]),
        ("<?x > <p> ?><b/>", ["<b/>"]),
        ("<!DOCTYPE a [ <!ENTITY b '<p>'> ] ><b/>", ["<b/>"]),
        ("<x:p/><_y/>", ["<x:p/>", "<_y/>"]),
    ],
)
def test_xml_has_other_rules(text, found):
    assert tags(text, xml=True) == found


def test_what_cannot_be_a_tag_comes_at_once():
    tokenizer = Tokenizer()
    assert [token.text for token in tokenizer.feed("text <p")] == ["text "]
    assert [token.text for token in tokenizer.feed(">more")] == ["<p>", "more"]


@pytest.mark.parametrize(
    ("text", "between"),
    [
        ("<p>x", True),
        ("x <", True),
        ("<p", False),
        ("</", False),
        ("<!-- x", False),
        ("<script>x", False),
        ("<template>", False),
        ("<template></template>", True),
    ],
)
def test_knows_whether_markup_could_follow_the_end(text, between):
    tokenizer = Tokenizer()
    list(tokenizer.feed(text))
    list(tokenizer.close())
    assert tokenizer.between is between


PIECES = [
    "<p>", "</p>", "<p a=\"", "<a b='", "\"", "'", ">", "<", "/", "x", " ", "<script>", "</script>", "<h:script>",
    "<meta>", "<metal>", "<body x>", "</body>", "<template>", "</template>", "<title>", "</title>", "<svg>", "</svg>",
    "<!--", "-->", "<br/>", "<i b=c>", "<![CDATA[", "]]>",
]  # fmt: skip
ALPHABET = "<>/!-?'\"= \nabscriptCDATA[]{}:titlemplate"


@given(st.text(ALPHABET, max_size=60), st.booleans(), st.integers(0, 60))
def test_tags_do_not_depend_on_the_cut(text, xml, cut):
    def found(*chunks: str) -> list[tuple[Kind, str, bool]]:
        tokenizer = Tokenizer(xml=xml)
        tokens = [token for chunk in chunks for token in tokenizer.feed(chunk)] + list(tokenizer.close())
        assert "".join(token.text for token in tokens) == text
        return [(token.kind, token.text, token.inert) for token in tokens if token.kind in (Kind.START, Kind.END)]

    assert found(text[:cut], text[cut:]) == found(text) == found(*text)


@given(st.lists(st.sampled_from(PIECES), max_size=15).map("".join), st.booleans())
def test_skimmed_the_notable_tags_are_the_same(text, xml):
    def notable(*, skims: bool) -> list[tuple[str, bool]]:
        tokenizer = Tokenizer(xml=xml)
        tokenizer.skims = skims
        tokens = [*tokenizer.feed(text), *tokenizer.close()]
        assert "".join(token.text for token in tokens) == text
        names = ("script", "meta", "body", "template", "title", "svg")
        return [(token.text, token.inert) for token in tokens if token.name in names]

    assert notable(skims=True) == notable(skims=False)


def test_skimmed_plain_markup_is_one_text():
    tokenizer = Tokenizer()
    tokenizer.skims = True
    assert [token.text for token in tokenizer.feed("<p class='a'>x</p><br/><meta><p x=y>")] == [
        "<p class='a'>x</p><br/>", "<meta>", "<p x=y>"
    ]  # fmt: skip
