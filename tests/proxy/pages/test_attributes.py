import pytest

from devserve.proxy.pages.attributes import attributes, tag_end, tag_name

TAGS = {
    "<p>": {},
    "<p class=a>": {"class": "a"},
    """<script src="/a?b&amp;c" ASYNC defer=''>""": {"src": "/a?b&c", "async": "", "defer": ""},
    """<a title="1 > 0" b='"' c=it's>""": {"title": "1 > 0", "b": '"', "c": "it's"},
    "<a x = 1 y= >": {"x": "1", "y": ""},
    "<a x=1 X=2>": {"x": "1"},
    "<img src=/a/b/ />": {"src": "/a/b/"},
    "<a/b=c/d>": {"b": "c/d"},
    "<a =b>": {"=b": ""},
    "<a\nb\n=\n'c'\n>": {"b": "c"},
    "<br/>": {},
    "<a b='<script>' c>": {"b": "<script>", "c": ""},
}


@pytest.mark.parametrize(("tag", "expected"), TAGS.items(), ids=TAGS)
def test_finds_a_tags_attributes(tag, expected):
    assert {name: attribute.value for name, attribute in attributes(tag).items()} == expected


def test_knows_where_an_attribute_stands():
    tag = '<script async src="/a.js" defer>'
    found = attributes(tag)["src"]
    assert tag[found.start : found.end] == 'src="/a.js"'


@pytest.mark.parametrize("tag", TAGS)
def test_finds_the_end_of_a_tag_however_it_is_cut(tag):
    text = tag + "<p> 'more' > \">"
    assert tag_end(text, 0, 0)[0] == len(tag)
    resume = 0
    for size in range(1, len(tag)):
        end, resume = tag_end(text[:size], 0, resume)
        assert end == -1
    assert tag_end(text, 0, resume)[0] == len(tag)


@pytest.mark.parametrize(
    ("tag", "name"), [("<P>", "p"), ("</script >", "script"), ("<h:head>", "head"), ("<br/>", "br"), ("<", "")]
)
def test_reads_a_tags_name(tag, name):
    assert tag_name(tag) == name
