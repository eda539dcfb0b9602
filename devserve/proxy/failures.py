"""The answers that devserve gives in a service's place: calm pages that say what happened and what mends it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from http import HTTPStatus

from devserve.config.values import INSIDE, Origin
from devserve.http1 import Headers, Request, Response

STYLE = """
:root {
  color-scheme: light dark;
  --ink: #1d2433; --paper: #f7f8fa; --card: #fff; --line: #d9dde5; --soft: #5c667a; --mark: #a04608
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9f0; --paper: #14171d; --card: #1c2028; --line: #323845; --soft: #9aa4b8; --mark: #f0a050 }
}
body { margin: 0; font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
main { max-width: 44rem; margin: 12vh auto 3rem; padding: 0 1.25rem }
h1 { font-size: 1.5rem; line-height: 1.3; margin: 0 0 .5rem }
small { color: var(--mark); font-weight: 600; letter-spacing: .04em }
pre, ul, table { background: var(--card); border: 1px solid var(--line); border-radius: .5rem; padding: .9rem 1.1rem }
pre { font: 13px/1.5 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere }
ul { list-style: none }
table { width: 100%; text-align: left; border-spacing: 0 .3rem }
a { color: inherit }
footer { color: var(--soft); font-size: .9rem; margin-top: 2rem }
"""
COMMAND = re.compile("`([^`]+)`")
RETRY_SECONDS = 1
COMES_BACK = "This page comes back by itself."
RELOADS = "This page loads itself again once a save or a restart mends it."
LAST_LINES = "The last lines of its output:"


@dataclass(frozen=True, slots=True)
class Failure:
    """What went wrong with one request, for people and for programs. Every text may be hostile: it is escaped."""

    status: int
    title: str
    explanation: str
    lines: Sequence[str] = ()  # the service's last output
    links: Sequence[str] = ()  # URLs that would work
    comes_back: bool = False  # the page loads itself again
    is_told: bool = False  # live reload loads the page again; one without it looks by itself
    ends_connection: bool = False  # the next request of this host is somebody else's


def answer(failure: Failure, request: Request | None, snippet: bytes = b"") -> tuple[Response, bytes]:
    """Return the response and its body: HTML for a browser, JSON for who asks for it, else text."""
    accept = (request.headers.first(b"accept") or b"") if request else b""
    verdict = b"answered by devserve"
    comes_back = failure.comes_back or (failure.is_told and not snippet)
    if b"text/html" in accept:
        kind, body = b"text/html; charset=utf-8", _page(failure, snippet, comes_back=comes_back)
        verdict = b"injected" if snippet else b"not injected: answered by devserve"
    elif b"json" in accept:
        kind, body = b"application/json", _data(failure)
    else:
        kind, body = b"text/plain; charset=utf-8", _text(failure)
    headers = Headers([
        (b"Content-Type", kind),
        (b"Content-Length", b"%d" % len(body)),
        (b"Cache-Control", b"no-store"),
        (b"X-Content-Type-Options", b"nosniff"),
        (b"X-Devserve", verdict),
    ])  # fmt: skip
    if failure.ends_connection:
        headers.add(b"Connection", b"close")
    if comes_back:
        headers.add(b"Retry-After", b"%d" % RETRY_SECONDS)
    if failure.status == HTTPStatus.UPGRADE_REQUIRED:  # RFC 9110, section 15.5.22; RFC 6455, section 4.4
        headers.add(b"Connection", b"Upgrade")
        headers.add(b"Upgrade", b"websocket")
        headers.add(b"Sec-WebSocket-Version", b"13")
    reason = HTTPStatus(failure.status).phrase.encode("ascii")
    head = request is not None and request.method == b"HEAD"
    return Response(failure.status, headers, reason), b"" if head else body


def _page(failure: Failure, snippet: bytes, *, comes_back: bool) -> bytes:
    refresh = f'<meta http-equiv="refresh" content="{RETRY_SECONDS}">' if comes_back else ""
    lines = f"<pre>{escape(chr(10).join(failure.lines))}</pre>" if failure.lines else ""
    items = "".join(f'<li><a href="{escape(url)}">{escape(url)}</a></li>' for url in failure.links)
    links = f"<ul>{items}</ul>" if items else ""
    after = f"<footer>{COMES_BACK if comes_back else RELOADS}</footer>" if comes_back or snippet else ""
    explanation = COMMAND.sub(r"<code>\1</code>", escape(failure.explanation))
    return (
        f'<!doctype html>\n<html lang="en" data-devserve-failure><head><meta charset="utf-8">'
        f"{snippet.decode('ascii')}{refresh}"
        f'<meta name="viewport" content="width=device-width,initial-scale=1"><title>{escape(failure.title)}</title>'
        f"<style>{STYLE}</style></head><body><main><small>devserve · {failure.status}</small>"
        f"<h1>{escape(failure.title)}</h1><p>{explanation}</p>{lines}{links}{after}</main></body></html>\n"
    ).encode()


def _data(failure: Failure) -> bytes:
    return json.dumps({
        "status": failure.status,
        "title": failure.title,
        "explanation": failure.explanation,
        "lines": list(failure.lines),
        "links": list(failure.links),
    }).encode()  # fmt: skip


def _text(failure: Failure) -> bytes:
    parts = [f"{failure.title}\n{failure.explanation}"]
    parts.extend(["\n".join(failure.lines)] if failure.lines else [])
    parts.extend(failure.links)
    return ("\n\n".join(parts) + "\n").encode()


def no_route(host: str, links: Sequence[str]) -> Failure:
    """Nothing answers at this host."""
    title = f"Nothing answers at {host}"
    explanation = (
        "No service that runs now has this host and path. `devserve run` in its repository's folder starts it, once its"
        " devserve.toml has this host. These would work:"
        if links
        else "Not a host of this devserve."
    )
    return Failure(503, title, explanation, links=links, comes_back=bool(links))


def stopped(host: str, folder: str, command: str) -> Failure:
    """Another devserve of this user served this host, and has ended."""
    return Failure(
        503,
        f"{host} is stopped",
        f"The devserve that served it from {folder} has ended. This starts it again:",
        lines=[command],
        comes_back=True,
        ends_connection=True,
    )


def misdirected(host: str) -> Failure:
    """The connection is older than the lease of the devserve that serves this host (RFC 9110, section 15.5.20)."""
    return Failure(
        421,
        f"{host} has just moved",
        "Another devserve serves it now, on a new connection.",
        comes_back=True,
        ends_connection=True,
    )


def refused(status: int, reason: str) -> Failure:
    """The request is not let in."""
    return Failure(status, HTTPStatus(status).phrase, reason)


def plain_on_tls(host: str, port: int) -> Failure:
    """Somebody speaks http:// to the https:// port."""
    url = f"https://{host}/" if port == 443 else f"https://{host}:{port}/"
    return Failure(
        400, "This port speaks HTTPS", "The request came as plain HTTP. The same host answers here:", links=[url]
    )


def not_ready(name: str, condition: str, explanation: str, lines: Sequence[str], *, coming: bool) -> Failure:
    """The service cannot answer now. When it is `coming`, the page loads itself again; else its live reload does."""
    said = LAST_LINES if lines else "It has printed nothing yet."
    explanation = f"{explanation} {said}".lstrip()
    return Failure(503, f"{name} is {condition}", explanation, lines=lines, comes_back=coming, is_told=True)


def not_allowed(name: str, explanation: str, would_run: Sequence[str]) -> Failure:
    """The service's repository may not run yet; these lines say what it would run."""
    return Failure(503, f"{name} is not allowed to run yet", f"{explanation} It would run:", would_run, comes_back=True)


def unreachable(name: str, origin: Origin, error: str, lines: Sequence[str], *, started: bool) -> Failure:
    """The service should answer, but its origin takes no connection. `started` says whether devserve started it."""
    if origin.port == INSIDE:
        explanation = (
            "It has no command, port or upstream, and no plugin has answered this request. Give it one of the three,"
            " or have a plugin answer: devserve_application does so for all requests, devserve_request for one."
        )
        return Failure(503, f"nobody answers for {name}", explanation, comes_back=True)
    if origin.is_remote:
        question = " It is not on this machine: does it need a VPN?"
    elif started:
        question = " Does the service listen on the port it gets in PORT?" if str(origin).startswith("http://") else ""
    else:
        question = " devserve does not start this service: is it running?"
    return Failure(
        503,
        f"{name} does not take connections",
        f"devserve dialled {origin}: {error}.{question}",
        lines=lines,
        comes_back=True,
    )


def no_fallback(name: str, condition: str, origin: str, error: str, lines: Sequence[str]) -> Failure:
    """The service does not run, and what should answer in its place takes no connection either."""
    explanation = f"devserve dialled its fallback {origin}: {error}. Start the service, or mend the fallback."
    return Failure(503, f"{name} is {condition}", explanation, lines=lines, comes_back=True)


def broken(name: str, error: str, lines: Sequence[str]) -> Failure:
    """The service's answer could not be understood or broke off before its head was complete."""
    explanation = f"{error}. Mend it and save, or start it anew with `devserve restart {name}`."
    return Failure(502, f"{name} gave no proper answer", with_lines(explanation, lines), lines=lines)


def too_slow(name: str, seconds: float, lines: Sequence[str]) -> Failure:
    """The service sent nothing for too long."""
    explanation = (
        f"Nothing came within {seconds:g} seconds. If it hangs, `devserve restart {name}` starts it anew;"
        ' timeouts = { answer = "…" } in its devserve.toml gives it longer.'
    )
    return Failure(504, f"{name} takes too long", with_lines(explanation, lines), lines=lines)


def with_lines(explanation: str, lines: Sequence[str]) -> str:
    """Return an explanation that leads to the service's last lines, if it has any."""
    return f"{explanation} {LAST_LINES}" if lines else explanation
