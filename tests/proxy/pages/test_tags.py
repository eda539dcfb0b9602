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
    ],
)
def test_renders_a_tag(tag, nonce, html):
    assert tag.render(nonce) == html


def test_a_snippet_is_ascii_whatever_a_plugin_wrote():
    assert snippet([Tag("meta", {"content": "é"})]) == '<meta content="&#233;">'


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
