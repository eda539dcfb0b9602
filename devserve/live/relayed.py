"""What another livereload server says, as what our own pages are told."""

from __future__ import annotations

from pathlib import PurePath

from devserve.errors import RemoteProtocolError
from devserve.live.protocol import OFFICIAL_7, alert, fields, reload


def is_greeting(frame: str | bytes) -> bool:
    """Tell whether a server's first frame offers protocol 7."""
    try:
        found = fields(frame)
    except RemoteProtocolError:
        return False
    protocols = found.get("protocols")
    return found.get("command") == "hello" and isinstance(protocols, list) and OFFICIAL_7 in protocols


def message_of(frame: str | bytes, root: PurePath) -> str | None:
    """Return the message for our pages; None for what is none of theirs.

    gulp-livereload without `basePath` sends absolute paths of the disk: below the service's folder they become relative
    to it. What would have pages ask another address (overrideURL) is left out.
    """
    try:
        found = fields(frame)
    except RemoteProtocolError:
        return None
    match found:
        case {"command": "reload", "path": str(path)}:
            return reload(
                _relative(path, root),
                live_css=found.get("liveCSS") is not False,
                live_image=found.get("liveImg") is not False,
            )
        case {"command": "alert", "message": str(message)}:
            return alert(message)
    return None


def _relative(path: str, root: PurePath) -> str:
    prefix = f"{root}/"
    return f"/{path.removeprefix(prefix)}" if path.startswith(prefix) else path
