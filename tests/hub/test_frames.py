import pytest

from devserve.errors import RemoteProtocolError
from devserve.hub.frames import LONGEST, Frames, frame

MESSAGES = [({"join": 1}, b""), ({"connection": "https"}, b"\x16\x03\n{}\n"), ({"roster": ["ü"]}, b"x" * 300)]


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_frames_are_the_same_however_they_are_cut(size):
    stream = b"".join(frame(message, data) for message, data in MESSAGES)
    frames = Frames()
    found = [each for at in range(0, len(stream), size) for each in frames.feed(stream[at : at + size])]
    assert found == [({**message, "size": len(data)}, data) for message, data in MESSAGES]


@pytest.mark.parametrize(
    "data",
    [
        b"hello\n",
        b"[1]\n",
        b"{}\n",
        b'{"size": -1}\n',
        b'{"size": "1"}\n',
        b'{"size": 9999999999}\n',
        b"[" * 9999 + b"\n",
    ],
)
def test_what_is_no_frame_is_refused(data):
    with pytest.raises(RemoteProtocolError):
        list(Frames().feed(data))


def test_a_line_without_an_end_is_refused():
    frames = Frames()
    assert list(frames.feed(b"x" * LONGEST)) == []
    with pytest.raises(RemoteProtocolError, match="has no end"):
        list(frames.feed(b"x"))
