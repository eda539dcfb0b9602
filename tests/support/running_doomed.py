"""A small devserve to be killed: it starts one command under a warden and tells its lines."""

from __future__ import annotations

import asyncio
import sys

import uvloop

from devserve.io.run.processes import Process
from devserve.io.run.warden import Warden
from support.running import a_command


async def main(script: str) -> None:
    """Start the script."""

    def tell(line: str) -> None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()

    process = Process("doomed", a_command(script), Warden(grace=0.3), tell)
    await process.wait()


if __name__ == "__main__":
    factory = uvloop.new_event_loop if sys.argv[1] == "uvloop" else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(main(sys.argv[2]))
