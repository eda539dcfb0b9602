import threading

from devserve.io.run import outlet
from devserve.io.run.outlet import Outlet


def test_texts_are_written_in_their_order():
    written = []
    out = Outlet(written.append)
    for number in range(1000):
        out.put(f"{number} ")
    out.close()
    assert "".join(written) == "".join(f"{number} " for number in range(1000))
    assert repr(out) == "<Outlet 0 characters behind>"


def test_what_is_flushed_is_written():
    written = []
    out = Outlet(written.append)
    out.flush()
    for text in ("a", "b"):
        out.put(text)
        out.flush()
    assert written == ["a", "b"]
    out.close()


def test_nobody_waits_for_a_terminal_that_is_stopped_and_what_is_kept_for_it_is_bounded(monkeypatch):
    monkeypatch.setattr(outlet, "SECONDS_TO_END", 0.05)
    written, stopped = [], threading.Event()

    def write(text):
        written.append(text)
        stopped.wait()

    out = Outlet(write, full=10, most=100)
    out.put("first")
    for _ in range(1000):
        out.put("12345")
    assert out.is_full
    out.flush()  # gives up
    out.close()  # gives up
    stopped.set()
    out.close()
    assert len("".join(written)) == 100
    assert not out.is_full
