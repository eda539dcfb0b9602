"""How devserve sees that a service can answer: when to look, what to ask, which answer counts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from devserve.config.values import Origin, Service
from devserve.run.lines import plain

FIRST_PAUSE = 0.02  # seconds
LONGEST_PAUSE = 0.25
GROWTH = 1.5
STATUS_LINE = re.compile(rb"HTTP/1\.[01] ([1-5][0-9]{2})(?: |\r?\n)")  # RFC 9112, section 4
SERVER_ERROR = 500


def pauses() -> Iterator[float]:
    """Yield the seconds between one look and the next, without end."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(pause * GROWTH, LONGEST_PAUSE)


def origin_of(service: Service, port: int) -> Origin:
    """Return where the service answers: what it says, else its port on this machine."""
    return service.upstream or Origin(port=port)


def probe_request(target: str, host: str) -> bytes:
    """Return the smallest request for a target of a service's host (RFC 9112, section 3.2)."""
    return f"GET {target} HTTP/1.1\r\nHost: {host}\r\nAccept: */*\r\nConnection: close\r\n\r\n".encode()


def answer_means_ready(head: bytes) -> bool:
    """Return whether an answer's first line has a status below 500: a server that can say 404 can answer."""
    match = STATUS_LINE.match(head)
    return match is not None and int(match[1]) < SERVER_ERROR


def line_means_ready(line: str, text: str) -> bool:
    """Return whether an output line contains the text, colours aside."""
    return text in plain(line)


def why_not_ready(service: Service, origin: Origin, listens_on: Sequence[int]) -> str:
    """Return the sentence for a service that does not answer in time. Its processes listen on the ports given."""
    missing, advice = what_is_missing(service, origin), _advice(service, origin, listens_on)
    return f"{service.label}: not ready after {service.ready.timeout:g} s: {missing}. {advice}"


def what_is_missing(service: Service, origin: Origin) -> str:
    """Return what a service that is waited for has not done yet."""
    ready = service.ready
    return {
        "tcp": f"nothing takes connections at {origin}",
        "http": f"GET {ready.http} at {origin} has no answer below {SERVER_ERROR}",
        "log": f'no line of its output contains "{ready.log}"',
    }[ready.by]


def _advice(service: Service, origin: Origin, listens_on: Sequence[int]) -> str:
    if service.ready.by != "log" and not origin.unix_path and listens_on and origin.port not in listens_on:
        listened = " and ".join(str(port) for port in listens_on)
        return (
            f"It listens on port {listened} instead: have it listen on $PORT, or write port = {listens_on[0]} "
            f"in [services.{service.name}]."
        )
    if service.listen == "fd":
        return "It is still waited for; have it accept connections on descriptor 3, the socket that it is given."
    return f"It is still waited for; look at its output, or mend ready in [services.{service.name}]."
