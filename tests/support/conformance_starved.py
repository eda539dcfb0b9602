"""A small proxy in a process of its own that may open few files: `python -m support.conformance_starved PORT LOOP`."""

from __future__ import annotations

import asyncio
import resource
import sys
from pathlib import Path

from devserve.config.values import Origin, Service
from devserve.io import loop
from devserve.io.proxy.listeners import Listeners
from devserve.io.proxy.site import Served, Site
from devserve.io.proxy.sweeper import Sweeper
from devserve.io.proxy.upstream import Upstreams
from devserve.proxy.routes import Route, Routes
from support.proxied import Backend, Hooks, listening, no_own_pages

DESCRIPTORS = 40


async def serve(upstream: int) -> None:
    """Serve web.test in front of this port, and print our own; end with standard input."""
    service = Service("web", Path("/repository"), "web.test")
    sweeper = Sweeper()
    upstreams = Upstreams(sweeper, no_own_pages)
    site = Site(Routes([Route("web.test", "/", Origin(port=upstream), service)]), upstreams, b"mark")
    site.served["web"] = Served(service, Backend(), Hooks(edits_responses=False, tags=()))
    bound = listening()
    listeners = Listeners(site, sweeper)
    listeners.take_http(bound)
    await listeners.serve()
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    sys.stdout.write(f"{bound.port}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    if sys.argv[2] == "asyncio":
        loop.uvloop = None
    with asyncio.Runner(loop_factory=loop.new_loop) as runner:
        runner.run(serve(int(sys.argv[1])))
