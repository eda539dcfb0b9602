"""Tasks that nobody awaits: kept alive until they end, and their unexpected errors said."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import TypeVar

from devserve.errors import DevserveError

Result = TypeVar("Result")
LOG = logging.getLogger("devserve")
# The loop holds its tasks weakly (asyncio.create_task, "Important"); each one leaves this set when it ends.
RUNNING: set[asyncio.Task[object]] = set()


def spawn(coroutine: Coroutine[object, object, Result], name: str) -> asyncio.Task[Result]:
    """Start a coroutine as a task of this name and return it.

    An error that is not for the user and not the network's is a mistake of ours: it is logged once, with its traceback.
    """
    task = asyncio.create_task(coroutine, name=name)  # noqa: TID251 - the one place that keeps and watches tasks
    RUNNING.add(task)
    task.add_done_callback(_ended)
    return task


def _ended(task: asyncio.Task[object]) -> None:
    RUNNING.discard(task)
    if task.cancelled():
        return
    error = task.exception()
    if error is None:
        return
    if isinstance(error, DevserveError | ConnectionError):
        LOG.debug("%s: %s", task.get_name(), error)
        return
    LOG.error(
        "%s: devserve made a mistake: %r. Run it with --debug and report this.", task.get_name(), error, exc_info=error
    )
