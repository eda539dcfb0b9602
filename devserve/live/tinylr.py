"""tiny-lr's HTTP API as values: what a notification says, who may send one, and the answers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

VERSION = "2.0.0"  # of tiny-lr, whose answers these are
FILES = re.compile(r"files(\[[^\]]*\])?")
SEPARATORS = re.compile(r"[\s,]")
MOST_FILES = 2000
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
NOT_FOUND = json.dumps({"error": "not_found", "reason": "no such route"}, separators=(",", ":"))

REFUSED_GET = (
    "A GET that changes something is refused from a browser, where any page can cause one. Send a POST to /changed, or"
    " ask with a program such as curl."
)
REFUSED_ORIGIN = "Only pages of the hosts in devserve.toml may send this from a browser. From a program it works."

Client = tuple[str, str | None]  # its name and the page that it is on, once that is known


@dataclass(frozen=True, slots=True)
class Notice:
    """What a request carries: the files that changed, and the text to show."""

    files: tuple[str, ...] = ()
    message: str = ""


class UnreadableError(ValueError):
    """A body that is not what its Content-Type says; the text says what is wanted."""


def is_from_browser(headers: Mapping[str, str]) -> bool:
    """Tell whether a browser sent a request, for which any page may be the reason.

    Fetch Metadata is sent over https and to localhost only; on plain http the other fields give a browser away.
    """
    names = {name.lower() for name in headers}
    if names & {"origin", "referer", "cookie"} or any(name.startswith("sec-fetch-") for name in names):
        return True
    return headers.get("User-Agent", "").startswith("Mozilla/")


def notice_in(query: str, content_type: str = "", body: bytes = b"") -> Notice:
    """Return what a request says; its body counts before its query. A body without a type is a form.

    Raises:
        UnreadableError: the body is neither JSON nor a form.
    """
    fields: Mapping[str, object] = _body_fields(content_type.partition(";")[0].strip().lower() or FORM, body)
    asked = _form_fields(query)
    files = fields.get("files") or asked.get("files")
    message = fields.get("message") or asked.get("message")
    return Notice(_files(files), message if isinstance(message, str) else "")


def _body_fields(kind: str, body: bytes) -> Mapping[str, object]:
    if not body.strip():
        return {}
    if kind not in (JSON, FORM):
        raise UnreadableError(f"the body is {kind}; send {JSON} or {FORM}")
    try:
        text = body.decode()
        found = json.loads(text) if kind == JSON else _form_fields(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError(f"the body is no {kind} in UTF-8") from error
    return found if isinstance(found, dict) else {}


def _form_fields(text: str) -> Mapping[str, object]:
    """Return a form's fields; `files`, `files[]` and `files[0]`, each perhaps several times, make one list."""
    pairs = parse_qsl(text, max_num_fields=MOST_FILES)
    fields: dict[str, object] = dict(pairs)
    files = [value for name, value in pairs if FILES.fullmatch(name)]
    if files:
        fields["files"] = files[0] if len(files) == 1 and "files" in fields else files
    return fields


def _files(found: object) -> tuple[str, ...]:
    if isinstance(found, str):
        return tuple(SEPARATORS.split(found))[:MOST_FILES]
    if isinstance(found, list):
        return tuple(each for each in found if isinstance(each, str))[:MOST_FILES]
    return ()


def welcome() -> str:
    """Return the answer to `GET /`."""
    return json.dumps({"tinylr": "Welcome", "version": VERSION}, separators=(",", ":"))


def changed(clients: Iterable[Client], files: Sequence[str]) -> str:
    """Return the answer to a notification of files."""
    return json.dumps({"clients": _shown(clients), "files": list(files)}, separators=(",", ":"))


def alerted(clients: Iterable[Client], message: str) -> str:
    """Return the answer to a text to show; without one, tiny-lr leaves the key out."""
    text = {"message": message} if message else {}
    return json.dumps({"clients": _shown(clients), **text}, separators=(",", ":"))


def _shown(clients: Iterable[Client]) -> list[dict[str, str]]:
    return [{"id": name} if url is None else {"id": name, "url": url} for name, url in clients]
