import pytest

from devserve.dashboard.ansi import LONGEST, MOST_PIECES, is_error, pieces


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("plain", [("plain", "")]),
        ("", []),
        ("\x1b[32mgreen\x1b[m plain", [("green", "fg-green"), (" plain", "")]),
        ("\x1b[1;31mbad\x1b[22m less\x1b[0m", [("bad", "fg-red bold"), (" less", "fg-red")]),
        ("\x1b[91;44mx", [("x", "fg-red bg-blue")]),
        ("\x1b[2;3;4mx\x1b[23;24my\x1b[39;49mz", [("x", "faint italic underline"), ("y", "faint"), ("z", "faint")]),
        ("\x1b[38;5;196mx\x1b[38;2;1;2;3my\x1b[48;5;1;1mz", [("x", ""), ("y", ""), ("z", "bold")]),
        ("\x1b[38:5:1mx", [("x", "")]),
        ("\x1b[99999999999m\x1b[;;mx", [("x", "")]),
        ("\x1b[38mx\x1b[38;5mx", [("x", ""), ("x", "")]),
        ("a\x1b[2Jb\x07c\x1b[", [("abc", "")]),
        ("<script>alert(1)</script>", [("<script>alert(1)</script>", "")]),
    ],
)
def test_a_line_becomes_pieces_with_classes(line, expected):
    assert pieces(line) == expected


def test_a_line_has_bounds():
    assert sum(len(text) for text, _ in pieces("x" * 10 * LONGEST)) == LONGEST
    assert len(pieces("\x1b[1mx\x1b[mx" * 1000)) <= MOST_PIECES


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Traceback (most recent call last):", True),
        ("\x1b[31mER\x1b[1mROR\x1b[m here", True),
        ("TypeError: x is undefined", True),
        ("Error: listen EADDRINUSE", True),
        ("terrors", False),
        ("12 passed, 0 failed", False),
        ("all is well", False),
    ],
)
def test_knows_what_looks_like_an_error(line, expected):
    assert is_error(line) is expected
