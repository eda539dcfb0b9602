"""The event loop: uvloop where it installs, asyncio's own elsewhere. Tornado runs on either."""

from __future__ import annotations

import asyncio
import errno
import logging
from types import ModuleType

LOG = logging.getLogger("devserve")
SHORTAGES = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
uvloop: ModuleType | None
try:
    import uvloop
except ImportError:  # no wheel for this platform: everything works without it, only slower
    uvloop = None


def new_loop() -> asyncio.AbstractEventLoop:
    """Return a new event loop of the fastest kind there is."""
    loop: asyncio.AbstractEventLoop = (uvloop or asyncio).new_event_loop()
    loop.set_exception_handler(complain)
    return loop


def complain(loop: asyncio.AbstractEventLoop, context: dict[str, object]) -> None:
    """Say what went wrong outside of any task; a lack of descriptors is no mistake of ours."""
    error = context.get("exception")
    if isinstance(error, OSError) and error.errno in SHORTAGES:
        warn_of_shortage(error)
        return
    loop.default_exception_handler(context)


def warn_of_shortage(error: OSError) -> None:
    """Say that nothing can be accepted now, and what mends it."""
    LOG.warning("new connections wait: %s; close some, or raise the limit: ulimit -n 4096", error.strerror)
