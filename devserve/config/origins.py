"""What `upstream` says: the origin to dial."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from devserve.config.hosts import a_labels
from devserve.config.kinds import UNSENDABLE
from devserve.config.values import Origin

ORIGIN_IS = 'an origin such as "http://127.0.0.1:3001", "https://staging.example.com" or "unix:app.sock"'
DEFAULT_PORTS = {"http": 80, "https": 443}


def origin_of(text: str, root: Path) -> Origin:
    """Return the origin of an upstream; a unix socket's path is taken from the repository's folder.

    Raises:
        ValueError: what an origin is, and the edit that makes one of this text if there is one.
    """
    if text.startswith("unix:"):
        path = text.removeprefix("unix:").removeprefix("//")
        if not path or "\0" in path:
            raise ValueError(ORIGIN_IS)
        return Origin(unix_path=str(root / path))
    parts, port = split(text)
    host = parts.hostname or ""
    host = host if host.isascii() else ".".join(a_labels(host))
    if parts.scheme == "http":
        return Origin("http", host, port or DEFAULT_PORTS["http"])
    return Origin("https", host, port or DEFAULT_PORTS["https"])


def split(text: str) -> tuple[SplitResult, int | None]:
    """Return the parts of an http or https origin and its port."""
    if UNSENDABLE.search(text):
        raise ValueError(ORIGIN_IS)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(f"{ORIGIN_IS}, with a port from 1 to 65535") from None
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname or port == 0:
        raise ValueError(ORIGIN_IS, "" if "://" in text or "@" in text else f'write "http://{text.lstrip("/")}"')
    if parts.username is not None:
        raise ValueError("an origin without user and password")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("an origin, which has no path", f'write "{parts.scheme}://{parts.netloc}"')
    return parts, port
