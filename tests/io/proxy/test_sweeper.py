import asyncio

import pytest

from devserve.errors import StreamTimeoutError
from devserve.io.proxy.sweeper import Sweeper
from support.proxied import run, until
from support.streams import joined


@pytest.mark.parametrize("waits", [True, False])
def test_a_deadline_wakes_who_waits_or_closes(waits, monkeypatch):
    async def conversation() -> None:
        monkeypatch.setattr(Sweeper, "PERIOD", 0.01)
        sweeper = Sweeper()
        stream, peer = await joined()
        stream.deadline = asyncio.get_running_loop().time()
        sweeper.add(stream)
        if waits:
            with pytest.raises(StreamTimeoutError):
                await stream.read()
            assert not stream.lost
        await until(lambda: stream.lost or waits)
        sweeper.close()
        peer.close()

    run(conversation())


def test_the_sweeper_forgets_lost_streams(monkeypatch):
    async def conversation() -> None:
        monkeypatch.setattr(Sweeper, "PERIOD", 0.01)
        sweeper = Sweeper()
        stream, peer = await joined()
        sweeper.add(stream)
        stream.close()
        await until(lambda: len(sweeper) == 0)
        sweeper.close()
        peer.close()

    run(conversation())
