"""Whether anybody reads what this process prints."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def broken_when_unread(descriptor: int) -> Iterator[None]:
    """Break the block off with BrokenPipeError when the reader of a pipe ends, even if nothing is being written.

    `tail -f` does the same: who waits for lines that nobody will read waits for ever.
    """
    if not stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        yield
        return
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    unread = asyncio.Event()

    def break_off() -> None:
        loop.remove_reader(descriptor)
        unread.set()
        task.cancel()

    loop.add_reader(descriptor, break_off)  # of a pipe's writing end, nothing but its end can be read
    try:
        yield
    except asyncio.CancelledError:
        if not unread.is_set():
            raise
        task.uncancel()
        raise BrokenPipeError from None
    finally:
        loop.remove_reader(descriptor)
