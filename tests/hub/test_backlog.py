from devserve.hub import backlog
from devserve.hub.backlog import Backlog
from devserve.hub.orders import Line, Note


def test_gives_each_line_once_in_its_order():
    kept = Backlog()
    lines = [Line("web", str(number)) for number in range(3)]
    for line in lines:
        kept.add(line)
    assert kept.take() == lines
    assert kept.take() == []


def test_the_oldest_lines_go_and_are_counted(monkeypatch):
    monkeypatch.setattr(backlog, "MOST_LINES", 2)
    kept = Backlog()
    for number in range(5):
        kept.add(Line("web", str(number)))
    assert kept.take() == [
        Note("3 lines came faster than they were read and are left out"),
        Line("web", "3"),
        Line("web", "4"),
    ]
    kept.add(Line("web", "5"))
    assert kept.take() == [Line("web", "5")]


def test_long_lines_take_the_room_of_many(monkeypatch):
    monkeypatch.setattr(backlog, "MOST_SIZE", 10)
    kept = Backlog()
    for text in ("x" * 6, "y" * 6, "z" * 11):
        kept.add(Line("web", text))
    assert [type(each) for each in kept.take()] == [Note]
