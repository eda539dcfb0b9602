"""Source expressions of a Content-Security-Policy: which of them admit an origin already (CSP3, section 6.7.2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

SCHEME_SOURCE = re.compile(r"([a-z][a-z0-9+.-]*):")
HOST_SOURCE = re.compile(r"(?:([a-z][a-z0-9+.-]*)://)?(\*|(?:\*\.)?[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)(?::(\d+|\*))?/?")
# What a scheme in an expression admits beside itself: only what is safer.
SAFER = {"http": ("https",), "ws": ("wss", "http", "https"), "wss": ("https",)}
HASH_SOURCE = re.compile(r"'(nonce|sha256|sha384|sha512)-", re.IGNORECASE)
DEFAULT_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def admitted(sources: Sequence[str], wanted: str) -> bool:
    """Tell whether a source list admits an origin, `'self'` or the hash of a text; in doubt it does not.

    Then one source more is added. A hash beside 'unsafe-inline' would switch that off (CSP3, section 6.7.3.2).
    """
    if HASH_SOURCE.match(wanted):
        return wanted in sources or _admits_inline([source.lower() for source in sources])
    return any(admits(source.lower(), wanted.lower()) for source in sources)


def admits(source: str, wanted: str) -> bool:
    """Tell whether one expression admits an origin; both in lower case."""
    if source == wanted:
        return True
    url = urlsplit(wanted)
    if url.scheme not in DEFAULT_PORTS or source.startswith("'"):
        return False
    if source == "*":
        return True
    if scheme := SCHEME_SOURCE.fullmatch(source):
        return _scheme_admits(scheme[1], url.scheme)
    host = HOST_SOURCE.fullmatch(source)  # one with a path admits some files only: no match here
    if host is None:
        return False
    return (
        _scheme_admits(host[1] or "http", url.scheme)  # without a scheme, that of the page: it is http at the least
        and _host_admits(host[2], url.hostname or "")
        and _port_admits(host[3] or "", url.port or DEFAULT_PORTS[url.scheme], url.scheme)
    )


def _admits_inline(sources: Sequence[str]) -> bool:
    off = any(source == "'strict-dynamic'" or HASH_SOURCE.match(source) for source in sources)
    return "'unsafe-inline'" in sources and not off


def _scheme_admits(scheme: str, wanted: str) -> bool:
    return wanted == scheme or wanted in SAFER.get(scheme, ())


def _host_admits(pattern: str, host: str) -> bool:
    if pattern == "*":
        return True
    return host.endswith(pattern[1:]) if pattern.startswith("*.") else host == pattern


def _port_admits(port: str, wanted: int, scheme: str) -> bool:
    return port == "*" or wanted == (int(port) if port else DEFAULT_PORTS[scheme])
