"""Make a message of ours fit its peer: version, framing fields and `Connection: close`, all said in its head.

Everything after this looks only at the head. There are no side channels.
"""

from __future__ import annotations

from devserve.errors import LocalProtocolError
from devserve.http1.events import InformationalResponse, Request, Response
from devserve.http1.facts import facts_of
from devserve.http1.framing import NO_CONTENT, Delimiter, response_body
from devserve.http1.grammar import REASON, TOKEN, is_target
from devserve.http1.heads import check_request
from devserve.http1.options import announce_close


def outgoing_request(request: Request) -> Request:
    """Return the request in our version (RFC 9110, section 2.5), with a head that may be sent.

    Raises:
        ProtocolError: the method, the target or Host breaks RFC 9112, section 3.
    """
    if request.http_version != b"1.1":
        request = Request(request.method, request.target, request.headers)
    if not (request.method.isalpha() or TOKEN.fullmatch(request.method)) or request.method == b"CONNECT":
        raise LocalProtocolError(f"the method {request.method!r} cannot be sent: it is no token, or CONNECT")
    if not is_target(request.target):
        raise LocalProtocolError("the request target holds a byte that cannot be sent: percent-encode it")
    check_request(request)
    return request


def outgoing_interim(response: InformationalResponse) -> InformationalResponse:
    """Return a 1xx response without framing fields, which it may not have (RFC 9110, section 8.6; RFC 9112, 6.1).

    Raises:
        LocalProtocolError: the status is not 1xx, or the reason cannot be sent.
    """
    _check_status_line(response, 100, 200)
    headers = response.headers.copy()
    headers.remove(b"content-length")
    headers.remove(b"transfer-encoding")
    return InformationalResponse(response.status_code, headers, response.reason)


def outgoing_response(response: Response, method: bytes | None, peer_is_old: bool, will_close: bool) -> Response:
    """Return the response in our version, framed so that this peer understands where its body ends.

    Without a length it is chunked, and for an HTTP/1.0 peer it ends with the connection. 204 has no framing fields
    (RFC 9110, section 8.6); what HEAD and 304 say about the body they stand for is kept.

    Raises:
        ProtocolError: the status, the reason or the framing fields cannot be sent.
    """
    _check_status_line(response, 200, 1000)
    if method == b"CONNECT" and response.status_code < 300:
        raise LocalProtocolError("CONNECT cannot be accepted: devserve is no forward proxy; answer 405")
    if response.headers.is_frozen and not (peer_is_old or will_close) and response.http_version == b"1.1":
        facts = response.headers.facts or facts_of(response.headers)
        if facts.is_usual and facts.length is not None and response.status_code != NO_CONTENT:
            return response  # nothing in it has to change
    headers = response.headers.copy()
    if response.status_code == NO_CONTENT:
        headers.remove(b"content-length")
        headers.remove(b"transfer-encoding")
    ours = Response(response.status_code, headers, response.reason)
    length = response_body(method, ours)
    if peer_is_old:
        headers.remove(b"transfer-encoding")
    elif length is Delimiter.CLOSE:
        headers.add(b"Transfer-Encoding", b"chunked")
    if will_close or peer_is_old:
        announce_close(headers)
    return ours


def _check_status_line(response: InformationalResponse | Response, lowest: int, below: int) -> None:
    status = response.status_code
    if not lowest <= status < below:
        raise LocalProtocolError(f"{type(response).__name__} cannot have the status {status}")
    if not (response.reason.isalpha() or REASON.fullmatch(response.reason)):
        raise LocalProtocolError(f"the reason of {status} holds a control byte: remove it")
