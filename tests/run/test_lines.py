import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from devserve.run.lines import LONGEST_LINE, LineSplitter, Ring, color_index, plain


def split(*parts):
    splitter = LineSplitter()
    return [line for part in parts for line in splitter.feed(part)] + splitter.close()


STREAMS = {
    "nothing": (b"", []),
    "LF": (b"a\nb\n", ["a", "b"]),
    "CR LF": (b"a\r\nb\r\n", ["a", "b"]),
    "CR CR LF, as a terminal makes it of CR LF": (b"a\r\r\nb", ["a", "b"]),
    "an empty line": (b"a\n\nb\n", ["a", "", "b"]),
    "a screen scrolled empty, as by Vite": (b"a\r\n\r\n\r\n\r\n\x1b[1;1H\x1b[0J\r\n  vite\n", ["a", "", "  vite"]),
    "two paragraphs": (b"a\n\nb\n\n\n\nc\n\n", ["a", "", "b", "", "c", ""]),
    "no newline at the end": (b"a\nb", ["a", "b"]),
    "a progress bar": (b"10 %\r50 %\r100 %\nnext\n", ["100 %", "next"]),
    "a progress bar that goes on": (b"10 %\r50 %\r", ["50 %"]),
    "a CR before text": (b"\rtext\n", ["text"]),
    "several bytes a character": ("grüße 🎉\n".encode(), ["grüße 🎉"]),
    "bytes that are no UTF-8": (b"a\xffb\n", ["a\ufffdb"]),
    "colours stay": (b"\x1b[1;31mred\x1b[0m\x1b[m\n", ["\x1b[1;31mred\x1b[0m\x1b[m"]),
    "the screen is not cleared": (b"\x1bc\x1b[2J\x1b[3J\x1b[Hvite\n", ["vite"]),
    "the cursor is not moved": (b"\x1b[?25l\x1b[1A\x1b[2Kdone\x1b[?25h\n", ["done"]),
    "the title is not set": (b"\x1b]0;title\x07a\x1b]8;;http://x\x1b\\b\n", ["ab"]),
    "the clipboard is not written": (b"\x1b]52;c;ZXZpbA==\x07a\x1bPq\x1b\\b\n", ["ab"]),
    "the keyboard's mode is not set": (b"\x1b[>4;2ma\x1b[?1m\x1b=\x1b(Bb\n", ["ab"]),
    "an unfinished sequence": (b"a\x1b\nb\x1b[\nc\x1b]0;t\n", ["a", "b", "c"]),
    "no bell, a tab": (b"\x07a\tb\x00\x08\n", ["a\tb"]),
    "8-bit controls": ("\x9b2Ja\n".encode(), ["2Ja"]),
    "a line of the greatest length": (b"x" * LONGEST_LINE + b"\n", ["x" * LONGEST_LINE]),
    "a line too long": (b"x" * (LONGEST_LINE + 1) + b"\ny\n", ["x" * LONGEST_LINE, "x", "y"]),
    "a line too long with a CR": (b"x" * (LONGEST_LINE + 3) + b"\ry\n", ["x" * LONGEST_LINE, "y"]),
    "no character is cut in two": ("€".encode() * 21846 + b"\n", ["€" * 21845, "€"]),
    "no end of continuation bytes": (b"\x80" * (LONGEST_LINE + 1), ["\ufffd" * LONGEST_LINE, "\ufffd"]),
}


@pytest.mark.parametrize(("stream", "lines"), STREAMS.values(), ids=STREAMS)
def test_a_stream_is_cut_into_lines(stream, lines):
    assert split(stream) == lines


@pytest.mark.parametrize("stream", [stream for stream, _ in STREAMS.values() if len(stream) < 100])
def test_lines_do_not_depend_on_the_cut(stream):
    for cut in range(len(stream) + 1):
        assert split(stream[:cut], stream[cut:]) == split(stream)


PARTS = {"a": b"a", "cr": b"\r", "lf": b"\n", "half": "€".encode()[:2], "escape": b"\x1b[", "m": b"m"}
PARTS["long"] = b"x" * (LONGEST_LINE - 1)


@given(st.lists(st.sampled_from(sorted(PARTS))))
@example(["lf", "a", "a", "long"])
def test_lines_do_not_depend_on_many_cuts(names):
    parts = [PARTS[name] for name in names]
    assert split(*parts) == split(b"".join(parts))


def test_a_line_without_end_is_not_held():
    splitter = LineSplitter()
    lengths = [len(line) for _ in range(2560) for line in splitter.feed(b"x" * 4096)]
    assert set(lengths) == {LONGEST_LINE}
    assert sum(lengths) >= 10 * 1024 * 1024 - LONGEST_LINE


@pytest.mark.parametrize(
    ("ring", "kept"),
    [
        (Ring(most_lines=2), ("c", "dd")),
        (Ring(most_bytes=3), ("c", "dd")),
        (Ring(most_bytes=1), ()),
        (Ring(most_bytes=100), ("aaa", "bbb", "c", "dd")),
    ],
)
def test_a_ring_keeps_the_last_lines(ring, kept):
    for line in ("aaa", "bbb", "c", "dd"):
        ring.append(line)
    assert ring.lines() == kept


def test_a_ring_counts_the_bytes_it_keeps():
    ring = Ring(most_lines=2)
    for line in ("a", "€", "bb"):
        ring.append(line)
    assert repr(ring) == "<Ring 2 lines, 5 bytes>"


def test_a_ring_knows_when_each_line_came():
    ring = Ring(most_lines=2)
    for at, line in enumerate("abc"):
        ring.append(line, float(at))
    assert ring.timed() == ((1.0, "b"), (2.0, "c"))


def test_plain_takes_the_colours_away():
    assert plain("\x1b[1;32mready\x1b[0m on \x1b[38;5;7m3001\x1b[m") == "ready on 3001"


def test_a_name_has_the_same_colour_in_every_run():
    assert [color_index(name, 6) for name in ("compose", "contacts", "mail")] == [4, 5, 0]
    assert {color_index(f"service-{number}", 6) for number in range(50)} == set(range(6))
