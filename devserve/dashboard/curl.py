"""A request as a curl command: what is secret in it is masked, for whoever runs it to fill in."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from devserve.dashboard.waterfall import authority, fields
from devserve.proxy.access import Access, masked

# What curl sends by itself, or must work out anew.
OWN_FIELDS = frozenset({"host", "content-length", "connection", "transfer-encoding", "accept-encoding"})


def command(exchange: Access) -> str:
    """Return the command, one field on a line."""
    return " \\\n  ".join(_words(exchange))


def _words(exchange: Access) -> Iterator[str]:
    url = f"{exchange.scheme}://{authority(exchange)}{masked(exchange.target)}"
    yield f"curl {shlex.quote(url)}"
    if exchange.method == "HEAD":
        yield "--head"
    elif exchange.method != "GET" or exchange.request_body:
        yield f"--request {shlex.quote(exchange.method)}"
    if exchange.request is None:
        return
    for name, value in fields(exchange.request.headers):
        if name.lower() not in OWN_FIELDS:
            yield f"--header {shlex.quote(f'{name}: {value}' if value else f'{name};')}"
    if exchange.request.headers.first(b"accept-encoding"):
        yield "--compressed"
    if exchange.request_body:
        yield f"--data-binary {_quoted(exchange.request_body)}"


def _quoted(body: bytes) -> str:
    """Return a body as a word of a shell; what is no text needs a shell that knows $'…' (POSIX 2024)."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = ""
    if text and (text.isprintable() or text.replace("\n", "").replace("\t", "").isprintable()):
        return shlex.quote(text)
    return "$'" + "".join(f"\\x{octet:02x}" for octet in body) + "'"
