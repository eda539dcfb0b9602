from devserve.io.dashboard.near_log import NearLog


class Printing:
    """A service that has printed these lines."""

    def __init__(self, *lines: str) -> None:
        self.lines = list(lines)

    def lines_after(self, number):
        return len(self.lines), self.lines[number:]


def test_lines_are_told_once_and_those_of_a_successor_from_its_first():
    web = Printing("one", "two")
    running = {"web": web}
    log = NearLog(running, "web")
    assert (log.take(), log.take()) == (["one", "two"], [])
    web.lines.append("three")
    assert log.take() == ["three"]
    running["web"] = Printing("anew")
    assert log.take() == ["anew"]
    del running["web"]
    assert log.take() == ()
    log.close()
