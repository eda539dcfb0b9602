import asyncio
import logging
from contextlib import suppress
from types import SimpleNamespace

import pytest

from devserve.io.run.notices import Notices, within
from devserve.run.lifecycle import State
from support.hooks import SERVICE, hooks_of
from support.proxied import run, until

TELLING = """
import logging
log = logging.getLogger("heard").info
@hookimpl
async def devserve_ready(service): log(f"ready {service.name}")
@hookimpl
def devserve_exit(status): log(f"exit {status}")
@hookimpl
async def devserve_reloaded(paths, browsers): log(f"reloaded {paths} {browsers}")
"""


def standing(state, exits=0, status=0):
    return SimpleNamespace(state=state, exits=exits, exit_status=status)


def test_plugins_are_told_of_one_thing_after_the_other(tmp_path, caplog):
    async def scene() -> None:
        notices = Notices(SERVICE, hooks_of(tmp_path, TELLING))
        notices.state(standing(State.STARTING))
        notices.state(standing(State.READY))
        notices.reloaded(("a.css",), 2)
        notices.state(standing(State.BACKING_OFF, 1, -9))
        notices.state(standing(State.STARTING, 1, -9))
        await notices.close()

    with caplog.at_level(logging.INFO, "heard"):
        run(scene())
    assert caplog.messages == ["ready web", "reloaded ('a.css',) 2", "exit -9"]


def test_nobody_is_told_what_nobody_wants_to_hear(tmp_path):
    async def scene() -> None:
        notices = Notices(SERVICE, hooks_of(tmp_path))
        notices.state(standing(State.READY))
        assert "0 running" in repr(notices)

    run(scene())


@pytest.mark.parametrize(("error", "said"), [("KeyError('x')", "KeyError: 'x'"), ("SystemExit('x')", "SystemExit: x")])
def test_an_async_hook_that_fails_is_named_and_that_is_all(tmp_path, caplog, error, said):
    async def scene() -> None:
        notices = Notices(SERVICE, hooks_of(tmp_path, f"@hookimpl\nasync def devserve_ready():\n    raise {error}\n"))
        notices.state(standing(State.READY))
        await notices.close()

    run(scene())
    assert caplog.messages == [f"web: {tmp_path}/plugin.py:5: {said}; devserve goes on without it"]


@pytest.mark.parametrize("stubborn", [False, True])
def test_a_hook_that_never_returns_is_left_behind(stubborn):
    async def scene() -> None:
        going_on, ended = asyncio.Event(), asyncio.Event()

        async def never() -> None:
            with suppress(asyncio.CancelledError if stubborn else ZeroDivisionError):
                await asyncio.Event().wait()
            await going_on.wait()
            ended.set()

        with pytest.raises(TimeoutError, match=r"has not returned within 0.01 seconds and is left behind"):
            await within(never(), 0.01)
        going_on.set()
        if stubborn:
            await until(ended.is_set)

    run(scene())


def test_the_end_of_devserve_waits_for_no_hook_for_long(tmp_path, monkeypatch):
    async def scene() -> None:
        source = "import asyncio\n@hookimpl\nasync def devserve_ready(): await asyncio.Event().wait()\n"
        notices = Notices(SERVICE, hooks_of(tmp_path, source))
        notices.state(standing(State.READY))
        await notices.close()
        await until(lambda: "0 running" in repr(notices))

    monkeypatch.setattr("devserve.io.run.notices.AT_THE_END", 0.01)
    run(scene())


def test_a_hook_that_never_returns_is_named_with_its_line(tmp_path, caplog):
    async def scene() -> None:
        hooks = hooks_of(
            tmp_path, "import asyncio\n@hookimpl\nasync def devserve_ready(): await asyncio.Event().wait()\n"
        )
        await hooks.ready(SERVICE, lambda result: within(result, 0.01))

    run(scene())
    assert (
        f"web: {tmp_path}/plugin.py:5: devserve_ready has not returned within 0.01 seconds and is left" in caplog.text
    )
