"""Pages with every place where a snippet may go, and every place that only looks like one."""

from __future__ import annotations

SNIPPET = "<SNIPPET>"

# Each page with ¦ where the snippet goes.
HEAD = {
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
BODY = {
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
END = {
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
PLACES = {"head": HEAD, "body": BODY, "end": END, "xml": XML}
CASES = [(placement, name) for placement, pages in PLACES.items() for name in pages]
# What pages of any kind, most of them broken, are put together from.
PIECES = [
    "<!doctype html>", "<html>", "<head a='>'>", "</head>", "<body>", "</body>", "</html>", "<script>", "</script>",
    "<!--", "-->", "--!>", "<template>", "</template>", "<title>", "</title>", "<svg>", "</svg>", "<![CDATA[", "]]>",
    "<p a=\"", "'", "\"", ">", "<", "</", "/", "x", " ", "\n", "-", "!", "<meta charset=x>", "<?x?>", "<plaintext>",
]  # fmt: skip


def page(placement: str, name: str) -> str:
    """Return a page as a service sends it."""
    return PLACES[placement][name].replace("¦", "")


def expected(placement: str, name: str) -> str:
    """Return a page as a browser gets it."""
    return PLACES[placement][name].replace("¦", SNIPPET)
