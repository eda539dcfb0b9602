import asyncio
import errno
import fcntl
import json
import os
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from devserve.config.values import Origin, Service
from devserve.errors import DevserveError, ListenError, UsageError
from devserve.hub.leases import Claim, Lease
from devserve.io.hub import membership, peers
from devserve.io.hub.membership import Membership
from devserve.io.proxy.binding import Ports
from devserve.io.proxy.listeners import Listeners
from devserve.io.proxy.site import Served, Site
from devserve.io.proxy.sweeper import Sweeper
from devserve.io.proxy.upstream import Upstreams
from devserve.proxy.routes import Route, Routes
from support.proxied import Backend, Hooks, listening, no_own_pages, run

ASKED = 443  # a name only: what is bound is any free port


class Member:
    """A devserve that answers at NAME.test that NAME is down."""

    def __init__(self, folder: Path, pid: int, name: str, version: str = "1") -> None:
        claims = (Claim(f"{name}.test", "/", name),)
        self.name = name
        self.lease = Lease(pid, f"/src/{name}", f"devserve run /src/{name}", claims)
        self.membership = Membership(folder, ASKED, self.lease, version)
        service = Service(name, folder, f"{name}.test")
        self.sweeper = Sweeper()
        self.upstreams = Upstreams(self.sweeper, no_own_pages)
        self.site = Site(Routes([Route(f"{name}.test", "/", Origin(), service)]), self.upstreams, b"mark")
        backend = Backend()
        backend.ready = backend.coming = False
        self.site.served[name] = Served(service, backend, Hooks(edits_responses=False, tags=()))
        self.listeners = Listeners(self.site, self.sweeper)
        self.held: tuple[str, ...] = ()
        self.ended: list[str] = []
        self.changed = asyncio.Event()

    def lease_ended(self, lease: Lease) -> None:
        self.ended.append(lease.folder)
        self.changed.set()

    def leases_held(self, leases: Sequence[Lease]) -> None:
        self.held = tuple(sorted(claim.host for lease in leases for claim in lease.claims))
        self.changed.set()

    async def until_held(self, *hosts: str) -> None:
        async with asyncio.timeout(10):
            while self.held != hosts:
                self.changed.clear()
                await self.changed.wait()

    async def enter(self) -> None:
        await self.membership.enter(lambda: Ports(listening(), listening()))
        assert self.membership.ports.http is not None
        self.listeners.take_http(self.membership.ports.http)
        await self.membership.take_part(self)

    async def leave(self) -> None:
        await self.membership.leave()
        await self.listeners.close()
        self.upstreams.close()
        self.sweeper.close()


@asynccontextmanager
async def town(folder: Path, *names: str) -> AsyncIterator[list[Member]]:
    members: list[Member] = []
    try:
        for pid, name in enumerate(names, start=1):
            member = Member(folder / "hub", pid, name)
            await member.enter()
            members.append(member)
        yield members
    finally:
        for member in members:
            await member.leave()


async def ask(port: int, host: str, cut: int = 0) -> str:
    """Return the title of the answer; the request comes in two parts when it is cut."""
    request = f"GET / HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\nConnection: close\r\n\r\n".encode()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    async with asyncio.timeout(10):
        writer.write(request[:cut])
        await writer.drain()
        await asyncio.sleep(0)
        writer.write(request[cut:])
        answer = await reader.read()
    writer.close()
    return json.loads(answer.partition(b"\r\n\r\n")[2])["title"]


def port_of(member: Member) -> int:
    assert member.membership.ports.http is not None
    return member.membership.ports.http.port


@pytest.mark.parametrize("cut", [0, 1, 20, 30])
def test_connections_go_to_whom_the_name_belongs(tmp_path, cut):
    async def scene() -> None:
        async with town(tmp_path, "a", "b", "c") as (a, b, c):
            await a.until_held("b.test", "c.test")
            assert (a.membership.serves, b.membership.serves, c.membership.serves) == (True, False, False)
            for name in ("a", "b", "c"):
                assert await ask(port_of(b), f"{name}.test", cut) == f"{name} is starting"
            assert await ask(port_of(a), "x.test", cut) == "Nothing answers at x.test"
            await b.until_held("a.test", "c.test")

    run(scene())


def test_the_one_in_front_leaves_and_another_one_follows(tmp_path):
    async def scene() -> None:
        async with town(tmp_path, "a", "b", "c") as (a, b, c):
            await c.until_held("a.test", "b.test")
            await b.until_held("a.test", "c.test")
            await a.leave()
            for name in ("b", "c"):  # at once: they wait for whoever follows
                assert await ask(port_of(b), f"{name}.test") == f"{name} is starting"
            follower, other = (b, c) if b.membership.serves else (c, b)
            await follower.until_held(f"{other.name}.test")
            assert follower.ended == ["/src/a"]
            await follower.leave()
            assert await ask(port_of(b), f"{other.name}.test") == f"{other.name} is starting"

    run(scene())


def test_a_lease_ends_with_its_connection(tmp_path):
    async def scene() -> None:
        async with town(tmp_path, "a", "b") as (a, b):
            await a.until_held("b.test")
            await b.leave()
            await a.until_held()
            assert a.ended == ["/src/b"]
            assert await ask(port_of(a), "b.test") == "Nothing answers at b.test"

    run(scene())


def test_a_name_that_is_taken_is_refused(tmp_path):
    async def scene() -> None:
        async with town(tmp_path, "a"):
            rival = Member(tmp_path / "hub", 9, "a")
            with pytest.raises(UsageError, match=r"a\.test is served by the devserve of /src/a \(pid 1\) already"):
                await rival.enter()
            await rival.listeners.close()

    run(scene())


def test_names_change_while_it_runs(tmp_path):
    async def scene() -> None:
        async with town(tmp_path, "a", "b") as (a, b):
            await a.until_held("b.test")
            more = (*b.lease.claims, Claim("new.test", "/", "b"))
            assert await b.membership.renew(more) == ""
            await a.until_held("b.test", "new.test")
            assert await ask(port_of(a), "new.test") == "Nothing answers at new.test"  # says b, which has no route
            assert "is served by the devserve of /src/b" in await a.membership.renew((Claim("new.test", "/", "a"),))
            assert await a.membership.renew((Claim("z.test", "/", "a"),)) == ""
            await b.until_held("z.test")
            assert "is served by the devserve of /src/a" in await b.membership.renew((Claim("z.test", "/", "b"),))
            assert a.held == ("b.test", "new.test")

    run(scene())


def test_a_port_of_somebody_else_is_not_waited_for(tmp_path):
    async def scene() -> None:
        def taken() -> Ports:
            raise ListenError("port 443 is taken by nginx")

        member = Member(tmp_path / "hub", 1, "a")
        with pytest.raises(ListenError, match="nginx"):
            await member.membership.enter(taken)
        # The lock is free again.
        async with town(tmp_path, "b") as (b,):
            assert b.membership.serves

    run(scene())


def test_a_lock_that_the_disk_cannot_give_is_said(tmp_path, monkeypatch):
    async def scene() -> None:
        def refused(file, how) -> None:
            raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

        monkeypatch.setattr(fcntl, "flock", refused)
        member = Member(tmp_path / "hub", 1, "a")
        with pytest.raises(DevserveError, match=r"cannot be locked: No locks available\. Set DEVSERVE_HOME to"):
            await member.enter()

    run(scene())


def test_a_socket_that_a_crash_left_bothers_nobody(tmp_path):
    async def scene() -> None:
        (tmp_path / "hub").mkdir()
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(tmp_path / "hub" / f"{ASKED}.join"))
        async with town(tmp_path, "a", "b") as (a, b):
            assert (a.membership.serves, b.membership.serves) == (True, False)
        assert [path.name for path in (tmp_path / "hub").iterdir()] == [f"{ASKED}.lock"]

    run(scene())


def test_the_join_socket_is_private(tmp_path):
    async def scene() -> None:
        async with town(tmp_path, "a"):
            assert (tmp_path / "hub" / f"{ASKED}.join").stat().st_mode & 0o777 == 0o600
            assert (tmp_path / "hub").stat().st_mode & 0o777 == 0o700

    run(scene())


def test_another_user_is_turned_away(tmp_path, monkeypatch, caplog):
    async def scene() -> None:
        async with town(tmp_path, "a"):
            monkeypatch.setattr(peers, "is_own", lambda connection: False)
            reader, writer = await asyncio.open_unix_connection(tmp_path / "hub" / f"{ASKED}.join")
            assert await reader.read() == b""
            writer.close()

    run(scene())
    assert f"user {os.getuid()} asked to join and was turned away" in caplog.text


def test_one_that_does_not_answer_is_named(tmp_path):
    async def scene() -> None:
        async with town(tmp_path, "a"):
            (tmp_path / "hub" / f"{ASKED}.join").unlink()
            late = Member(tmp_path / "hub", 9, "b")
            with pytest.raises(DevserveError, match=f"does not answer; end it: kill {os.getpid()}"):
                await late.enter()

    run(scene())


def test_another_version_says_which_side_to_update(tmp_path, monkeypatch):
    async def scene() -> None:
        async with town(tmp_path, "a"):
            older = Member(tmp_path / "hub", 9, "b", version="0.9")
            monkeypatch.setattr(membership, "join", lambda lease, version: {"join": 0, "version": version})
            with pytest.raises(UsageError, match=r"Update this devserve \(0\.9\)"):
                await older.enter()

    run(scene())


def test_whoever_asks_for_other_names_hears_when_the_one_in_front_leaves(tmp_path):
    async def scene() -> None:
        async with town(tmp_path, "a", "b") as (a, b):
            asking = asyncio.get_running_loop().create_task(b.membership.renew((Claim("new.test", "/", "b"),)))
            leaving = asyncio.get_running_loop().create_task(a.membership.leave())
            said = await asking
            await leaving
            assert said in {"", "the devserve that serves the ports has just ended; save again"}

    run(scene())
