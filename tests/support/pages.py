"""Pages with every place where a snippet may go, and every place that only looks like one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from devserve.proxy.pages.inject import Injector, Slot
from devserve.proxy.pages.placement import placing
from devserve.proxy.pages.tags import POSITIONS, Position

SNIPPET = "<SNIPPET>"

# Each page with ¦ where the snippet goes.
HEAD_START = {
    "whole": "<!doctype html><html lang=en><head>¦<title>x</title></head><body></body></html>",
    "no html tag": "<!DOCTYPE html>\n<head class='a>b'>\n¦<meta charset=utf-8>",
    "no head tag": "<!doctype html>\n¦<title>x</title><p>text",
    "no tag at all": "¦just text",
    "blanks, then text": " \n ¦text",
    "header element": "<!doctype html>¦<header>x</header>",
    "comment first": '<!-- <head> is not here --><!doctype html><!-- x --><html><head data-x="<>">¦<title>',
    "abrupt comments": "<!--><!---><!doctype html>¦<p>",
    "a comment that ends oddly": "<!-- a --!><!doctype html>¦<p>",
    "xml declaration": '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD" "x"><html xmlns="y"><head>¦<p/>',
    "only a prologue": "<!doctype html><html><head>¦",
    "a closed head": "<html><head>¦</head>",
    "an unfinished tag": "<!doctype html>¦<html lang='x",
    "an unfinished comment": "<!doctype html>¦<!-- x",
    "head in a script": "<!doctype html>¦<script>'<head>'</script>",
    "less than": "¦<",
    "a bogus end tag": "</ x>¦<p>",
    "a template": "¦<template><head></template>",
}
HEAD_END = {
    "whole": "<!doctype html><html lang=en><head><title>x</title>¦</head><body></body></html>",
    "no head tags": "<!doctype html><title>x</title>\n¦<body><p>",
    "no end tag": "<head><link rel=icon><style></head></style>¦<p>text",
    "no head": "<!doctype html>\n<html>\n¦<body>",
    "no tag at all": " \n ¦just text",
    "nothing but a head": "<!doctype html><title>x</title>¦",
    "a closed head": "<html><head>¦</head>",
    "content behind the head": "<head>¦</head><script></script><body>",
    "an ended page": "<title>x</title>¦</html>",
    "a stray end tag": "</p><title>x</title>¦<p>",
    "head in a script": "<script>'</head>'</script><!-- </head> --><noscript></head></noscript>¦</head>",
    "head in a template": "<template></head><p></template>¦</head>",
    "head in an attribute": "<meta content='</head>'>¦</head>",
    "header element": "<!doctype html>¦<header>x</header>",
    "a frameset": "<head>¦</head><frameset>",
    "an unfinished title": "<title>x",
    "an unfinished comment": "<title>x</title><!-- x",
}
BODY_START = {
    "whole": "<!doctype html><html><head><title><body></title></head><body class='a>b'>¦<p></body></html>",
    "no body tag": "<!doctype html><title>x</title>\n¦<p>text",
    "text": "<!doctype html><title>x</title> ¦text",
    "body in a script": "<script>'<body>'</script><style><body></style><!-- <body> -->¦<div>",
    "body in a template": "<template><body><p></template>¦<div>",
    "body in an attribute": "<meta content='<body>'>¦<div>",
    "an escaped script": "<script><!-- <script> </script><body> --></script><body>¦x",
    "an ended body": "<html><head></head>¦</html>",
    "only a head": "<title>x</title>¦",
    "a closed head": "</head>¦<h1>",
    "a frameset": "<head></head>¦<frameset>",
    "an unfinished script": "<script>'<body>'",
}
BODY_END = {
    "whole": "<!doctype html><html><body><p>x</p>¦</body></html>",
    "no end tags": "<p>x</p>\n¦",
    "only html": "<p>x¦</html>",
    "body in a script": "<p><script>'</body>'</script><!-- </body> --><textarea></body></textarea>¦</body>",
    "body in a template": "<template></body></template><p>¦",
    "body in an attribute": "<p title='</body>'>¦</body>",
    "body in a foreign title": "<svg><title/><desc></desc></svg>¦</body>",
    "CDATA": "<svg><![CDATA[</body>]]></svg>¦</body>",
    "two bodies": "¦</body><p></body>",
    "a frameset": "<head></head>¦<frameset></frameset>",
    "plain text": "<plaintext></body>",
    "an unfinished tag": "<p><a href='x",
    "an unfinished comment": "<p><!-- x",
    "an unfinished end tag": "<p></",
}
XML = {
    "whole": '<?xml version="1.0"?><!DOCTYPE html><html xmlns="x"><head>¦<title/></head><body/></html>',
    "no head": "<html>\n¦<body/></html>",
    "a subset": '<!DOCTYPE html [<!ENTITY a "<head>">] ><html><head>¦</head></html>',
    "a prefix": "<h:html><h:head>¦</h:head></h:html>",
    "an empty head": "<html>¦<head/></html>",
    "an empty root": "<html/>",
    "another root": "<svg><head></head></svg>",
    "a comment with >": "<!-- > --!> --><html><head>¦</head></html>",
}
XML_END = {
    "whole": '<?xml version="1.0"?><html xmlns="x"><head><title/>¦</head><body/></html>',
    "no head": "<html>\n¦<body/></html>",
    "a prefix": "<h:html><h:head><h:title/>¦</h:head></h:html>",
    "an empty head": "<html>¦<head/></html>",
    "head in a comment": "<html><head><!-- </head> --><title/>¦</head></html>",
    "an unfinished head": "<html><head><title/>",
    "another root": "<svg><head></head></svg>",
}
PLACES = {
    "head-prepend": HEAD_START,
    "head": HEAD_END,
    "body-prepend": BODY_START,
    "body": BODY_END,
    "xml": XML,
    "xml head": XML_END,
}
CASES = [(place, name) for place, pages in PLACES.items() for name in pages]
# With a digit where each of four snippets goes, in the order of POSITIONS.
FOUR = {
    "whole": "<!doctype html><html><head>1<title>x</title>2</head><body>3<p>x</p>4</body></html>",
    "no tags": "<!doctype html>1<title>x</title>23<p>x</p>4",
    "just text": "123text4",
    "no body": "<head>1<title>x</title>2</head>34</html>",
    "no head": "<html>12<body>3x4</body>",
    "nothing in it": "<!doctype html>1234",
    "a frameset": "<head>12</head>34<frameset></frameset>",
    "an unfinished body": "1<title></title>23<p><!-- x",
    "an unfinished head": "1<title>x",
    "an unfinished prologue": "1<!-- x",
}
# What pages of any kind, most of them broken, are put together from.
PIECES = [
    "<!doctype html>", "<html>", "<head a='>'>", "</head>", "<body>", "</body>", "</html>", "<script>", "</script>",
    "<!--", "-->", "--!>", "<template>", "</template>", "<title>", "</title>", "<svg>", "</svg>", "<![CDATA[", "]]>",
    "<p a=\"", "'", "\"", ">", "<", "</", "/", "x", " ", "\n", "-", "!", "<meta charset=x>", "<?x?>", "<plaintext>",
]  # fmt: skip


def page(place: str, name: str) -> str:
    """Return a page as a service sends it."""
    return PLACES[place][name].replace("¦", "")


def expected(place: str, name: str) -> str:
    """Return a page as a browser gets it."""
    return PLACES[place][name].replace("¦", SNIPPET)


def slots(
    snippet: Callable[[Position], str], *positions: Position, xml: bool = False, charset_declared: bool = True
) -> Sequence[Slot]:
    """Return slots for snippets, made of their positions; without one, for all positions."""
    return [
        Slot(placing(position, xml=xml, charset_declared=charset_declared), lambda position=position: snippet(position))
        for position in positions or POSITIONS
    ]


def injector(place: str, snippet: str = SNIPPET, *, charset_declared: bool = True) -> Injector:
    """Return what puts a snippet into a page at one of the PLACES."""
    xml = place.startswith("xml")
    position: Position = {"xml": "head-prepend", "xml head": "head"}.get(place, place)  # type: ignore[assignment]
    return Injector(slots(lambda _: snippet, position, xml=xml, charset_declared=charset_declared), xml=xml)
