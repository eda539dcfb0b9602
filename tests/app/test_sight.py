import asyncio
import json

import pytest

from devserve.errors import UsageError
from support.dashboards import staged
from support.live import until
from support.proxied import run
from support.records import REFRESHED


def test_a_service_is_shown_as_it_stands(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path) as stage:
            (service,) = stage.sight.services()
            running = stage.supervisor.running["web"]
            assert (service["state"], service["pid"], service["port"]) == ("ready", running.pid, running.port)
            assert service["url"] == f"https://web.test:{stage.gateway.ports.https.port}/"
            assert (service["restarts"], service["root"], service["devserve"]) == (0, str(tmp_path), "")
            assert len(service["counts"]) == 60
            assert service["problem"] == ""
            json.dumps(service)
            running.pending = "a change waits"
            assert stage.sight.services()[0]["problem"] == "a change waits"

    run(scene())


def test_what_it_takes_is_known_while_somebody_looks(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path) as stage:
            assert stage.sight.services()[0]["memory"] is None
            with stage.sight.looking():
                await until(lambda: stage.sight.services()[0]["memory"])
                assert stage.gateway.site.ended is not None
            assert stage.gateway.site.ended is None

    run(scene())


def test_the_chains_are_those_of_why(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage:
            assert (stage.sight.changes, stage.sight.chains()) == (0, [])
            stage.supervisor.records.add(REFRESHED)
            assert stage.sight.changes == 1
            assert stage.sight.chains() == [{**REFRESHED.as_data(), "tabs": []}]

    run(scene())


def test_exchanges_are_told_in_detail_archived_and_sent_again_without_secrets(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path) as stage:
            with stage.sight.looking():
                await stage.ask("/a?token=hunter2", "Cookie: sid=hunter2", host="web.test")
                await until(lambda: stage.sight.latest)
                (row,) = stage.sight.exchanges(0, 10)
                assert (row["id"], row["target"], stage.sight.latest) == (1, "/a?token=***", 1)
                detail, (entry,) = stage.sight.exchange(1), await stage.sight.entries(["web"])
                assert detail["curl"].startswith("curl ")
                assert entry["request"]["url"].endswith("/a?token=***")
                assert "hunter2" not in json.dumps([row, detail, entry])
                assert await stage.sight.entries(["mail"]) == []
                assert await stage.sight.replay(1) == 200
                for call in (stage.sight.exchange, lambda number: asyncio.run(stage.sight.replay(number))):
                    with pytest.raises(UsageError, match="not kept"):
                        await asyncio.to_thread(call, 99)

    run(scene())


def test_each_certificate_is_named(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage:
            assert {each["host"] for each in stage.sight.certificates()} >= {"web.test", "devserve.localhost"}

    run(scene())
