"""devserve.toml saved while `devserve run` serves it: what has changed is carried out, and nothing else notices."""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.fleet_client import Answer, ask
from support.fleet_home import Home, new_home
from support.fleet_running import Running, free_port
from support.neighbours import SERVER, Load, town_in


@dataclass
class Place:
    """A repository that is served, and what its file says."""

    home: Home
    root: Path
    running: Running
    https_port: int
    http_port: int
    ca: Path

    def save(self, *tables: str, file: str = "devserve.toml") -> None:
        (self.root / file).write_text("\n".join(tables))

    def says(self, sentence: str, times: int = 1) -> None:
        self.running.wait_for(lambda: self.running.output.count(sentence) >= times, sentence)

    def ask(self, name: str) -> Answer:
        return ask(f"https://{name}.localhost:{self.https_port}/", self.ca)

    def pid(self, name: str) -> int:
        """Return the process that answers, once one does: its request is held meanwhile."""
        answered, pid = self.ask(name).text.split()
        assert answered == name.partition(".")[0]
        return int(pid)


def table(name: str, *more: str) -> str:
    return "\n".join([f"[services.{name}]", f'command = ["{sys.executable}", "server.py", "{name}"]', *more])


RELOADS, SECONDS = 10, 6
LIVE, HELLO = "/livereload", '{"command":"hello","protocols":["http://livereload.com/protocols/official-7"]}'
WEB, API, OLD = table("web"), table("api"), table("old")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    root = tmp_path / "shop"
    root.mkdir()
    (root / "server.py").write_text(SERVER)
    (root / "devserve.toml").write_text("\n".join([WEB, API, OLD]))
    home = new_home(tmp_path)
    with town_in(home, tmp_path) as town:
        running = town.begin("shop")
        running.wait_ready("web", "api", "old")
        yield Place(home, root, running, town.https_port, town.http_port, town.ca())


def test_what_changed_restarts_what_is_new_starts_what_is_gone_ends(place: Place) -> None:
    web, api, old = place.pid("web"), place.pid("api"), place.pid("old")
    port = free_port()
    place.save(WEB, table("api", f"port = {port}", "env = { LOG = 'debug' }"), table("new", "needs = ['api']"))
    place.says("devserve.toml: api restarts, new is new, old is gone")
    assert place.pid("new")
    assert place.running.listener_on(port) == place.pid("api") != api
    assert place.pid("web") == web
    assert old not in {process.pid for process in place.running.children()}
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
        place.ask("old")


def test_an_alias_gets_a_certificate_and_its_service_notices_nothing(place: Place) -> None:
    web = place.pid("web")
    place.save(table("web", 'aliases = ["web.shop.localhost"]'), API, OLD)
    place.says("devserve.toml: web changes without a restart")
    assert (place.pid("web.shop"), place.pid("web")) == (web, web)


def test_a_broken_file_keeps_everything_and_the_next_one_applies(place: Place) -> None:
    before = place.pid("web"), place.pid("api")
    place.save(WEB, API, OLD, "prot = 1")
    place.says("devserve.toml:7:1: ")
    place.says("What runs stays as it is until that is mended.")
    assert (place.pid("web"), place.pid("api")) == before
    (place.root / "devserve.toml").unlink()
    place.says("devserve.toml: no longer there; put it back, or end devserve")
    place.save(WEB, table("api", "cwd = '.'"), OLD)
    place.says("devserve.toml: api restarts")
    assert place.pid("web") == before[0]
    assert place.pid("api") != before[1]
    assert place.running.output.count("devserve.toml:7:1: ") == 1


def test_the_pages_of_what_restarts_load_again_once_it_is_ready(place: Place) -> None:
    async def scene() -> None:
        reader, writer = await socket_of(place, "livereload.api.localhost", LIVE)
        writer.write(masked(HELLO))
        await reader.readuntil(b"}")
        place.save(WEB, table("api", "env = { LOG = 'debug' }"), OLD)
        async with asyncio.timeout(15):
            await reader.readuntil(b'"reload"')
        assert await asyncio.to_thread(place.pid, "api") != api
        writer.close()

    api = place.pid("api")
    asyncio.run(scene())


def test_a_saved_env_file_restarts_its_service(place: Place) -> None:
    place.save("GREETING=hello\n", file=".env")
    place.save(WEB, table("api", 'env_file = ".env"'), OLD)
    place.says("devserve.toml: api restarts")
    web, api = place.pid("web"), place.pid("api")
    place.save("GREETING=hello  # the same\n", file=".env")
    place.save("not a variable\n", file=".env")
    place.says(".env:1: not NAME=value; mend this line")
    place.save("GREETING=bye\n", file=".env")
    place.says("\n.env: api restarts")
    assert place.pid("api") != api
    assert place.pid("web") == web


def test_included_repositories_come_and_go(place: Place) -> None:
    contacts = place.root.parent / "contacts"
    contacts.mkdir()
    (contacts / "server.py").write_text(SERVER)
    (contacts / "devserve.toml").write_text("broken")
    include = '[project]\ninclude = ["../contacts"]'
    place.save(include, WEB, API, OLD)
    place.says("contacts/devserve.toml:1:")
    (contacts / "devserve.toml").write_text(table("contacts"))
    place.says("contacts is new")
    assert place.pid("contacts")
    (contacts / "devserve.toml").write_text(table("contacts", "env = { LOG = 'debug' }"))
    place.says("contacts/devserve.toml: contacts restarts")
    place.save(WEB, API, OLD)
    place.says("contacts is gone")


def test_names_that_the_authority_may_not_sign_are_refused(place: Place) -> None:
    place.save(table("web", 'aliases = ["web.example.com"]'), API, OLD)
    place.says("Run `devserve setup` once")
    place.says("Then end devserve and start it again.")
    assert place.pid("web")


def test_names_of_another_devserve_are_refused(place: Place) -> None:
    (other := place.root.parent / "other").mkdir()
    (other / "server.py").write_text(SERVER)
    (other / "devserve.toml").write_text(table("mail"))
    ports = ("--https-port", str(place.https_port), "--http-port", str(place.http_port))
    joined = Running(place.home, ports, other)
    try:
        joined.wait_ready("mail")
        mail = place.pid("mail")
        place.save(table("web", 'aliases = ["mail.localhost"]'), API, OLD)
        place.says("mail.localhost is served by the devserve of")
        (other / "devserve.toml").write_text(table("mail", 'aliases = ["web.localhost"]'))
        joined.wait_for(lambda: "web.localhost is served by the devserve of" in joined.output, "a refusal")
        assert place.pid("mail") == mail
        (other / "devserve.toml").write_text(table("mail", 'aliases = ["mail.shop.localhost"]'))
        joined.wait_for(lambda: "mail changes without a restart" in joined.output, "an alias")
        assert place.pid("mail.shop") == mail
    finally:
        joined.end()


async def socket_of(place: Place, host: str, path: str = "/") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Open a WebSocket at a host, as a page of `web` would."""
    reader, writer = await asyncio.open_connection("127.0.0.1", place.http_port)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: {host}:{place.http_port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        f"Origin: http://web.localhost:{place.http_port}\r\n\r\n".encode()
    )
    assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
    return reader, writer


def masked(text: str) -> bytes:
    """Return a client's text frame (RFC 6455, section 5.2); a mask of zeros leaves the bytes as they are."""
    return bytes([0x81, 0x80 | len(text)]) + bytes(4) + text.encode()


def test_no_request_is_lost_and_no_socket_closed_in_ten_changes(place: Place) -> None:
    def change() -> None:
        for number in range(RELOADS):
            place.save(WEB, table("api", f"env = {{ NUMBER = '{number}' }}"), *[OLD][: number % 2])
            place.says(f"devserve.toml: api restarts, old is {'new' if number % 2 else 'gone'}", number // 2 + 1)
            place.pid("api")

    async def scene() -> None:
        echo, live = await socket_of(place, "web.localhost"), await socket_of(place, "livereload.web.localhost", LIVE)
        live[1].write(masked(HELLO))
        load = Load(place.http_port, ("web", "web", "api"), per_second=300)
        await asyncio.gather(load.run(SECONDS), asyncio.to_thread(change))
        assert load.failures == []
        assert load.good == SECONDS * load.per_second
        echo[1].write(b"still here")
        async with asyncio.timeout(10):
            assert await echo[0].readexactly(10) == b"still here"
            (place.root / "page.html").write_text("saved")
            said = b""
            while b'"reload"' not in said:
                said += await live[0].read(1000)
                assert said
        for _, writer in (echo, live):
            writer.close()

    web = place.pid("web")
    asyncio.run(scene())
    assert place.pid("web") == web


def test_a_changed_command_waits_until_it_is_allowed(place: Place, tmp_path: Path) -> None:
    (other := tmp_path / "other").mkdir()
    (other / "server.py").write_text(SERVER)
    (other / "devserve.toml").write_text(table("mail"))
    assert place.home.devserve("allow", "--yes", cwd=other).returncode == 0
    ports = ("--https-port", str(place.https_port), "--http-port", str(place.http_port))
    careful = Running(place.home, ports, other, allow=False)
    try:
        careful.wait_ready("mail")
        mail = place.pid("mail")
        (other / "devserve.toml").write_text(table("mail", "aliases = ['post.localhost']"))
        careful.wait_for(lambda: "mail changes without a restart" in careful.output, "what runs nothing new")
        (other / "devserve.toml").write_text(table("mail", "env = { LOG = 'debug' }"))
        sentence = f"is not allowed yet; look at it with: devserve allow {other}"
        careful.wait_for(lambda: sentence in careful.output, sentence)
        assert place.pid("mail") == mail
        status = place.home.devserve("status", "mail", "--json", cwd=other)
        (stands,) = json.loads(status.stdout)["services"]
        assert stands["state"] == "ready"
        assert sentence in stands["problem"]
        assert place.home.devserve("allow", "--yes", cwd=other).returncode == 0
        careful.wait_for(lambda: "devserve allow: mail restarts" in careful.output, "it is allowed")
        assert place.pid("mail") != mail
    finally:
        careful.end()
