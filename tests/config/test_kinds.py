from signal import SIGHUP, SIGTERM

import pytest

from devserve.config import kinds


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("30s", 30.0),
        ("500ms", 0.5),
        ("2m", 120.0),
        ("1.5s", 1.5),
        ("0s", 0.0),
        (3, 3.0),
        (0.25, 0.25),
        ("1440m", 86400.0),
    ],
)
def test_a_duration_is_a_text_with_a_unit_or_a_number_of_seconds(written, seconds):
    assert kinds.seconds(written) == seconds


@pytest.mark.parametrize(
    "written",
    ["30", "s", "1h", "-1s", "1 s", "1s ", "\u0661s", True, None, [], -1, 86401, float("nan"), float("inf"), 10**400],
)
def test_refuses_what_is_no_duration(written):
    with pytest.raises(ValueError, match="a duration"):
        kinds.seconds(written)


def test_refuses_to_wait_for_no_time():
    assert kinds.more_than_nothing(0.1) == 0.1
    with pytest.raises(ValueError, match="more than 0 seconds"):
        kinds.more_than_nothing(0.0)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("npm start", ("npm", "start")),
        ('sh -c "a && b; c"', ("sh", "-c", "a && b; c")),
        ("psql -c 'select 1;'", ("psql", "-c", "select 1;")),
        ("serve -l $PORT # not a comment", ("serve", "-l", "$PORT", "#", "not", "a", "comment")),
        ("curl http://localhost/?a=1&b=2", ("curl", "http://localhost/?a=1&b=2")),
        ("a\\ b ''", ("a b", "")),
        (["echo", "a && b", ""], ("echo", "a && b", "")),
    ],
)
def test_a_command_is_split_like_a_shell_would(written, words):
    assert kinds.words_of(written) == words


@pytest.mark.parametrize(
    ("written", "fix"),
    [
        ("cd app && npm start", '["sh", "-c", "cd app && npm start"]'),
        ("a; b", '["sh", "-c", "a; b"]'),
        ("a | b", '"|" means nothing'),
        ("a > log", '">" means nothing'),
        ("DEBUG=1 npm start", 'move "DEBUG" to env'),
    ],
)
def test_refuses_what_only_a_shell_understands_and_says_what_to_write(written, fix):
    with pytest.raises(ValueError, match="one command") as caught:
        kinds.words_of(written)
    assert fix in caught.value.args[1]


@pytest.mark.parametrize("written", ["", "  ", [], [""], ["a", 1], {"a": 1}, 3, "a\0b", ["a", "\0"], 'a "b'])
def test_refuses_what_is_no_command(written):
    with pytest.raises(ValueError, match="a command"):
        kinds.words_of(written)


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("/", "/"),
        ("/api", "/api"),
        ("/api/", "/api"),
        ("/a/b%20c", "/a/b%20c"),
        ("/größe", "/gr%C3%B6%C3%9Fe"),
        ("/@scope/~me", "/@scope/~me"),
    ],
)
def test_a_path_is_written_as_it_is_compared(written, path):
    assert kinds.path_prefix(written) == path


@pytest.mark.parametrize("written", ["", "api", "/a b", "/a?b", "/a#b", "/a//b", "/./a", "/../a", "/a/..", "/a\0"])
def test_refuses_a_path_that_no_request_has(written):
    with pytest.raises(ValueError, match="a path"):
        kinds.path_prefix(written)


def test_a_target_may_have_a_query():
    assert kinds.target("/health?deep=1") == "/health?deep=1"


@pytest.mark.parametrize("written", ["", "health", "http://web.test/", "/a b", "/a#b", "/a\r\nHost: x"])
def test_refuses_what_cannot_be_asked_for(written):
    with pytest.raises(ValueError, match="the path"):
        kinds.target(written)


@pytest.mark.parametrize(("written", "signal"), [("TERM", SIGTERM), ("SIGTERM", SIGTERM), ("HUP", SIGHUP)])
def test_a_signal_has_its_name_with_or_without_sig(written, signal):
    assert kinds.signal(written) is signal


@pytest.mark.parametrize("written", ["term", "STOP", "", 15, None])
def test_refuses_a_signal_that_ends_nothing(written):
    with pytest.raises(ValueError, match="one of"):
        kinds.signal(written)


def test_texts_have_no_nul_and_names_are_not_empty():
    assert (kinds.plain(""), kinds.filled("a")) == ("", "a")
    with pytest.raises(ValueError, match="NUL"):
        kinds.plain("a\0")
    with pytest.raises(ValueError, match="not empty"):
        kinds.filled("")


@pytest.mark.parametrize("name", ["1A", "A-B", "A B", "", "Ä", "A="])
def test_refuses_names_that_no_environment_has(name):
    assert kinds.variable("LOG_2") == "LOG_2"
    with pytest.raises(ValueError, match="the name of a variable"):
        kinds.variable(name)
