import asyncio
import os
import signal
import socket
from contextlib import asynccontextmanager, suppress

import pytest

from devserve.config.values import Origin, Ready
from devserve.errors import ServiceError
from devserve.io.run.ports import free_port, is_free
from devserve.io.run.services import RunningService
from support.running import a_lasting_warden, descriptors, is_gone, on_both_loops, until
from support.running_services import Fleet


@pytest.fixture(scope="module")
def warden():
    with a_lasting_warden() as warden:
        yield warden


@pytest.fixture
def fleet(warden, tmp_path):
    @asynccontextmanager
    async def sailing():
        fleet = Fleet(warden, tmp_path)
        with suppress(ConnectionError):  # libuv opens a descriptor of its own at a loop's first connection
            await asyncio.open_connection("127.0.0.1", free_port())
        before = descriptors()
        try:
            yield fleet
        finally:
            for service in fleet.made:
                await service.stop()
        assert descriptors() == before

    return sailing


def told(fleet):
    return [state.removeprefix("web: ") for state in fleet.states]


@on_both_loops
def test_a_service_starts_becomes_ready_and_stops(run, fleet):
    async def test():
        async with fleet() as ships:
            web = ships.web()
            assert (web.coming, web.ready, web.condition) == (True, False, "waiting")
            web.start()
            assert await web.wait_ready(10)
            pid = web.pid
            assert repr(web) == f"<RunningService web ready on http://127.0.0.1:{web.port}, pid {pid}>"
            await web.stop()
            assert (is_gone(pid), web.pid, is_free(web.port)) == (True, None, True)
            return told(ships)

    assert run(test()) == ["starting", "ready", "stopping", "stopped"]


@on_both_loops
def test_the_lines_of_a_service_are_told_and_kept(run, fleet):
    async def test():
        async with fleet() as ships:
            web = ships.shell("seq 100; printf '\\033[31mred\\033[m\\n'; exit 1")
            web.start()
            await until(lambda: web.state == "exited")
            assert (len(web.lines), web.lines[-1]) == (101, "\x1b[31mred\x1b[m")
            assert (len(web.last_lines), web.last_lines[-2:]) == (20, ("100", "red"))
            return ships.lines[0], ships.lines[-1]

    assert run(test()) == ("web: 1", "web: \x1b[31mred\x1b[m")


@on_both_loops
def test_a_service_that_was_stopped_is_started_again(run, fleet):
    async def test():
        for listen in ("port", "fd"):
            async with fleet() as ships:
                web = ships.web("waits", listen=listen)
                ships.sign.touch()
                web.start()
                assert await web.wait_ready(10)
                assert (web.restarts, web.uptime > 0) == (0, True)
                await web.stop()
                await web.restart()
                assert (web.state, web.uptime, is_free(web.port)) == ("stopped", None, True)
                web.resume()
                assert await web.wait_ready(10)
                assert web.restarts == 1

    run(test())


@on_both_loops
def test_a_service_on_a_given_socket_is_ready_when_it_takes_connections_and_none_is_refused_meanwhile(run, fleet):
    async def test():
        async with fleet() as ships:
            web = ships.web("waits", listen="fd")
            web.start()
            _, early = await asyncio.open_connection("127.0.0.1", web.port)
            assert not await web.wait_ready(0.1)
            ships.sign.touch()
            assert await web.wait_ready(10)
            early.close()
            ships.sign.unlink()
            await web.restart()
            reader, writer = await asyncio.open_connection("127.0.0.1", web.port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n")
            assert not web.ready
            ships.sign.touch()
            assert await reader.readline() == b"HTTP/1.1 200 x\r\n"
            writer.close()
            assert await web.wait_ready(10)
            await web.stop()
            return is_free(web.port), told(ships)

    assert run(test()) == (True, ["starting", "ready", "restarting", "starting", "ready", "stopping", "stopped"])


READY = {
    "http": ("busy", Ready("http", http="/health", timeout=10.0)),
    "tcp": ("waits", Ready(timeout=10.0)),
    "log": ("waits", Ready("log", log="listening on", timeout=10.0)),
}


@pytest.mark.parametrize(("what", "ready"), READY.values(), ids=READY)
@on_both_loops
def test_a_service_is_ready_when_it_answers_and_not_before(run, fleet, what, ready):
    async def test():
        async with fleet() as ships:
            web = ships.web(what, ready=ready)
            web.start()
            assert not await web.wait_ready(0.1)
            ships.sign.touch()
            return await web.wait_ready(10)

    assert run(test())


@on_both_loops
def test_a_service_that_is_late_is_told_so_and_still_waited_for(run, fleet, caplog):
    async def test():
        async with fleet() as ships:
            web = ships.web("waits", ready=Ready(timeout=0.05))
            web.start()
            await until(lambda: web.problem)
            assert web.problem.startswith("web: not ready after 0.05 s: nothing takes connections at http://127.0.0.1:")
            ships.sign.touch()
            return await web.wait_ready(10), web.problem

    assert run(test()) == (True, "")
    assert caplog.text.count("not ready after") == 1


@on_both_loops
def test_a_service_that_listens_elsewhere_is_told_where(run, fleet):
    async def test():
        async with fleet() as ships:
            web = ships.web("elsewhere", ready=Ready(timeout=0.5))
            web.start()
            await until(lambda: web.problem)
            return web.problem

    assert "It listens on port " in run(test())


@on_both_loops
def test_a_service_without_command_is_ready_when_it_is_its_turn(run, fleet, caplog):
    caplog.set_level("INFO")

    async def test():
        async with fleet() as ships:
            external = ships.service()
            external.start()
            assert (external.ready, external.pid) == (True, None)
            await external.restart()
            await external.stop()
            return told(ships)

    assert run(test()) == ["starting", "ready", "stopping", "stopped"]
    assert "web: it has no command: restart it where it was started" in caplog.text


@on_both_loops
def test_it_says_what_answers_in_its_place(run, fleet):
    async def test():
        async with fleet() as ships:
            web = ships.shell("exit 3", fallback=Origin("https", "staging.test", 443))
            assert web.standing == "waiting"
            web.start()
            await web.wait_ready(10)
            assert web.standing == "exited; https://staging.test:443 answers in its place"
            assert web.explanation.endswith(" https://staging.test:443 answers in its place.")
            assert ships.service().standing == "started elsewhere"
            assert ships.service(upstream=Origin("https", "staging.test", 443)).standing == "remote"

    run(test())


@on_both_loops
def test_a_command_that_fails_at_once_waits_for_an_order(run, fleet, caplog):
    async def test():
        async with fleet() as ships:
            web = ships.shell("echo broken; exit 3")
            web.start()
            assert not await web.wait_ready(10)
            assert (web.state, web.condition, web.last_lines) == ("exited", "down", ("broken",))
            await web.restart()
            assert web.state == "starting"
            await web.wait_ready(10)
            return told(ships), web.problem

    states, problem = run(test())
    assert states[:4] == ["starting", "exited", "starting", "exited"]
    assert problem.startswith("web: ended with exit status 3 after 0.")
    assert "`devserve start web` starts it again" in caplog.text


@on_both_loops
def test_a_service_that_crashes_comes_back(run, fleet, caplog):
    async def test():
        async with fleet() as ships:
            web = ships.web()
            web.start()
            assert await web.wait_ready(10)
            os.kill(web.pid, signal.SIGKILL)
            await until(lambda: not web.ready)
            assert web.problem.startswith("web: ended with signal KILL after ")
            return await web.wait_ready(10), told(ships)

    assert run(test()) == (True, ["starting", "ready", "backing off", "starting", "ready"])
    assert "It starts again in 0.5 s." in caplog.text


@on_both_loops
def test_a_service_that_waits_after_a_crash_can_be_stopped(run, fleet):
    async def test():
        async with fleet() as ships:
            web = ships.web()
            web.start()
            assert await web.wait_ready(10)
            os.kill(web.pid, signal.SIGKILL)
            await until(lambda: web.state == "backing off")
            await web.stop()
            return web.state, web.coming

    assert run(test()) == ("stopped", False)


@on_both_loops
def test_a_port_taken_by_a_stranger_is_told_and_the_next_order_tries_again(run, fleet):
    async def test():
        async with fleet() as ships:
            with socket.create_server(("127.0.0.1", 0)) as stranger:
                web = ships.web(port=stranger.getsockname()[1])
                web.start()
                assert web.state == "exited"
                assert f"port {web.port} is taken by " in web.problem
                assert f"End it with `kill {os.getpid()}`" in web.problem
            await web.restart()
            return await web.wait_ready(10), web.problem

    assert run(test()) == (True, "")


@on_both_loops
def test_a_command_that_cannot_be_made_or_started_is_told(run, fleet, caplog):
    async def test():
        async with fleet() as ships:
            missing = ships.service("no-such-program")
            missing.start()

            def unreadable():
                raise ServiceError("web: .env cannot be read. Mend it.")

            unmade = RunningService(
                missing.service, missing.port, unreadable, ships.warden, lambda *_: None, lambda *_: None
            )
            unmade.start()
            return missing.state, missing.problem, unmade.state, unmade.problem

    state, problem, other_state, other_problem = run(test())
    assert (state, other_state, other_problem) == ("exited", "exited", "web: .env cannot be read. Mend it.")
    assert 'web: no program "no-such-program" is on the PATH.' in problem
    assert problem in caplog.text


@on_both_loops
def test_restarts_at_the_same_time_are_one(run, fleet):
    async def test():
        async with fleet() as ships:
            web = ships.web()
            web.start()
            assert await web.wait_ready(10)
            first = web.pid
            await asyncio.gather(*(web.restart() for _ in range(10)))
            assert web.pid not in {first, None}
            assert is_gone(first)
            assert await web.wait_ready(10)
            return told(ships)

    assert run(test()) == ["starting", "ready", "restarting", "starting", "ready"]


@on_both_loops
def test_a_restart_while_a_service_starts_begins_anew(run, fleet):
    async def test():
        async with fleet() as ships:
            web = ships.web("waits")
            web.start()
            first = web.pid
            ships.sign.touch()
            await web.restart()
            return await web.wait_ready(10), web.pid != first, is_gone(first), told(ships)

    assert run(test()) == (True, True, True, ["starting", "restarting", "starting", "ready"])


@on_both_loops
def test_a_restart_waits_until_the_old_process_has_left_the_port(run, fleet):
    async def test():
        async with fleet() as ships:
            web = ships.web("stubborn")
            web.start()
            assert await web.wait_ready(10)
            first = web.pid
            await web.restart()
            return is_gone(first), await web.wait_ready(10)

    assert run(test()) == (True, True)


@on_both_loops
def test_a_stop_wins_over_a_restart_and_a_stopped_service_stays_so(run, fleet):
    async def test():
        async with fleet() as ships:
            web = ships.web()
            web.start()
            assert await web.wait_ready(10)
            await asyncio.gather(web.restart(), web.stop(), web.restart())
            assert (web.state, web.pid) == ("stopped", None)
            await web.restart()
            assert web.state == "stopped"
            web.start()
            return web.state

    assert run(test()) == "stopped"


@on_both_loops
def test_a_command_that_leaves_processes_behind_has_ended_and_so_have_they(run, fleet, caplog):
    async def test():
        async with fleet() as ships:
            web = ships.shell("sleep 100 & echo $!")
            web.start()
            assert not await web.wait_ready(10)
            return web.state, is_gone(int(web.lines[0]))

    assert run(test()) == ("exited", True)
    assert "web: its command ended and left processes running, which are ended too" in caplog.text


@on_both_loops
def test_a_service_is_not_told_that_its_input_has_ended(run, fleet):
    async def test():
        async with fleet() as ships:
            web = ships.shell("timeout 0.1 cat; echo $?")
            web.start()
            await until(lambda: web.state == "exited")
            return ships.lines

    assert run(test()) == ["web: 124"]


@on_both_loops
def test_a_service_that_does_not_start_any_more_is_not_looked_at(run, fleet):
    async def test():
        async with fleet() as ships:
            web = ships.web("waits")
            web.start()
            looks = [task for task in asyncio.all_tasks() if task.get_name() == "web: look"]
            await web.stop()
            return [task.cancelled() for task in looks]

    assert run(test()) == [True]
