import asyncio

from devserve.io.watch.settling import Settling
from support.running import on_both_loops


@on_both_loops
def test_what_follows_the_first_change_comes_together_once_it_is_quiet(run):
    async def test():
        came: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()
        settling = Settling(came.put_nowait)
        assert settling.leads("a")
        settling.told()
        assert not settling.leads("b")
        for change in ("b", "c", "b"):
            settling.add(change)
        return await came.get(), came.empty()

    assert run(test()) == (("b", "c"), True)


@on_both_loops
def test_what_is_held_waits_until_it_is_not(run):
    async def test():
        came: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()
        held = iter([True, True])
        settling = Settling(came.put_nowait, lambda: next(held, False))
        settling.add("a")
        return await came.get(), next(held, "asked until it was free")

    assert run(test()) == (("a",), "asked until it was free")


@on_both_loops
def test_what_waits_is_forgotten_when_it_is_closed(run):
    async def test():
        first: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()
        second: asyncio.Queue[tuple[str, ...]] = asyncio.Queue()
        closed, other = Settling(first.put_nowait), Settling(second.put_nowait)
        closed.add("a")
        closed.close()
        other.add("b")  # it is due later than what was closed
        await second.get()
        return first.empty()

    assert run(test())
