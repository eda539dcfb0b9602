import json
import os
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from devserve.app import checkup
from devserve.errors import UsageError
from devserve.io.hub.control import Hub
from support.dashboards import Stage, staged, told
from support.live import until
from support.proxied import run


@asynccontextmanager
async def two_terminals(folder: Path) -> AsyncIterator[tuple[Stage, Stage]]:
    """Run two devserves of one user; the first one's dashboard knows of the second, whose pid is said to be 1."""
    other_folder = folder / "other"
    (folder / "hub").mkdir(mode=0o700)
    other_folder.mkdir()
    async with staged(folder) as here, staged(other_folder) as there:
        hub = await Hub.listen(folder / "hub", 1, there.lookout.carry_out)
        with here.panorama.looking():
            await until(lambda: len(here.panorama.sources()) == 2)
            yield here, there
        await hub.close()


def test_the_services_of_every_terminal_are_known_though_nobody_looks(tmp_path):
    async def scene() -> None:
        (tmp_path / "hub").mkdir(mode=0o700)
        (tmp_path / "other").mkdir()
        async with staged(tmp_path) as here, staged(tmp_path / "other", start=False) as there:
            hub = await Hub.listen(tmp_path / "hub", 1, there.lookout.carry_out)
            found = await here.panorama.status()
            assert [(one.devserve, one.status.pid is None) for one in found.known] == [(os.getpid(), False), (1, True)]
            assert found.known[0].status.url == f"https://web.test:{here.gateway.ports.https.port}/"
            await hub.close()

    run(scene())


def test_trust_names_the_limits_and_each_certificate_once(tmp_path):
    async def scene() -> None:
        async with two_terminals(tmp_path) as (here, there):
            there.gateway._certificates.add(["mail.test"])
            shown = await here.panorama.trust()
            assert shown["authority"]["names"] == ["localhost", "test"]
            hosts = [each["host"] for each in shown["certificates"]]
            assert {"devserve.localhost", "mail.test", "web.test"} <= set(hosts)
            assert len(hosts) == len(set(hosts))
            assert "PRIVATE" not in json.dumps(shown)

    run(scene())


def test_doctor_measures_in_a_thread_the_names_of_every_terminal_which_the_loop_has_read(tmp_path, monkeypatch):
    async def scene() -> None:
        async with two_terminals(tmp_path) as (here, there):
            measured = []
            monkeypatch.setattr(checkup, "whole", lambda *said: measured.append((*said, threading.get_ident())) or [])
            there.supervisor.running["web"].service = replace(there.supervisor.running["web"].service, host="mail.test")
            await until(lambda: "mail.test" in str(here.panorama.sources()["1"].services()))
            assert await here.panorama.checkup() == []
            ((hosts, ports, thread),) = measured
            assert {"web.test", "mail.test"} <= set(hosts)
            assert (ports.https, thread == threading.get_ident()) == (here.gateway.ports.https.port, False)

    run(scene())


@pytest.mark.parametrize(("verb", "service"), [("explode", "web"), ("stop", "nobody"), ("stop", "7:web")])
def test_an_order_that_makes_no_sense_says_why(tmp_path, verb, service):
    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage:
            with pytest.raises(Exception, match=r"there is no|does not run any more"):
                await stage.panorama.order(verb, service)

    run(scene())


def test_a_service_that_cannot_start_says_why(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path, "raise SystemExit(3)") as stage:
            with pytest.raises(UsageError, match="exit status 3"):
                await stage.panorama.order("start", "web")

    run(scene())


def test_what_another_terminal_runs_is_shown_ordered_and_asked_there(tmp_path):
    async def scene() -> None:
        async with two_terminals(tmp_path) as (here, there):
            source = here.panorama.sources()["1"]
            (service,) = source.services()
            assert (service["id"], service["name"], service["pid"]) == (
                "1:web",
                "web",
                there.supervisor.running["web"].pid,
            )
            await there.ask("/there?token=hunter2", host="web.test")
            await until(lambda: source.latest)
            (row,) = source.exchanges(0, 10)
            detail = await here.panorama.exchange("1:1")
            (entry,) = await here.panorama.entries("1:web")
            assert (row["id"], detail["id"], row["service"]) == ("1:1", "1:1", "1:web")
            assert "hunter2" not in json.dumps([row, detail, entry])
            assert (len(await here.panorama.entries("")), await here.panorama.entries("web")) == (1, [])
            assert await here.panorama.replay("1:1") == 200
            assert [each["devserve"] for each in await here.panorama.plugins()] == ["", "1"]
            assert await here.panorama.order("stop", "1:web") == "web: stopped"
            assert not there.supervisor.running["web"].ready
            assert here.supervisor.running["web"].ready

    run(scene())


def test_only_the_devserve_of_a_service_is_asked_for_its_exchanges(tmp_path, monkeypatch):
    async def scene() -> None:
        async with two_terminals(tmp_path) as (here, there):
            asked = []

            async def entries(services: Sequence[str]) -> Sequence[object]:
                asked.append(tuple(services))
                return []

            monkeypatch.setattr(there.sight, "entries", entries)
            for service in ("web", "1:web", ""):
                assert await here.panorama.entries(service) == []
            assert asked == [("web",), ()]

    run(scene())


def test_a_page_is_told_of_both_and_follows_the_output_of_the_other(tmp_path):
    async def scene() -> None:
        async with two_terminals(tmp_path) as (here, _), here.looking() as page:
            await page.write_message(json.dumps({"log": "1:web"}))
            news = await told(page, "lines")
            while not news["lines"]:
                news = await told(page, "lines")
            assert (news["service"], news["lines"][0]["pieces"]) == ("1:web", [["Error: <b>none</b>", "fg-red"]])
            assert [each["id"] for each in await told(page, "services")] == ["web", "1:web"]

    run(scene())


def test_nobody_elsewhere_records_when_the_last_page_has_gone(tmp_path):
    async def scene() -> None:
        async with two_terminals(tmp_path) as (here, there):
            assert there.gateway.site.ended is not None
        assert there.gateway.site.ended is None
        assert list(here.panorama.sources()) == [""]

    run(scene())
