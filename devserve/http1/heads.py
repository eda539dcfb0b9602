"""Read the heads of messages: from bytes to Request or Response."""

from __future__ import annotations

from typing import Final

from devserve.errors import RemoteProtocolError
from devserve.http1.buffer import CRLF, ReceiveBuffer
from devserve.http1.diagnosis import request_refusal, response_refusal
from devserve.http1.events import ConnectionClosed, InformationalResponse, Request, Response
from devserve.http1.facts import facts_of, is_plain
from devserve.http1.grammar import (
    ABSOLUTE_FORM,
    AUTHORITY_FORM,
    FIELD,
    FIELD_SECTION,
    REQUEST_LINE,
    STATUS_LINE,
)
from devserve.http1.headers import Headers
from devserve.http1.limits import FIELDS_TOO_LARGE, URI_TOO_LONG, Limits
from devserve.http1.memo import Memo

FIRST_FINAL_STATUS: Final = 200
SECTIONS: Final[Memo[Headers]] = Memo(256)
STATUS_LINES: Final[Memo[tuple[int, bytes, bytes]]] = Memo(64)


class RequestReader:
    """Read the heads of requests."""

    __slots__ = ("_limits",)

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def read(self, buffer: ReceiveBuffer) -> Request | None:
        """Return the next request, or None if its head is incomplete."""
        head = buffer.take_section(self._limits.head)
        if head is None:
            _check_incomplete(buffer, self._limits)
            return None
        return parse_request(head, self._limits)

    def end(self, buffer: ReceiveBuffer) -> ConnectionClosed:
        """Return what the end of the stream means: nothing more, unless it cuts a head off."""
        if buffer and bytes(buffer) != CRLF:
            raise RemoteProtocolError("the connection was closed in the middle of a request head")
        buffer.take(len(buffer))
        return ConnectionClosed()


class ResponseReader:
    """Read the heads of responses: interim ones, then the final one."""

    __slots__ = ("_limits",)

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def read(self, buffer: ReceiveBuffer) -> InformationalResponse | Response | None:
        """Return the next response, or None if its head is incomplete."""
        head = buffer.take_section(self._limits.head)
        if head is None:
            _check_incomplete(buffer, self._limits)
            return None
        return parse_response(head, self._limits)

    def end(self, buffer: ReceiveBuffer) -> ConnectionClosed:
        """Refuse the end of the stream: a response is owed."""
        where = "in the middle of the response head" if buffer else "before the response"
        raise RemoteProtocolError(f"the connection was closed {where}")


def parse_request(head: bytes, limits: Limits) -> Request:
    """Return the request that a whole head says.

    Raises:
        RemoteProtocolError: it breaks the grammar, a limit, or what `check_request` demands.
    """
    line = REQUEST_LINE.match(head)
    if line is None:
        raise request_refusal(head)
    method, target, version, section = line.groups()
    headers = field_section(section)
    if headers is None:
        raise request_refusal(head)
    if len(target) > limits.target:
        raise RemoteProtocolError(f"the request target is longer than {limits.target} bytes", URI_TOO_LONG)
    if len(headers) > limits.fields:
        raise _too_many(limits)
    request = Request(method, target, headers, version)
    check_request(request)
    return request


def parse_response(head: bytes, limits: Limits) -> InformationalResponse | Response:
    """Return the response that a whole head says.

    Raises:
        RemoteProtocolError: it breaks the grammar or a limit.
    """
    line, _, section = head.partition(CRLF)
    said = STATUS_LINES.get(line) or _status_line(line)
    headers = field_section(section)
    if said is None or headers is None:
        raise response_refusal(head)
    if len(headers) > limits.fields:
        raise _too_many(limits)
    status_code, reason, version = said
    if status_code < FIRST_FINAL_STATUS:
        return InformationalResponse(status_code, headers, reason, version)
    return Response(status_code, headers, reason, version)


def _status_line(line: bytes) -> tuple[int, bytes, bytes] | None:
    """Return the status code, the reason and the version that a response's first line says, or None."""
    matched = STATUS_LINE.fullmatch(line)
    if matched is None:
        return None
    version, digits, reason = matched.groups(b"")
    return STATUS_LINES.keep(line, (int(digits), reason, version))


def field_section(section: bytes) -> Headers | None:
    """Return the fields of a section that ends with its empty line, or None if it breaks the grammar.

    The same section gives the same frozen headers: a browser repeats itself for every file of a page, and so may a
    service. Those that framing may have to rewrite are not shared.
    """
    headers = SECTIONS.get(section)
    if headers is None:
        headers = _parsed(section)
        if headers is not None and headers.is_frozen:
            SECTIONS.keep(section, headers)
    return headers


def check_request(request: Request) -> None:
    """Refuse a target whose form is not its method's, and a Host that is missing, repeated or no authority.

    Raises:
        RemoteProtocolError: RFC 9112, section 3.2 forbids it.
    """
    if not request.target.startswith(b"/") or request.method == b"CONNECT":
        _check_target_form(request.method, request.target)
    facts = request.headers.facts or facts_of(request.headers)
    if facts.has_one_host:
        return
    hosts = request.headers.all(b"host")
    if len(hosts) != 1:
        if hosts or request.http_version >= b"1.1":
            raise RemoteProtocolError(f"the request has {len(hosts)} Host fields, not one (RFC 9112, section 3.2)")
    else:
        raise RemoteProtocolError("Host is not a name or address with an optional port (RFC 9112, section 3.2)")


def _parsed(section: bytes) -> Headers | None:
    if not FIELD_SECTION.fullmatch(section):
        return None
    headers = Headers.trusted(FIELD.findall(section, 0, len(section) - len(CRLF)))
    return headers.freeze() if is_plain(headers) else headers


def _too_many(limits: Limits) -> RemoteProtocolError:
    return RemoteProtocolError(f"the head has more than {limits.fields} field lines", FIELDS_TOO_LARGE)


def _check_target_form(method: bytes, target: bytes) -> None:
    if method == b"CONNECT":
        fits = AUTHORITY_FORM.fullmatch(target) is not None
    elif target == b"*":
        fits = method == b"OPTIONS"
    else:
        fits = ABSOLUTE_FORM.fullmatch(target) is not None
    if not fits:
        name = method.decode()
        raise RemoteProtocolError(f"the target of {name} has a form that is not allowed (RFC 9112, section 3.2)")


def _check_incomplete(buffer: ReceiveBuffer, limits: Limits) -> None:
    if not buffer:
        return
    if buffer.is_hopeless():
        raise RemoteProtocolError("the head holds a control byte, or a line that does not end with CRLF")
    if len(buffer) >= limits.head:
        status = FIELDS_TOO_LARGE if buffer.line_length(limits.target) else URI_TOO_LONG
        raise RemoteProtocolError(f"the head is longer than {limits.head} bytes", status)
