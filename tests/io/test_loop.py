import asyncio

import pytest

from devserve.io import loop


@pytest.mark.parametrize("present", [True, False])
def test_there_is_a_loop_with_and_without_uvloop(present, monkeypatch):
    if not present:
        monkeypatch.setattr(loop, "uvloop", None)

    async def nothing() -> str:
        return type(asyncio.get_running_loop()).__module__.partition(".")[0]

    with asyncio.Runner(loop_factory=loop.new_loop) as runner:
        assert runner.run(nothing()) == ("uvloop" if present else "asyncio")
