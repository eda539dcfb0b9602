"""Exchanges as a HAR 1.2 file, which browsers' developer tools open. What is secret is masked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from urllib.parse import parse_qsl

from devserve.dashboard.waterfall import Field, authority, body, fields, phases, reason
from devserve.proxy.access import Access, masked

UNKNOWN = -1  # of a size or a time, as HAR wants it


def entries(exchanges: Iterable[Access]) -> list[Mapping[str, object]]:
    """Return exchanges as entries of a file."""
    return [_entry(each) for each in exchanges]


def log(found: Sequence[Mapping[str, object]], version: str) -> dict[str, object]:
    """Return the whole file with these entries, for JSON."""
    creator = {"name": "devserve", "version": version}
    return {"log": {"version": "1.2", "creator": creator, "entries": list(found)}}


def _entry(exchange: Access) -> dict[str, object]:
    times = phases(exchange)
    return {
        "startedDateTime": exchange.when.isoformat(timespec="milliseconds"),
        "time": round(sum(times.values()), 2),
        "request": _request(exchange),
        "response": _response(exchange),
        "cache": {},
        "timings": {
            "blocked": times["held"],
            "dns": UNKNOWN,
            "connect": times.get("connect", UNKNOWN),
            "send": 0,
            "wait": times["wait"],
            "receive": times.get("body", 0),
            "ssl": UNKNOWN,
        },
        "_service": exchange.service,
        "_verdict": exchange.verdict,
        "_ended": (exchange.when + timedelta(seconds=exchange.total_seconds)).isoformat(timespec="milliseconds"),
    }


def _request(exchange: Access) -> dict[str, object]:
    target = masked(exchange.target)
    return {
        "method": exchange.method,
        "url": f"{exchange.scheme}://{authority(exchange)}{target}",
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _named(fields(exchange.request.headers) if exchange.request else []),
        "queryString": _named(parse_qsl(target.partition("?")[2], keep_blank_values=True)),
        "headersSize": UNKNOWN,
        "bodySize": exchange.received,
    }


def _response(exchange: Access) -> dict[str, object]:
    response = exchange.response
    text = body(exchange)
    declared = response.headers.first(b"content-type") if response else None
    content: dict[str, object] = {"size": exchange.sent, "mimeType": (declared or b"").decode("latin-1")}
    location = response.headers.first(b"location") if response else None
    return {
        "status": exchange.status,
        "statusText": reason(exchange),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _named(fields(response.headers) if response else []),
        "content": content if text is None else {**content, "text": text},
        "redirectURL": masked((location or b"").decode("latin-1")),
        "headersSize": UNKNOWN,
        "bodySize": exchange.sent,
    }


def _named(pairs: Iterable[Field]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]
