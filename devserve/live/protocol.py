"""LiveReload protocol 7: what a page says, and what it is told, as values.

The written protocol is livereload.com's `protocol.md`. The stock livereload.js adds `info`, and closes its socket on
any command that it does not know.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from devserve.errors import RemoteProtocolError
from devserve.live.message import Message
from devserve.live.problems import Problem

OFFICIAL_7 = "http://livereload.com/protocols/official-7"
PLUGIN = "devserve"  # the id of our own LiveReload plugin in the script (plugin.js)
STYLESHEETS = (".css", ".css.map")  # what the page swaps in place
IMAGES = (".jpg", ".jpeg", ".png", ".gif", ".svg", ".webp", ".avif", ".ico")
PROBLEMS = "devserve:problems"  # the paths of orders that only this plugin understands
MESSAGE = "devserve:message"


@dataclass(frozen=True, slots=True)
class Hello:
    """The page's first frame: the protocols that it speaks."""

    protocols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Info:
    """What livereload.js says after the handshake: the page's URL and the ids of its LiveReload plugins."""

    url: str
    plugins: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Url:
    """The page has gone to another URL (in the written protocol; livereload.js never sends it)."""

    url: str


@dataclass(frozen=True, slots=True)
class Other:
    """A command that protocol 7 does not have; to be ignored."""

    command: str


Said = Hello | Info | Url | Other


def parse(frame: str | bytes) -> Said:
    """Return what a page's frame says.

    Raises `RemoteProtocolError` when it is not protocol 7; close that page's socket then.
    """
    match fields(frame):
        case {"command": "hello", "protocols": list(protocols)} if all(isinstance(url, str) for url in protocols):
            return Hello(tuple(protocols))
        case {"command": "info", "url": str(url), "plugins": dict(plugins)}:
            return Info(url, tuple(plugins))
        case {"command": ("info" | "url") as command, "url": str(url)}:
            return Info(url) if command == "info" else Url(url)
        case {"command": ("hello" | "info" | "url") as command}:
            raise RemoteProtocolError(f'the "{command}" frame of a page lacks what protocol 7 asks for')
        case {"command": str(command)}:
            return Other(command)
    raise RemoteProtocolError('a page sent a frame without a "command"')


def fields(frame: str | bytes) -> Mapping[str, object]:
    """Return the fields of a frame, which is one JSON object.

    Raises `RemoteProtocolError` when it is anything else.
    """
    if isinstance(frame, bytes):
        raise RemoteProtocolError("a page sent a binary frame; protocol 7 has text frames only")
    try:
        found: object = json.loads(frame)
    except (ValueError, RecursionError) as error:  # RecursionError: thousands of opening brackets
        raise RemoteProtocolError("a page sent a frame that is not JSON") from error
    if not isinstance(found, dict):
        raise RemoteProtocolError("a page sent a frame that is not a JSON object")
    return found


def hello(server_name: str = "devserve") -> str:
    """Return the server's half of the handshake."""
    return json.dumps({"command": "hello", "protocols": [OFFICIAL_7], "serverName": server_name})


def reload(path: str, live_css: bool = True, live_image: bool = True) -> str:
    """Return the order to show a changed file.

    The page swaps stylesheets and images, unless told not to, and loads itself again for any other path. It matches the
    path with its own URLs by equal parts from the end, so a full path is as good as a short one.
    """
    return json.dumps({"command": "reload", "path": path, "liveCSS": live_css, "liveImg": live_image})


def loads_page(frame: str) -> bool:
    """Tell whether an order makes a page load itself again, whatever it has."""
    match fields(frame):
        case {"command": "reload", "path": str(path), "liveCSS": css, "liveImg": images} if path not in (
            PROBLEMS,
            MESSAGE,
        ):
            ending = path.lower()
            return not ((css and ending.endswith(STYLESHEETS)) or (images and ending.endswith(IMAGES)))
    return False


def alert(message: str) -> str:
    """Return the order to show a message in a dialog, which blocks the page."""
    return json.dumps({"command": "alert", "message": message})


def problems(found: Iterable[Problem]) -> str:
    """Return the order to show these problems and no other, for pages that have our plugin.

    The stock script hands plugins nothing of an order but known fields, and closes its socket on unknown commands.
    """
    return _to_plugin(PROBLEMS, [{"title": problem.title, "lines": list(problem.lines)} for problem in found])


def event(message: Message) -> str:
    """Return the order to let a page hear a message, for pages that have our plugin."""
    return _to_plugin(MESSAGE, {"name": message.name, "detail": message.detail})


def _to_plugin(path: str, said: object) -> str:
    return json.dumps({
        "command": "reload",
        "path": path,
        "originalPath": json.dumps(said),
        "liveCSS": True,
        "liveImg": True,
    })  # fmt: skip


def text_frame(message: str) -> bytes:
    """Return a message as a server's frame: whole, not masked, not compressed (RFC 6455, section 5.2)."""
    data = message.encode()
    if len(data) < 126:
        length = bytes([len(data)])
    elif len(data) < 1 << 16:
        length = b"\x7e" + len(data).to_bytes(2, "big")
    else:
        length = b"\x7f" + len(data).to_bytes(8, "big")
    return b"\x81" + length + data
