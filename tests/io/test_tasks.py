import asyncio
import gc
import logging
import weakref

import pytest

from devserve.errors import ServiceError
from devserve.io.tasks import spawn
from support.running import on_both_loops


async def fails_with(error):
    await asyncio.sleep(0)
    raise error


def levels_logged(caplog):
    return [(record.levelname, record.name) for record in caplog.records if record.levelno >= logging.WARNING]


@on_both_loops
def test_a_task_that_nobody_holds_is_kept_until_it_ends(run):
    async def waits():
        await asyncio.get_running_loop().create_future()

    async def test():
        task = weakref.ref(spawn(waits(), "waits"))
        await asyncio.sleep(0)
        gc.collect()
        assert task() is not None
        task().cancel()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        gc.collect()
        return task()

    assert run(test()) is None


@on_both_loops
def test_a_task_has_its_name_and_result(run):
    async def test():
        task = spawn(asyncio.sleep(0, result=5), "five")
        return task.get_name(), await task

    assert run(test()) == ("five", 5)


@on_both_loops
def test_a_mistake_is_logged_once_with_its_name_and_traceback(run, caplog):
    async def test():
        task = spawn(fails_with(ZeroDivisionError("oops")), "sums")
        await asyncio.wait([task])

    run(test())
    assert levels_logged(caplog) == [("ERROR", "devserve")]
    assert "sums: devserve made a mistake: ZeroDivisionError('oops')" in caplog.text
    assert "in fails_with" in caplog.text


@pytest.mark.parametrize("error", [ServiceError("a sentence"), ConnectionResetError(), asyncio.CancelledError()])
@on_both_loops
def test_what_is_no_mistake_of_devserve_is_not_logged_as_one(run, error, caplog):
    async def test():
        await asyncio.wait([spawn(fails_with(error), "work")])
        gc.collect()

    run(test())
    assert levels_logged(caplog) == []
