from devserve.proxy.pages.zstandard import ZstdDecoder, ZstdEncoder
from support import zstd


def test_frames_are_decoded_one_after_the_other_in_pieces_no_larger_than_said():
    decoder = ZstdDecoder(1000)
    pieces = list(decoder.feed(zstd.compress(b"a" * 5000) + zstd.compress(b"b" * 10)))
    assert b"".join(pieces) == b"a" * 5000 + b"b" * 10
    assert max(map(len, pieces)) == 1000
    assert decoder.whole


def test_a_frame_is_whole_only_at_its_end():
    encoder, decoder = ZstdEncoder(), ZstdDecoder(1000)
    assert list(decoder.feed(encoder.encode(b"abc"))) == [b"abc"]
    assert not decoder.whole
    assert list(decoder.feed(encoder.end())) == []
    assert decoder.whole
