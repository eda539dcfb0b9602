"""Ten thousand pages, and nobody waits for them."""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from pathlib import Path

import pytest

from devserve.io.loop import new_loop
from devserve.io.proxy.limits import allow_files
from devserve.live.protocol import reload
from support.live import a_page, new_live_sockets, said, serving, until

COUNT = 10_000
TESTS = Path(__file__).parent.parent


@pytest.mark.timeout(180)
def test_all_pages_are_told_and_meanwhile_others_are_served() -> None:
    async def scenario() -> None:
        live = new_live_sockets()
        argv = (sys.executable, "-m", "support.live_many")
        environment = {**os.environ, "PYTHONPATH": str(TESTS)}
        async with serving(live) as port, a_page(port, "https://mail.test/", origin="https://mail.test") as other:
            pages = await asyncio.create_subprocess_exec(
                *argv, str(port), str(COUNT), stdin=-1, stdout=-1, env=environment
            )
            assert pages.stdin is not None
            assert pages.stdout is not None
            assert await pages.stdout.readline() == b"open\n"
            await until(lambda: live.tell("web", []) == COUNT, 30)
            live.tell("web", [reload("/a.css")])
            live.tell("mail", [reload("/b.css")])
            assert (await said(other))["path"] == "/b.css"
            assert float(await asyncio.wait_for(pages.stdout.readline(), 30)) < 10
            pages.stdin.close()
            await pages.wait()

    allow_files()
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= limit < COUNT + 100:
        pytest.skip(f"this machine lets a process open {limit} files; raise it with: ulimit -Hn 20000")
    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(scenario())
