import gzip
import zlib

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from devserve.errors import RemoteProtocolError
from devserve.http1 import Headers
from devserve.proxy.pages.codings import PIECE, Codings, acceptable, known
from support import zstd
from support.coded import flushed

TEXT = b"<!doctype html><html><head><title>x</title></head><body>" + b"<p>some text and more of it</p>" * 300


def raw_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15)
    return compressor.compress(data) + compressor.flush()


def gzip_br(data: bytes) -> bytes:
    return brotli.compress(gzip.compress(data))


CODED = {
    "identity": ((), lambda data: data),
    "gzip": (("gzip",), gzip.compress),
    "x-gzip": (("x-gzip",), gzip.compress),
    "deflate": (("deflate",), zlib.compress),
    "raw deflate": (("deflate",), raw_deflate),
    "br": (("br",), brotli.compress),
    "zstd": (("zstd",), zstd.compress),
    "gzip and br": (("gzip", "br"), gzip_br),
    "two gzip members": (("gzip",), lambda data: gzip.compress(data[:100]) + gzip.compress(data[100:])),
    "two zstd frames": (("zstd",), lambda data: zstd.compress(data[:100]) + zstd.compress(data[100:])),
    "a zstd frame to skip": (
        ("zstd",),
        lambda data: zstd.compress(data[:9]) + b"\x51\x2a\x4d\x18\x02\0\0\0xx" + zstd.compress(data[9:]),
    ),
}


def decoded(names: tuple[str, ...], *chunks: bytes) -> bytes:
    codings = Codings(names)
    return b"".join(piece for chunk in chunks for piece in codings.decode(chunk))


@pytest.mark.parametrize("case", CODED)
@pytest.mark.parametrize("text", [b"", b"x", TEXT], ids=["empty", "a byte", "a page"])
def test_decodes_whatever_the_cut(case, text):
    names, encode = CODED[case]
    body = encode(text)
    for cut in range(len(body) + 1):
        assert decoded(names, body[:cut], body[cut:]) == text
    assert decoded(names, *(body[place : place + 1] for place in range(len(body)))) == text


@pytest.mark.parametrize("case", CODED)
def test_what_is_encoded_can_be_decoded_at_once_and_has_an_end(case):
    names, encode = CODED[case]
    ours, theirs = Codings(names), Codings(names)
    list(ours.decode(encode(TEXT)))  # what it was tells how to wrap it
    assert ours.whole
    for start in range(0, len(TEXT), 1000):
        part = TEXT[start : start + 1000]
        assert b"".join(theirs.decode(ours.encode(part))) == part
    assert b"".join(theirs.decode(ours.end())) == b""
    assert theirs.whole


@pytest.mark.parametrize(
    ("case", "strict"),
    [("gzip", gzip.decompress), ("deflate", zlib.decompress), ("br", brotli.decompress), ("zstd", zstd.decompress)],
)
def test_other_decoders_take_what_is_encoded(case, strict):
    names, encode = CODED[case]
    codings = Codings(names)
    list(codings.decode(encode(TEXT)))
    assert strict(codings.encode(TEXT[:99]) + codings.encode(b"") + codings.encode(TEXT[99:]) + codings.end()) == TEXT


def test_deflate_keeps_the_wrapper_that_it_had():
    for encode, wrapper in ((zlib.compress, 15), (raw_deflate, -15)):
        codings = Codings(("deflate",))
        list(codings.decode(encode(TEXT)))
        assert zlib.decompress(codings.encode(TEXT) + codings.end(), wrapper) == TEXT


@pytest.mark.parametrize("case", [case for case in CODED if case != "identity"])
def test_knows_a_body_that_breaks_off(case):
    names, encode = CODED[case]
    codings = Codings(names)
    list(codings.decode(encode(TEXT)[:-1]))
    assert not codings.whole


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_flush_of_the_service_lets_everything_before_it_through(name):
    first, second, last = flushed(name, TEXT[:500], TEXT[500:])
    ours, theirs = Codings((name,)), Codings((name,))
    sent = b"".join(ours.encode(piece) for piece in ours.decode(first))
    assert b"".join(theirs.decode(sent)) == TEXT[:500]
    sent = b"".join(ours.encode(piece) for piece in ours.decode(second + last)) + ours.end()
    assert b"".join(theirs.decode(sent)) == TEXT[500:]


@pytest.mark.parametrize("case", ["gzip", "deflate", "br", "zstd"])
def test_a_small_body_that_decodes_to_much_comes_in_pieces(case):
    names, encode = CODED[case]
    size = 20 * 1024 * 1024
    pieces = [len(piece) for piece in Codings(names).decode(encode(b"x" * size))]
    assert sum(pieces) == size
    assert max(pieces) <= 2 * PIECE


@pytest.mark.parametrize(
    ("names", "body"),
    [
        (("gzip",), TEXT),
        (("gzip",), gzip.compress(TEXT, mtime=0)[:20] + b"\xff" * 40),
        (("deflate",), TEXT),
        (("br",), TEXT),
        (("zstd",), TEXT),
        (("gzip", "br"), brotli.compress(TEXT)),
    ],
    ids=["no gzip", "broken gzip", "no deflate", "no br", "no zstd", "no gzip in br"],
)
def test_says_what_a_body_is_not(names, body):
    with pytest.raises(RemoteProtocolError, match=f"the body is not {', '.join(names)}"):
        decoded(names, body)


def test_a_zstd_window_that_no_browser_takes_is_refused():
    large = zstd.compress(b"x" * 1000, options={zstd.CompressionParameter.window_log: 27})
    streamed = zstd.ZstdCompressor(options={zstd.CompressionParameter.window_log: 27})
    body = streamed.compress(b"x" * 1000) + streamed.flush()
    assert decoded(("zstd",), large) == b"x" * 1000  # its size is known: the window is no larger
    with pytest.raises(RemoteProtocolError):
        decoded(("zstd",), body)


def test_what_follows_the_end_of_br_is_a_mistake_wherever_it_comes():
    for chunks in ([brotli.compress(TEXT) + b"\0"], [brotli.compress(TEXT), b"\0"]):
        with pytest.raises(RemoteProtocolError):
            decoded(("br",), *chunks)


@pytest.mark.parametrize("case", ["gzip", "deflate", "zstd"])
def test_what_follows_the_end_is_ignored(case):
    names, encode = CODED[case]
    assert decoded(names, encode(TEXT) + b"\0\0\0\0trailing") == TEXT
    assert decoded(names, encode(TEXT), b"\0", b"\0\0\0trailing") == TEXT


@given(st.binary(max_size=300), st.sampled_from(["gzip", "deflate", "br", "zstd"]), st.integers(0, 300))
def test_whatever_the_bytes_they_are_decoded_alike_or_refused_alike(body, name, cut):
    def outcome(*chunks: bytes) -> bytes:
        got = b""
        codings = Codings((name,))
        try:
            for chunk in chunks:
                for piece in codings.decode(chunk):
                    got += piece
        except RemoteProtocolError:
            return got + b" and a mistake"
        return got

    whole, halves = outcome(body), outcome(body[:cut], body[cut:])
    assert whole.endswith(b"a mistake") == halves.endswith(b"a mistake")


@pytest.mark.parametrize(
    ("elements", "names"),
    [
        ([], ()),
        ([b"identity"], ()),
        ([b"gzip"], ("gzip",)),
        ([b"gzip", b"br"], ("gzip", "br")),
        ([b"compress"], None),
        ([b"gzip", b"dcz"], None),
        ([b"gzip"] * 4, None),
    ],
)
def test_knows_which_codings_it_can_decode(elements, names):
    assert known(elements) == names


@pytest.mark.parametrize(
    ("accepted", "kept"),
    [
        (b"gzip, deflate, br, zstd", b"gzip, deflate, br, zstd"),
        (b"gzip;q=1.0, *;q=0.5", b"gzip;q=1.0"),
        (b"GZIP,dcb, dcz", b"gzip"),
        (b"br ; q=0.1, identity;q=0", b"br ; q=0.1, identity;q=0"),
        (b"*", b"identity"),
        (b"", b"identity"),
    ],
)
def test_asks_only_for_what_it_can_decode(accepted, kept):
    assert acceptable(Headers([(b"Accept-Encoding", accepted)]).tokens(b"accept-encoding")) == kept
