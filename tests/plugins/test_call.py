import asyncio
import itertools
import sys

import pytest

from devserve.plugins import Conduct
from devserve.plugins.call import Call, Steps
from support.hooks import hooks_of


@pytest.fixture
def each(tmp_path):
    hooks = hooks_of(tmp_path, "@hookimpl\ndef devserve_output(line): return line()\n")
    (found,) = [each for each in hooks.implementations() if each.plugin.is_file]
    return found


def counting_conduct():
    return Conduct(clock=itertools.count().__next__)


def test_a_call_is_counted_and_known_while_it_has_the_loop(each):
    conduct = counting_conduct()
    with Call(each, conduct, "web") as call:
        assert conduct.calling == {0: call}
        call.pause()
        assert conduct.calling == {}
    assert (each.calls, each.last, each.seconds) == (1, 1, 1)
    with pytest.raises(KeyError), Call(each, conduct, "web", counts=False):
        raise KeyError
    assert (each.calls, each.seconds, conduct.calling) == (1, 2, {})


def test_each_thread_is_in_a_call_of_its_own(each):
    conduct = counting_conduct()
    with Call(each, conduct, "web") as call:
        conduct.thread = lambda: 1
        with Call(each, conduct, "api") as other:
            assert conduct.calling == {0: call, 1: other}
        assert conduct.calling == {0: call}


def test_a_call_says_the_line_of_its_plugin_that_a_thread_is_in(each, tmp_path):
    call = Call(each, Conduct(), "web")
    place = f"{tmp_path}/plugin.py:4"
    assert call.at(each.function(sys._getframe)) == f"web: {place}: devserve_output"
    assert call.at(sys._getframe()) == f"web: {place}: devserve_output"
    assert call.at(None) == f"web: {place}: devserve_output"


def test_a_coroutine_has_the_loop_in_its_steps_only(each):
    conduct = counting_conduct()
    call = Call(each, conduct, "web")
    seen = []

    async def hook(ends):
        seen.append(conduct.calling.get(0))
        try:
            await ends
        finally:
            seen.append(conduct.calling.get(0))
        return 3

    async def scene():
        loop = asyncio.get_running_loop()
        ends = loop.create_future()
        loop.call_soon(lambda: (seen.append(conduct.calling.get(0)), ends.set_result(None)))
        assert await Steps(hook(ends), call) == 3
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await Steps(hook(loop.create_future()), call)

    asyncio.run(scene())
    assert seen == [call, None, call, call, call]
    assert conduct.calling == {}
