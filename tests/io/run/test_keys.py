"""Keys of a real terminal, read by a process of its own."""

from __future__ import annotations

import os
import shlex
import signal
import sys

import psutil
import pytest

from devserve.io.run.keys import in_foreground, keys_in, open_terminal
from support.terminals import on_terminal

READER = """
import asyncio, sys
import uvloop
from devserve.io.run.keys import Keys, open_terminal

def say(text):
    print(f"<{text}>", flush=True)

async def main():
    done = asyncio.Event()

    def pressed(key):
        say(repr(key))
        if key == "q":
            done.set()
        if key == "x":
            asyncio.get_running_loop().call_soon(sys.exit, 3)

    keys = Keys(open_terminal(0), pressed, lambda: say("suspended"), lambda: say("resumed"))
    say("begun")
    await done.wait()
    keys.close()
    say("closed")

loops = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
with asyncio.Runner(loop_factory=loops[sys.argv[1]]) as runner:
    runner.run(main())
"""


@pytest.fixture(params=["asyncio", "uvloop"])
def reader(request):
    return (sys.executable, "-c", READER, request.param)


def test_each_key_comes_at_once_and_unseen_and_the_terminal_is_left_as_it_was(reader):
    with on_terminal(*reader) as terminal:
        assert terminal.echoes
        terminal.wait_for("<begun>")
        assert not terminal.echoes
        terminal.type("wr")
        terminal.wait_for("<'w'>")
        terminal.wait_for("<'r'>")
        terminal.type("q")
        assert terminal.process.wait(10) == 0
        assert terminal.echoes
        assert "wr" not in terminal.text


def test_an_end_that_nobody_planned_leaves_the_terminal_as_it_was(reader):
    with on_terminal(*reader) as terminal:
        terminal.wait_for("<begun>")
        terminal.type("x")
        assert terminal.process.wait(10) == 3
        assert terminal.echoes


def test_ctrl_z_gives_the_terminal_back_and_going_on_takes_it_again(reader):
    with on_terminal(*reader) as terminal:
        terminal.wait_for("<begun>")
        terminal.type("\x1a")
        terminal.wait_for(lambda: terminal.is_stopped)
        assert terminal.echoes
        terminal.wait_for("<suspended>")
        terminal.process.send_signal(signal.SIGCONT)
        terminal.wait_for("<resumed>")
        assert not terminal.echoes
        terminal.wait_again("<'w'>", lambda: terminal.type("w"))
        terminal.type("\x1a")
        terminal.wait_for(lambda: terminal.is_stopped)
        assert terminal.echoes


def test_another_size_is_told(reader):
    with on_terminal(*reader) as terminal:
        terminal.wait_for("<begun>")
        terminal.wait_again("<resumed>", lambda: terminal.resize(24, 40))


def test_in_the_background_it_runs_on_and_touches_nothing_until_it_is_in_front(reader):
    """A shell with job control, which starts it with & and later says fg."""
    script = f"{shlex.join(reader)} & echo job $!. ; read line; echo had $line; fg %1"
    with on_terminal("sh", "-mc", script) as terminal:
        terminal.wait_for("<begun>")
        terminal.wait_for(lambda: "job " in terminal.text and "." in terminal.text)
        assert terminal.echoes
        terminal.type("for the shell\n")
        terminal.wait_for("had for the shell")
        terminal.wait_for("<resumed>")
        terminal.wait_again("<'w'>", lambda: terminal.type("w"))
        pid = int(terminal.text.partition("job ")[2].partition(".")[0])
        assert psutil.Process(pid).status() != psutil.STATUS_STOPPED
        terminal.type("q")
        assert terminal.process.wait(10) == 0
        assert terminal.echoes


def test_what_is_no_terminal_is_not_opened():
    read, write = os.pipe()
    try:
        assert open_terminal(read) is None
        assert not in_foreground(read)
    finally:
        os.close(read)
        os.close(write)


@pytest.mark.parametrize(
    ("text", "keys"), [("", []), ("w", ["w"]), ("r1", ["r", "1"]), ("\x1b[A", ["\x1b[A"]), ("\x1b", ["\x1b"])]
)
def test_an_escape_sequence_is_one_key(text, keys):
    assert keys_in(text) == keys
