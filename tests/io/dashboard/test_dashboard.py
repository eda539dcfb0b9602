import json

import pytest
from tornado.httpclient import HTTPClientError  # noqa: TID251 - websocket_connect raises it

from devserve.io.dashboard.dashboard import order_in
from support.dashboards import HOST, staged, told
from support.proxied import run, until

PAGE = "Accept: text/html"
ORDER = {"order": "reload", "service": "web"}


def test_the_page_runs_no_script_of_its_own_and_is_in_no_frame(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage:
            status, head, page = await stage.ask("/", PAGE)
            assert status == 200
            assert "frame-ancestors 'none'" in head
            assert "X-Frame-Options: DENY" in head
            assert "<style" not in page
            assert page.count("<script") == page.count('<script type="module" src="/static/')
            assert "//" not in page.replace("<!doctype", "")  # nothing is loaded from elsewhere

    run(scene())


@pytest.mark.parametrize(
    ("target", "status", "kind"),
    [
        ("/static/dashboard.js", 200, "text/javascript"),
        ("/static/dashboard.css", 200, "text/css"),
        ("/static/icon.svg", 200, "image/svg+xml"),
        ("/static/index.html", 404, "application/json"),  # it would come without its token
        ("/static/..%2f..%2fapp.py", 404, "application/json"),
        ("/static/nothing.js", 404, "application/json"),
        ("/nothing", 404, "application/json"),
        ("/api/exchanges/1", 404, "application/json"),
        ("/api/trust", 200, "application/json"),
        ("/api/exchanges.har", 200, "application/json"),
        ("/api/exchanges.har?service=7:web", 404, "application/json"),  # of a terminal that has ended
        ("/", 200, "text/plain"),
        ("/.well-known/devserve-ca", 200, "application/x-pem-file"),
    ],
)
def test_what_is_there_and_as_what(tmp_path, target, status, kind):
    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage:
            found, head, _ = await stage.ask(target)
            assert found == status
            assert f"Content-Type: {kind}" in head
            assert "nosniff" in head

    run(scene())


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ([], "text/plain"),
        (["Accept: */*"], "text/plain"),
        (["Accept: application/json"], "application/json"),
        ([f"{PAGE}, application/json"], "text/html"),
    ],
)
def test_who_asks_for_no_page_gets_what_status_shows(tmp_path, fields, kind):
    async def scene() -> None:
        async with staged(tmp_path) as stage:
            status, head, text = await stage.ask("/", *fields)
            assert (status, f"Content-Type: {kind}" in head, "Vary: Accept" in head) == (200, True, True)
            url = f"https://web.test:{stage.gateway.ports.https.port}/"
            if kind == "application/json":
                assert [each["url"] for each in json.loads(text)["services"]] == [url]
            else:
                assert (url in text) is (kind == "text/plain")

    run(scene())


@pytest.mark.parametrize("target", ["/api/orders", "/api/checkup", "/api/exchanges/1/replay"])
def test_no_get_changes_anything(tmp_path, target):
    async def scene() -> None:
        async with staged(tmp_path) as stage:
            status, _, _ = await stage.ask(f"{target}?order=stop&service=web")
            assert status == 404
            assert stage.supervisor.running["web"].ready

    run(scene())


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        (["X-Devserve-Token: {token}", "Origin: {origin}"], 200),
        (["X-Devserve-Token: {token}"], 200),  # curl, by whoever may read the page
        (["Origin: {origin}"], 403),
        (["X-Devserve-Token: guessed", "Origin: {origin}"], 403),
        (["X-Devserve-Token: {token}", "Origin: http://web.test"], 403),
        (["X-Devserve-Token: {token}", "Origin: null"], 403),
        (["X-Devserve-Token: {token}", "Origin: {origin}", "Sec-Fetch-Site: same-site"], 403),
        (["Content-Type: text/plain", "Origin: https://evil.example"], 403),  # what a form of another site can send
    ],
)
def test_only_the_page_itself_may_order(tmp_path, fields, status):
    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage:
            token = await stage.token()
            lines = [field.format(token=token, origin=stage.origin) for field in fields]
            found, _, _ = await stage.ask("/api/orders", *lines, method="POST", body=json.dumps(ORDER).encode())
            assert found == status

    run(scene())


@pytest.mark.parametrize(
    "fields",
    [
        ["Origin: https://web.test"],
        ["Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"],
        ["Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: iframe"],
    ],
)
@pytest.mark.parametrize("target", ["/", "/api/trust", "/api/exchanges.har", "/static/dashboard.js"])
def test_another_sites_page_reads_nothing(tmp_path, target, fields):
    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage:
            status, head, text = await stage.ask(target, PAGE, *fields)
            assert status == 403
            assert "token" not in text
            assert "Access-Control" not in head

    run(scene())


def test_where_a_client_is_cannot_be_made_up(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage:
            status, _, _ = await stage.ask("/api/trust", "X-Forwarded-For: 10.0.0.1", "Forwarded: for=10.0.0.1")
            assert status == 200  # devserve has written what it saw itself

    run(scene())


@pytest.mark.parametrize("host", ["evil.example", "web.test", "livereload.web.test", "127.0.0.1"])
def test_no_other_host_leads_to_it(tmp_path, host):
    async def scene() -> None:
        async with staged(tmp_path) as stage:
            _, _, text = await stage.ask("/", PAGE, host=host)
            assert "devserve-token" not in text

    run(scene())


@pytest.mark.parametrize("origin", ["http://web.test", "https://devserve.localhost", "null", "http://evil.example"])
def test_a_page_of_another_origin_gets_no_socket(tmp_path, origin):
    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage:
            with pytest.raises(HTTPClientError) as refused:
                async with stage.looking(Origin=origin):
                    pass
            assert refused.value.code == 403
            assert stage.gateway.site.ended is None

    run(scene())


def test_tells_a_page_of_services_and_requests_while_it_looks(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path) as stage:
            await stage.ask("/before", host="web.test")
            async with stage.looking() as page:
                (service,) = await told(page, "services")
                assert (service["name"], service["state"]) == ("web", "ready")
                await stage.ask("/a?token=hunter2", PAGE, host="web.test")
                (row,) = await told(page, "exchanges")
                assert (row["service"], row["target"], row["status"], row["kind"]) == (
                    "web",
                    "/a?token=***",
                    200,
                    "page",
                )
                _, _, text = await stage.ask(f"/api/exchanges/{row['id']}")
                detail = json.loads(text)
                assert "<title>hello</title>" in detail["body"]
                assert "curl " in detail["curl"]
                assert "hunter2" not in text
            await until(lambda: stage.gateway.site.ended is None)
            assert stage.gateway.site.keeps == 0
            found = stage.gateway.recorder.find(row["id"])
            assert found is None or found.response_body is None

    run(scene())


def test_tells_the_lines_of_the_service_that_is_looked_at(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path) as stage, stage.looking() as page:
            await page.write_message(json.dumps({"log": "web"}))
            news = await told(page, "lines")
            assert news["service"] == "web"
            (line,) = news["lines"]
            assert line == {"pieces": [["Error: <b>none</b>", "fg-red"]], "error": True}

    run(scene())


@pytest.mark.parametrize("message", ["", "[", "{}", '{"log": 1}', "[" * 2000, '{"log": "no such service"}'])
def test_nonsense_from_a_page_does_no_harm(tmp_path, message):
    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage, stage.looking() as page:
            await page.write_message(message)
            await told(page, "services")
            assert await told(page, "services")

    run(scene())


def test_a_request_is_sent_again_through_the_proxy(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path) as stage, stage.looking() as page:
            await told(page, "services")
            await stage.ask("/form", method="POST", body=b"a=1", host="web.test")
            (row,) = await told(page, "exchanges")
            assert await stage.order(f"/api/exchanges/{row['id']}/replay") == (200, {"status": 201})
            (again,) = await told(page, "exchanges")
            assert (again["method"], again["target"], again["received"]) == ("POST", "/form", 3)
            assert (await stage.order("/api/exchanges/999/replay"))[0] == 409

    run(scene())


def test_orders_stop_and_start_a_service(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path) as stage:
            running = stage.supervisor.running["web"]
            first = running.pid
            for verb, said in (
                ("restart", "web: ready after"),
                ("stop", "web: stopped"),
                ("start", "web: ready after"),
            ):
                status, answer = await stage.order("/api/orders", {"order": verb, "service": "web"})
                assert status == 200
                assert answer["said"].startswith(said)
            assert running.ready
            assert running.pid != first

    run(scene())


@pytest.mark.parametrize(
    ("order", "status"),
    [
        ({"order": "explode", "service": "web"}, 409),
        ({"order": "stop", "service": "<img src=x>"}, 409),
        ({"order": "stop"}, 400),
        ({"order": ["stop"], "service": "web"}, 400),
    ],
)
def test_an_order_that_makes_no_sense_is_refused_in_a_sentence(tmp_path, order, status):
    async def scene() -> None:
        async with staged(tmp_path, start=False) as stage:
            found, answer = await stage.order("/api/orders", order)
            assert found == status
            assert answer["problem"].endswith(".")

    run(scene())


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"order": "stop", "service": "web"}', ("stop", "web")),
        (b"", None),
        (b"[]", None),
        (b"\xff", None),
        (b"[" * 4000, None),
        (b'{"order": "stop", "service": "' + b"x" * 5000 + b'"}', None),
    ],
)
def test_reads_an_order(body, expected):
    assert order_in(body) == expected


def test_the_dashboards_own_requests_are_not_shown(tmp_path):
    async def scene() -> None:
        async with staged(tmp_path) as stage, stage.looking() as page:
            await told(page, "services")
            await stage.ask("/api/trust")
            await stage.ask("/", host="web.test")
            rows = await told(page, "exchanges")
            assert [row["host"] for row in rows] == ["web.test"]
            assert HOST not in json.dumps(rows)

    run(scene())
