import asyncio
import os

import pytest

from devserve.io.unread import broken_when_unread
from support.running import on_both_loops


@on_both_loops
def test_a_wait_ends_when_the_reader_does(run):
    async def scenario():
        reading, writing = os.pipe()
        asyncio.get_running_loop().call_soon(os.close, reading)
        with pytest.raises(BrokenPipeError), broken_when_unread(writing):
            await asyncio.Event().wait()
        await asyncio.sleep(0)  # the task is not cancelled any more
        os.close(writing)

    run(scenario())


@on_both_loops
def test_while_it_is_read_nothing_ends(run):
    async def scenario():
        reading, writing = os.pipe()
        with broken_when_unread(writing):
            os.write(writing, b"x")
            await asyncio.sleep(0)
        with pytest.raises(TimeoutError), broken_when_unread(writing):
            async with asyncio.timeout(0.01):
                await asyncio.Event().wait()
        os.close(reading)
        os.close(writing)

    run(scenario())


def test_what_is_no_pipe_is_left_alone(tmp_path):
    async def scenario():
        with (tmp_path / "file").open("w") as file, broken_when_unread(file.fileno()):
            await asyncio.sleep(0)

    asyncio.run(scenario())
