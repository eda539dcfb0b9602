import pytest

from devserve.proxy.pages.sniff import LONGEST, sniff


@pytest.mark.parametrize(
    ("start", "verdict"),
    [
        ("<!doctype html>", True),
        ("  \n<HTML lang=en>", True),
        ("<p>x", True),
        ("<!-- x", True),
        ("<br>", True),
        ("<", None),
        ("<!doctype", None),
        ("", None),
        ("<article>", None),
        ("<article> and more text", False),
        ('{"a": "<p>", "b": 1234}', False),
        ("<?xml version='1.0'?>", False),
        (" " * LONGEST, False),
    ],
)
def test_tells_html_by_its_start_as_browsers_do(start, verdict):
    assert sniff(start, last=False) is verdict


@pytest.mark.parametrize(("start", "verdict"), [("<", False), ("<p>", True), ("", False)])
def test_at_the_end_of_the_body_it_is_known(start, verdict):
    assert sniff(start, last=True) is verdict
