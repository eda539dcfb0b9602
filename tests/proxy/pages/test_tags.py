import re

import pytest

from devserve.proxy.pages.tags import Tag, snippet


@pytest.mark.parametrize(
    ("tag", "nonce", "html"),
    [
        (
            Tag("script", {"src": "https://l.test/x.js?a=1&b=2"}),
            "",
            '<script src="https://l.test/x.js?a=1&amp;b=2"></script>',
        ),
        (Tag("script", {"src": "/x.js"}), "abc", '<script src="/x.js" nonce="abc"></script>'),
        (Tag("link", {"rel": "stylesheet", "href": "/x.css"}), "abc", '<link rel="stylesheet" href="/x.css">'),
        (Tag("meta", {"name": "x", "content": '"><script>'}), "", '<meta name="x" content="&quot;&gt;&lt;script&gt;">'),
        (
            Tag("script", {"type": "module"}, "a < 'é😀'"),
            "abc",
            '<script type="module" nonce="abc">a < \'\\u00e9\\ud83d\\ude00\'</script>',
        ),
        (Tag("style", text="b > i { content: 'é😀' }"), "abc", "<style>b > i { content: '\\e9 \\1f600 ' }</style>"),
    ],
)
def test_renders_a_tag(tag, nonce, html):
    assert tag.render(nonce) == html


def test_a_snippet_is_ascii_whatever_a_plugin_wrote():
    assert snippet([Tag("meta", {"content": "é"})]) == '<meta content="&#233;">'


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": "div"}, "a Tag is one of script, link, meta, style, not 'div'"),
        (
            {"name": "meta", "position": "end"},
            "the position of a Tag is one of head-prepend, head, body-prepend, body, not 'end'",
        ),
        ({"name": "link", "text": "x"}, "a Tag with a text is one of script, style, not 'link'"),
        (
            {"name": "script", "text": "'</SCRIPT>'"},
            "the text of a script cannot have '</SCRIPT' in it; write it in two pieces",
        ),
        ({"name": "script", "text": "'<!--'"}, "the text of a script cannot have '<!--' in it; write it in two pieces"),
        (
            {"name": "style", "text": "</style>"},
            "the text of a style cannot have '</style' in it; write it in two pieces",
        ),
    ],
)
def test_refuses_what_would_be_another_element(fields, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        Tag(**fields)


def test_knows_what_a_tag_loads():
    assert Tag("script", {"src": "/a.js"}).source == "/a.js"
    assert Tag("link", {"href": "/a.css"}).source == "/a.css"
    assert Tag("meta", {"content": "x"}).source == ""


def test_in_xhtml_a_tag_says_its_namespace_and_is_closed():
    namespace = 'xmlns="http://www.w3.org/1999/xhtml"'
    assert (
        Tag("script", {"src": "/x.js"}).render("abc", xml=True)
        == f'<script {namespace} src="/x.js" nonce="abc"></script>'
    )
    assert Tag("meta", {"name": "x"}).render(xml=True) == f'<meta {namespace} name="x"/>'
    assert Tag("script", text="a < b && c").render(xml=True) == f"<script {namespace}>a &lt; b &amp;&amp; c</script>"
