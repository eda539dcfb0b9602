import io

import pytest

from devserve.cli.confirm import confirming
from devserve.errors import UsageError


class Typed(io.StringIO):
    """A terminal at which somebody types."""

    def isatty(self) -> bool:
        return True


def test_yes_asks_nobody(capsys):
    assert confirming(yes=True)("May it?")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("typed", "answer"), [("y\n", True), ("\n", True), ("n\n", False)])
def test_a_person_is_asked_on_stderr(monkeypatch, capsys, typed, answer):
    monkeypatch.setattr("sys.stdin", Typed(typed))
    assert confirming(yes=False)("May it?") is answer
    out, err = capsys.readouterr()
    assert (out, err.startswith("May it? [Y/n]: ")) == ("", True)


def test_where_nobody_is_the_way_without_a_question_is_said():
    with pytest.raises(UsageError, match="nobody can be asked here; run it again with --yes"):
        confirming(yes=False)("May it?")
