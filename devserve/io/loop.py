"""The event loop: uvloop where it installs, asyncio's own elsewhere. Tornado runs on either."""

from __future__ import annotations

import asyncio
from types import ModuleType

uvloop: ModuleType | None
try:
    import uvloop
except ImportError:  # no wheel for this platform: everything works without it, only slower
    uvloop = None


def new_loop() -> asyncio.AbstractEventLoop:
    """Return a new event loop of the fastest kind there is."""
    loop: asyncio.AbstractEventLoop = (uvloop or asyncio).new_event_loop()
    return loop
