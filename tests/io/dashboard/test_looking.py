import asyncio

from devserve.io.dashboard.looking import Looking
from support.proxied import run, until


def test_it_goes_on_once_for_all_and_ends_with_the_last_one():
    began, ended = [], []

    async def work() -> None:
        began.append(1)
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(1)

    async def scene() -> None:
        looking = Looking(work, "work")
        with looking.by_one():
            with looking.by_one():
                await until(lambda: began)
            assert (began, ended) == ([1], [])
        await until(lambda: ended)
        with looking.by_one():
            await until(lambda: len(began) == 2)

    run(scene())
