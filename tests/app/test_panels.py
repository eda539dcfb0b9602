import json

import pytest

from devserve.errors import UsageError
from devserve.hub.orders import Order, Outcome, Status, Verb
from devserve.io.hub.control import Hub
from devserve.io.tasks import spawn
from support.dashboards import staged
from support.live import until
from support.proxied import run
from support.records import REFRESHED


def test_a_service_is_shown_as_it_stands(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path) as stage:
            (service,) = stage.panels.services()
            running = stage.supervisor.running["web"]
            assert (service["state"], service["pid"], service["port"]) == ("ready", running.pid, running.port)
            assert service["url"] == f"https://web.test:{stage.gateway.ports.https.port}/"
            assert service["restarts"] == 0
            assert len(service["counts"]) == 60
            assert service["problem"] == ""
            json.dumps(service)
            running.pending = "a change waits"
            assert stage.panels.services()[0]["problem"] == "a change waits"

    run(scene())


def test_what_it_takes_is_known_after_a_look(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path) as stage:
            assert stage.panels.services()[0]["memory"] is None
            task = spawn(stage.panels.measure(), "look")
            await until(lambda: stage.panels.services()[0]["memory"])
            task.cancel()

    run(scene())


def test_the_text_for_a_terminal_has_each_address(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage:
            assert f"https://web.test:{stage.gateway.ports.https.port}/" in stage.panels.text()

    run(scene())


def test_the_chains_are_those_of_why(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage:
            assert stage.panels.chains() == (0, [])
            stage.supervisor.records.add(REFRESHED)
            number, (chain,) = stage.panels.chains()
            assert number == 1
            assert chain == {**REFRESHED.as_data(), "tabs": []}

    run(scene())


def test_trust_names_the_limits_and_each_certificate(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage:
            shown = stage.panels.trust()
            assert shown["authority"]["names"] == ["localhost", "test"]
            assert {each["host"] for each in shown["certificates"]} >= {"web.test", "devserve.localhost"}
            assert "PRIVATE" not in json.dumps(shown)

    run(scene())


@pytest.mark.parametrize(("verb", "service"), [("explode", "web"), ("stop", "nobody")])
def test_an_order_that_makes_no_sense_says_why(tmp_path, verb, service):
    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage:
            with pytest.raises(UsageError, match="there is no"):
                await stage.panels.order(verb, service)

    run(scene())


def test_a_service_that_cannot_start_says_why(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path, "raise SystemExit(3)") as stage:
            with pytest.raises(UsageError, match="exit status 3"):
                await stage.panels.order("start", "web")

    run(scene())


def test_the_services_of_another_devserve_are_shown_and_ordered(tmp_path):
    status = Status("mail", "mail", "/src/mail", "ready", "https://mail.test/", "http://127.0.0.1:3001", 3001, 7, 12.3)

    async def obey(order: Order, say) -> None:
        await say(status if order.verb is Verb.STATUS else Outcome("mail", ok=True, text="stopped"))

    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage:
            (tmp_path / "hub").mkdir(mode=0o700)
            other = await Hub.listen(tmp_path / "hub", 1, obey)
            task = spawn(stage.panels.measure(), "look")
            await until(lambda: len(stage.panels.services()) == 2)
            own, mail = stage.panels.services()
            assert own.keys() == mail.keys()
            assert (mail["id"], mail["root"], mail["uptime"]) == ("1:mail", "/src/mail", 12)
            assert await stage.panels.order("stop", "1:mail") == "mail: stopped"
            task.cancel()
            await other.close()

    run(scene())
