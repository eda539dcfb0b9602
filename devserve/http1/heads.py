"""Read the heads of messages: from bytes to Request or Response."""

from __future__ import annotations

from typing import Final

from devserve.errors import RemoteProtocolError
from devserve.http1.buffer import CRLF, ReceiveBuffer
from devserve.http1.diagnosis import request_refusal, response_refusal
from devserve.http1.events import ConnectionClosed, InformationalResponse, Request, Response
from devserve.http1.grammar import (
    ABSOLUTE_FORM,
    AUTHORITY_FORM,
    FIELD,
    HOST,
    REQUEST_HEAD,
    RESPONSE_HEAD,
)
from devserve.http1.headers import Headers
from devserve.http1.limits import FIELDS_TOO_LARGE, URI_TOO_LONG, Limits

FIRST_FINAL_STATUS: Final = 200


class RequestReader:
    """Read the heads of requests."""

    __slots__ = ("_limits",)

    def __init__(self, limits: Limits) -> None:
        self._limits = limits

    def read(self, buffer: ReceiveBuffer) -> Request | None:
        """Return the next request, or None if its head is incomplete."""
        length = buffer.section_length(self._limits.head)
        if length is None:
            _check_incomplete(buffer, self._limits)
            return None
        return parse_request(buffer.take(length), self._limits)

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
        length = buffer.section_length(self._limits.head)
        if length is None:
            _check_incomplete(buffer, self._limits)
            return None
        return parse_response(buffer.take(length), self._limits)

    def end(self, buffer: ReceiveBuffer) -> ConnectionClosed:
        """Refuse the end of the stream: a response is owed."""
        where = "in the middle of the response head" if buffer else "before the response"
        raise RemoteProtocolError(f"the connection was closed {where}")


def parse_request(head: bytes, limits: Limits) -> Request:
    """Return the request that a whole head says.

    Raises:
        RemoteProtocolError: it breaks the grammar, a limit, or what `check_request` demands.
    """
    match = REQUEST_HEAD.fullmatch(head)
    if match is None:
        raise request_refusal(head)
    method, target, version = match.groups()
    if len(target) > limits.target:
        raise RemoteProtocolError(f"the request target is longer than {limits.target} bytes", URI_TOO_LONG)
    request = Request(method, target, _fields(head, match.end(3), limits), version)
    check_request(request)
    return request


def parse_response(head: bytes, limits: Limits) -> InformationalResponse | Response:
    """Return the response that a whole head says.

    Raises:
        RemoteProtocolError: it breaks the grammar or a limit.
    """
    match = RESPONSE_HEAD.fullmatch(head)
    if match is None:
        raise response_refusal(head)
    version, digits, reason = match.groups(b"")
    status_code = int(digits)
    kind = Response if status_code >= FIRST_FINAL_STATUS else InformationalResponse
    return kind(status_code, _fields(head, head.index(CRLF), limits), reason, version)


def check_request(request: Request) -> None:
    """Refuse a target whose form is not its method's, and a Host that is missing, repeated or no authority.

    Raises:
        RemoteProtocolError: RFC 9112, section 3.2 forbids it.
    """
    if not request.target.startswith(b"/") or request.method == b"CONNECT":
        _check_target_form(request.method, request.target)
    hosts = request.headers.all(b"host")
    if len(hosts) != 1:
        if hosts or request.http_version >= b"1.1":
            raise RemoteProtocolError(f"the request has {len(hosts)} Host fields, not one (RFC 9112, section 3.2)")
    elif not HOST.fullmatch(hosts[0]):
        raise RemoteProtocolError("Host is not a name or address with an optional port (RFC 9112, section 3.2)")


def _fields(head: bytes, end_of_line: int, limits: Limits) -> Headers:
    pairs = FIELD.findall(head, end_of_line + len(CRLF), len(head) - len(CRLF))
    if len(pairs) > limits.fields:
        raise RemoteProtocolError(f"the head has more than {limits.fields} field lines", FIELDS_TOO_LARGE)
    return Headers.trusted(pairs)


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
    if buffer.is_hopeless():
        raise RemoteProtocolError("the head holds a control byte, or a line that does not end with CRLF")
    if len(buffer) >= limits.head:
        status = FIELDS_TOO_LARGE if buffer.line_length(limits.target) else URI_TOO_LONG
        raise RemoteProtocolError(f"the head is longer than {limits.head} bytes", status)
