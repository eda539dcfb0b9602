"""Asks the system's resolver about names, as a browser does, without ever making anybody wait for it."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterable

from devserve.doctor.names import Resolved

AT_ONCE = 16
PATIENCE = 5.0  # seconds; without a network a resolver may take longer


def resolve_all(hosts: Iterable[str], patience: float = PATIENCE) -> list[Resolved]:
    """Return what the resolver says about each name within the patience, in the order of the names."""
    asked = list(dict.fromkeys(hosts))
    waiting: queue.SimpleQueue[str] = queue.SimpleQueue()
    answers: queue.SimpleQueue[Resolved] = queue.SimpleQueue()
    for host in asked:
        waiting.put(host)
    for _ in range(min(AT_ONCE, len(asked))):
        # Daemons: getaddrinfo cannot be interrupted, and must not hold up the end of devserve.
        threading.Thread(target=_work, args=(waiting, answers), daemon=True, name="resolver").start()
    found: dict[str, Resolved] = {}
    deadline = time.monotonic() + patience
    while len(found) < len(asked):
        try:
            answer = answers.get(timeout=max(deadline - time.monotonic(), 0.001))
        except queue.Empty:
            break
        found[answer.host] = answer
    return [found.get(host, Resolved(host)) for host in asked]


def in_background(hosts: Iterable[str], tell: Callable[[list[Resolved]], None]) -> None:
    """Call `tell`, from a thread, with what the resolver says."""
    asked = list(hosts)
    if asked:
        threading.Thread(target=lambda: tell(resolve_all(asked)), daemon=True, name="names").start()


def resolve(host: str) -> Resolved:
    """Return what the resolver says about a name."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        return Resolved(host, error=getattr(error, "strerror", None) or str(error))
    return Resolved(host, tuple(dict.fromkeys(str(address[0]) for *_, address in found)))


def _work(waiting: queue.SimpleQueue[str], answers: queue.SimpleQueue[Resolved]) -> None:
    while True:
        try:
            host = waiting.get_nowait()
        except queue.Empty:
            return
        answers.put(resolve(host))
