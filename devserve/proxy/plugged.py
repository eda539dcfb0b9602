"""What plugins may say in an exchange: an answer in the service's place, fields of a head, never its framing."""

from __future__ import annotations

from dataclasses import dataclass, field
from http import HTTPStatus

from devserve.http1 import Headers, Request, Response
from devserve.proxy.forward import FORWARDED, HOP_BY_HOP, LOOP_FIELD, NOT_RETURNED

FINAL = range(200, 600)
UNFRAMED = frozenset({204, 304})  # RFC 9112, section 6.3
EMPTY = UNFRAMED | {205}  # RFC 9110, section 15.3.6
VERDICT = b"X-Devserve"
# Routing, framing and the fields of one connection are devserve's; so is what it says of the client.
KEPT_OF_REQUEST = HOP_BY_HOP | FORWARDED | {
    b"host", b"content-length", b"transfer-encoding", b"trailer", LOOP_FIELD.lower(),
}  # fmt: skip
KEPT_OF_RESPONSE = NOT_RETURNED | {b"content-length", b"trailer", VERDICT.lower()}


@dataclass(frozen=True, slots=True)
class Answer:
    """A plugin's response to a request, in the service's place. devserve adds the framing."""

    status_code: int = 200
    body: bytes = b""
    headers: Headers = field(default_factory=Headers)

    def __post_init__(self) -> None:
        if self.status_code not in FINAL:
            raise ValueError(f"an Answer has a status from 200 to 599, not {self.status_code!r}")
        if not isinstance(self.body, bytes):
            raise TypeError(f"the body of an Answer is bytes, not {type(self.body).__name__}; encode it")


def answered(answer: Answer, request: Request | None) -> tuple[Response, bytes]:
    """Return the head and the body of a plugin's answer, as they are sent."""
    headers = answer.headers.without(KEPT_OF_RESPONSE)
    body = b"" if answer.status_code in EMPTY else answer.body
    if answer.status_code not in UNFRAMED:
        headers.add(b"Content-Length", b"%d" % len(body))
    headers.add(VERDICT, b"not injected: answered by a plugin")
    known = answer.status_code in {each.value for each in HTTPStatus}
    reason = HTTPStatus(answer.status_code).phrase.encode("ascii") if known else b""
    is_head = request is not None and request.method == b"HEAD"
    return Response(answer.status_code, headers, reason), b"" if is_head else body


def kept(edited: Headers, before: Headers, names: frozenset[bytes]) -> tuple[Headers, tuple[bytes, ...]]:
    """Return the edited fields with those of these names as they were before, and which of them had been changed."""
    changed = tuple(sorted(name for name in names if edited.all(name) != before.all(name)))
    if not changed:
        return edited, ()
    ours = [pair for pair in before if pair[0].lower() in names]
    return Headers([*ours, *edited.without(names)]), changed
