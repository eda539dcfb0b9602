import asyncio
import socket
import stat
from contextlib import asynccontextmanager

import pytest

from devserve.errors import DevserveError, UsageError
from devserve.hub.messages import Answer, ReloadOrder
from devserve.io.hub import Hub, ask_all, folder_in

ORDER = ReloadOrder(("web",), "/")


@asynccontextmanager
async def listening(home, carry_out, port=443):
    hub = await Hub.listen(folder_in(home), port, carry_out)
    try:
        yield hub
    finally:
        hub.close()


async def asked(home, order=ORDER):
    return await asyncio.to_thread(ask_all, folder_in(home), order)


def refuse(order):
    raise UsageError(f"no {order.words[0]}")


@pytest.mark.parametrize(
    ("carry_out", "answer"),
    [(lambda order: Answer({order.words[0]: 2}), Answer({"web": 2})), (refuse, Answer(problem="no web"))],
)
def test_an_order_is_carried_out_and_answered(tmp_path, carry_out, answer):
    async def scenario():
        async with listening(tmp_path, carry_out):
            assert await asked(tmp_path) == [answer]

    asyncio.run(scenario())


def test_only_this_user_can_connect(tmp_path):
    async def scenario():
        async with listening(tmp_path, refuse):
            assert stat.S_IMODE(folder_in(tmp_path).stat().st_mode) == 0o700
            assert stat.S_IMODE((folder_in(tmp_path) / "443.socket").stat().st_mode) == 0o600

    asyncio.run(scenario())


def test_all_that_run_are_asked(tmp_path):
    async def scenario():
        async with (
            listening(tmp_path, lambda _: Answer({"a": 1}), 443),
            listening(tmp_path, lambda _: Answer({"b": 1}), 8443),
        ):
            assert await asked(tmp_path) == [Answer({"a": 1}), Answer({"b": 1})]

    asyncio.run(scenario())


def test_a_socket_that_nobody_listens_on_is_passed_over_and_replaced(tmp_path):
    folder_in(tmp_path).mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(folder_in(tmp_path) / "443.socket"))

    async def scenario():
        assert await asked(tmp_path) == []
        async with listening(tmp_path, lambda _: Answer({"a": 1})):
            assert await asked(tmp_path) == [Answer({"a": 1})]
        assert await asked(tmp_path) == []

    asyncio.run(scenario())


def test_without_a_folder_nobody_runs(tmp_path):
    assert ask_all(folder_in(tmp_path), ORDER) == []


@pytest.mark.parametrize("said", [b"nonsense\n", b"x" * 400_000])
def test_who_speaks_nonsense_harms_nobody(tmp_path, said):
    async def scenario():
        async with listening(tmp_path, lambda _: Answer({"a": 1})):
            reader, writer = await asyncio.open_unix_connection(str(folder_in(tmp_path) / "443.socket"))
            writer.write(said)
            try:
                async with asyncio.timeout(5):
                    answer = await reader.read()
            except ConnectionError:
                answer = b""
            assert b"told" not in answer or b"no order" in answer
            writer.close()
            assert await asked(tmp_path) == [Answer({"a": 1})]

    asyncio.run(scenario())


def test_a_path_that_is_too_long_for_a_socket_is_said(tmp_path):
    async def scenario():
        with pytest.raises(DevserveError, match="Set DEVSERVE_HOME to a folder of yours with a shorter path"):
            await Hub.listen(tmp_path / ("x" * 120), 443, refuse)

    asyncio.run(scenario())
