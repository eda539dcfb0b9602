import asyncio
import re
import signal
import sys
import threading
import time

import pytest

from devserve.io.interrupter import SIGNAL, Interrupter
from devserve.io.run.notices import within
from devserve.io.tasks import spawn
from devserve.plugins import Conduct
from support.hooks import SERVICE, hooks_of
from support.proxied import until

SECONDS = 0.1
LOOPS = "    while True:\n        pass\n"
SLEEPS = "    import time\n    time.sleep(30)\n"
WAITS = "    import socket\n    ours, theirs = socket.socketpair()\n    with ours, theirs:\n        ours.recv(1)\n"
CATCHES = "    import time\n    try:\n        time.sleep(30)\n    except Exception:\n        pass\n"
STUBBORN = """    import time
    while line != "enough":
        try:
            time.sleep(30)
        except BaseException as error:
            caught.append(error)
            if len(caught) == 3: return
"""


def interrupting(conduct):
    return Interrupter(conduct, SECONDS)


@pytest.mark.parametrize("body", [LOOPS, SLEEPS, WAITS, CATCHES])
def test_a_hook_that_does_not_return_is_interrupted_and_named_at_its_line(tmp_path, caplog, body):
    conduct = Conduct()
    hooks = hooks_of(tmp_path, f"@hookimpl\ndef devserve_output():\n{body}", conduct)
    began = time.monotonic()
    with interrupting(conduct):
        assert hooks.output(SERVICE, "x") is None
    assert time.monotonic() - began < 10
    said = "devserve_output was interrupted after 0.1 seconds, in which devserve answered nobody"
    (line,) = caplog.messages
    found = re.fullmatch(rf"web: {tmp_path}/plugin\.py:(\d+): {re.escape(said)}; devserve goes on without it", line)
    assert found is not None
    assert int(found[1]) > 4  # within the function


def test_it_is_switched_off_the_second_time(tmp_path, caplog):
    conduct = Conduct()
    hooks = hooks_of(tmp_path, f"@hookimpl\ndef devserve_output():\n{SLEEPS}", conduct)
    with interrupting(conduct):
        for _ in range(3):
            hooks.output(SERVICE, "x")
    assert [("goes on without" in each, "is switched off" in each) for each in caplog.messages] == [
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize("body", [LOOPS, SLEEPS])
def test_an_async_hook_that_keeps_the_loop_is_interrupted_but_not_one_that_waits(tmp_path, caplog, body):
    conduct = Conduct()
    source = f"import asyncio\n@hookimpl\nasync def devserve_ready(service):\n    await asyncio.sleep(0)\n{body}"
    waits = f"@hookimpl\nasync def devserve_exit(service):\n    await asyncio.sleep({SECONDS * 3})\n"
    hooks = hooks_of(tmp_path, source + waits, conduct)

    async def scene() -> None:
        with interrupting(conduct):
            await hooks.ready(SERVICE, within)
            await hooks.exit(SERVICE, 0, within)

    asyncio.run(scene())
    (line,) = caplog.messages
    assert f"{tmp_path}/plugin.py:" in line
    assert "devserve_ready was interrupted after" in line


def test_an_async_hook_that_gives_the_loop_back_in_time_is_left_alone_however_often_it_is_seen_at_work(
    tmp_path, caplog
):
    conduct = Conduct()
    works = f"    for _ in range(40):\n        time.sleep({SECONDS / 10})\n        await asyncio.sleep(0)\n"
    source = f"import asyncio, time\n@hookimpl\nasync def devserve_ready():\n{works}"
    hooks = hooks_of(tmp_path, source, conduct)

    async def scene() -> None:
        with interrupting(conduct):
            await hooks.ready(SERVICE, within)

    asyncio.run(scene())
    assert caplog.messages == []


def test_discovery_that_keeps_the_loop_is_interrupted(tmp_path, caplog):
    conduct = Conduct()
    source = f"import asyncio\n@hookimpl\nasync def devserve_discover(project):\n    yield []\n{LOOPS}"
    hooks = hooks_of(tmp_path, source, conduct)

    async def follow() -> list[object]:
        (found,) = hooks.discoveries().values()
        return [each async for each in found]

    async def scene() -> None:
        with interrupting(conduct):
            assert await spawn(follow(), "follow") == [[]]

    asyncio.run(scene())
    assert "devserve_discover was interrupted after" in caplog.text


def test_what_cannot_be_interrupted_is_named_while_it_runs(tmp_path, caplog):
    conduct = Conduct()
    hooks = hooks_of(tmp_path, f"caught = []\n@hookimpl\ndef devserve_output(line):\n{STUBBORN}", conduct)
    with interrupting(conduct):
        assert hooks.output(SERVICE, "x") is None
    (line,) = caplog.messages
    assert re.match(rf"web: {tmp_path}/plugin\.py:\d+: devserve_output does not return and cannot be interrupted", line)
    assert "end devserve with: kill -9 " in line


def test_a_hook_that_a_debugger_holds_is_not_interrupted(tmp_path):
    conduct = Conduct()
    source = f"import time\n@hookimpl\ndef devserve_output():\n    time.sleep({SECONDS * 3})\n    return Problem('x')\n"
    hooks = hooks_of(tmp_path, source, conduct)
    before = sys.gettrace()
    with interrupting(conduct):
        sys.settrace(lambda *_: None)
        try:
            assert hooks.output(SERVICE, "x") is not None
        finally:
            sys.settrace(before)


def test_outside_of_the_main_thread_a_hook_is_named(tmp_path, caplog):
    conduct = Conduct()
    source = "import time\ngo = []\n@hookimpl\ndef devserve_output():\n    while not go: time.sleep(0.01)\n"
    hooks = hooks_of(tmp_path, source, conduct)
    (module,) = {each.plugin.module for each in hooks.implementations() if each.plugin.is_file}

    def called() -> None:
        with interrupting(conduct):
            hooks.output(SERVICE, "x")

    async def scene() -> None:
        thread = threading.Thread(target=called)
        thread.start()
        async with asyncio.timeout(10):
            await until(lambda: "plugin.py:7: devserve_output does not return" in caplog.text)
        module.go.append("on")
        thread.join()

    asyncio.run(scene())


def test_a_hook_that_takes_long_at_the_start_is_named_and_waited_for(tmp_path, caplog):
    conduct = Conduct()
    hooks = hooks_of(
        tmp_path, f"import time\n@hookimpl\ndef devserve_output():\n    time.sleep({SECONDS * 4})\n", conduct
    )
    with Interrupter(conduct, SECONDS, starting=True):
        hooks.output(SERVICE, "x")
    said = "devserve_output has not returned for 0.1 seconds; devserve waits, Ctrl-C ends it"
    assert caplog.messages == [f"web: {tmp_path}/plugin.py:6: {said}"]


def test_a_hook_in_another_thread_is_named_and_what_is_done_in_time_is_left_alone(tmp_path, caplog):
    conduct = Conduct()
    hooks = hooks_of(
        tmp_path, "@hookimpl\ndef devserve_output(line):\n    import time\n    time.sleep(float(line))\n", conduct
    )

    async def scene() -> None:
        with interrupting(conduct):
            await asyncio.to_thread(hooks.output, SERVICE, str(SECONDS * 4))
            for _ in range(40):
                hooks.output(SERVICE, str(SECONDS / 10))

    asyncio.run(scene())
    said = "devserve_output has not returned for 0.1 seconds; what is saved counts once it has"
    assert caplog.messages == [f"web: {tmp_path}/plugin.py:6: {said}"]


def test_all_is_as_it_was_afterwards():
    conduct = Conduct()
    before = signal.getsignal(SIGNAL)
    with interrupting(conduct) as made:
        assert signal.getsignal(SIGNAL) != before
        assert repr(made) == "<Interrupter of what takes longer than 0.1 s>"
        signal.raise_signal(SIGNAL)  # whoever sends it: nothing is called, so nothing is interrupted
    assert signal.getsignal(SIGNAL) == before
