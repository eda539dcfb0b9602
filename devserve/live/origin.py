"""The host in an Origin field (RFC 6454, section 7), if it is a name."""

from __future__ import annotations

import re

ORIGIN = re.compile(r"https?://(?P<host>[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::[0-9]{1,5})?", re.IGNORECASE)
# A host whose last part is a number is an IPv4 address, whatever it looks like (WHATWG URL, "ends in a number").
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)

EXTENSION = re.compile(r"(?:chrome|moz|safari-web)-extension://[A-Za-z0-9.-]+")


def origin_host(origin: str) -> str | None:
    """Return the host name of an http or https origin in lower case; None for `null`, addresses and malformed ones."""
    match = ORIGIN.fullmatch(origin)
    if match is None:
        return None
    host = match["host"].lower()
    return None if NUMBER.fullmatch(host.rpartition(".")[2]) else host


def is_extension(origin: str) -> bool:
    """Tell whether an origin is a browser extension's. No page can pretend to be one: the browser writes the field."""
    return EXTENSION.fullmatch(origin) is not None
