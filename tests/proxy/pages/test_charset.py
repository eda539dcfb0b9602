from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devserve.proxy.pages.charset import Charset

PAGE = "<!doctype html><p>héllo 😀"
CASES = {
    "utf-8": ("utf-8", PAGE.encode(), True),
    "utf-8 with a mark": ("", b"\xef\xbb\xbf" + PAGE.encode(), True),
    "nothing said": ("", PAGE.encode(), False),
    "utf-16 little by its mark": ("", b"\xff\xfe" + PAGE.encode("utf-16-le"), True),
    "utf-16 big by its mark": ("", b"\xfe\xff" + PAGE.encode("utf-16-be"), True),
    "a mark that knows better": ("utf-8", b"\xff\xfe" + PAGE.encode("utf-16-le"), True),
    "utf-16 little as said": ("UTF-16LE", PAGE.encode("utf-16-le"), True),
    "utf-16 as said is little": ('"utf-16"', PAGE.encode("utf-16-le"), True),
    "utf-16 big as said": ("utf-16be", PAGE.encode("utf-16-be"), True),
    "utf-16 by an xml declaration": ("", ("<?xml?>" + PAGE).encode("utf-16-be"), True),
    "legacy": ("shift_jis", PAGE.encode("shift_jis", "replace"), True),
}


@pytest.mark.parametrize("case", CASES)
def test_markup_is_found_and_the_bytes_come_back_whatever_the_cut(case):
    label, page, declared = CASES[case]
    for cut in range(len(page) + 1):
        charset = Charset(label)
        texts = [charset.decode(page[:cut]), charset.decode(page[cut:]), charset.finish()]
        assert "<!doctype html><p>h" in "".join(texts)
        assert b"".join(map(charset.encode, texts)) + charset.end() == page
        assert charset.declared is declared


def test_a_byte_order_mark_is_no_text():
    charset = Charset("")
    assert charset.decode(b"\xef\xbb\xbf<p>") == "<p>"
    assert charset.encode("<x>") + charset.encode("<p>") == b"\xef\xbb\xbf<x><p>"


def test_what_a_charset_lacks_becomes_a_reference():
    charset = Charset("windows-1252")
    charset.decode(b"<p>text")
    assert charset.encode("…") == b"&#8230;"


@given(st.binary(max_size=40), st.sampled_from(["", "utf-8", "utf-16", "utf-16be"]), st.lists(st.integers(0, 40)))
def test_no_byte_is_lost(page, label, cuts):
    charset, places = Charset(label), sorted({0, len(page), *(min(cut, len(page)) for cut in cuts)})
    texts = [charset.decode(page[start:end]) for start, end in pairwise(places)]
    texts.append(charset.finish())
    assert b"".join(map(charset.encode, texts)) + charset.end() == page
