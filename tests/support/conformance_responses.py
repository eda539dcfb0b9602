"""What upstreams send, and what the client gets of it: each row of reliability.md 4b that is one response."""

from __future__ import annotations

from dataclasses import dataclass

from devserve.errors import RemoteProtocolError
from devserve.http1 import Response
from support.wire import byte_by_byte, client_after, drained, head
from support.wire_refusals import REFUSED

Field = tuple[bytes, bytes]
EVIL = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
BAD_GATEWAY = 502
LONGEST_BYTE_BY_BYTE = 1024
CHUNKED = "Transfer-Encoding: chunked"


@dataclass(frozen=True)
class Case:
    """The bytes of one answer, and what becomes of it."""

    name: str
    wire: bytes
    status: int = 200
    body: bytes = b""
    fields: tuple[Field, ...] = ()  # that the client sees, in this order among each other
    never: tuple[bytes, ...] = ()  # names of fields that it does not see
    trailers: tuple[Field, ...] = ()
    interim: tuple[int, ...] = ()
    method: bytes = b"GET"
    end: bool = False  # the upstream closes
    broken: bool = False  # the client sees that it broke off
    reused: bool = True  # whether the connection to the upstream carries the next request

    @property
    def feeds(self) -> tuple[str, ...]:
        """The ways in which the case is sent."""
        feeds = ["whole"]
        if len(self.wire) <= LONGEST_BYTE_BY_BYTE:
            feeds.append("byte by byte")
        if not self.end:
            feeds.append("with trailing bytes")
        return tuple(feeds)

    def pieces(self, feed: str) -> list[bytes]:
        """Return the bytes as this feed cuts them."""
        if feed == "byte by byte":
            return byte_by_byte(self.wire)
        return [self.wire + EVIL] if feed == "with trailing bytes" else [self.wire]


def _answered(wire: bytes, method: bytes) -> bool:
    """Tell whether a final response's head is understood before what follows it is refused."""
    client = client_after(method)
    try:
        client.receive_data(wire)
        for event in drained(client):
            if isinstance(event, Response):
                return True
    except RemoteProtocolError:
        pass
    return False


def refused(name: str, wire: bytes, method: bytes = b"GET", *, end: bool = False) -> Case:
    """An answer that must not be understood: 502, or broken off when its head was already passed on."""
    if _answered(wire, method):
        return Case(name, wire, method=method, end=end, broken=True, reused=False)
    return Case(name, wire, BAD_GATEWAY, method=method, end=end, reused=False)


def relayed(name: str, wire: bytes, body: bytes = b"", *fields: Field, trailers: tuple[Field, ...] = ()) -> Case:
    """An answer that goes through, on a connection that is used again."""
    return Case(name, wire, body=body, fields=fields, trailers=trailers)


def once(name: str, wire: bytes, body: bytes = b"", *, end: bool = False, never: tuple[bytes, ...] = ()) -> Case:
    """An answer that goes through, on a connection that is not used again."""
    return Case(name, wire, body=body, end=end, never=never, reused=False)


PARSED = [refused(case.name, case.wire, case.method, end=case.end) for case in REFUSED if case.status == BAD_GATEWAY]

RELAYED = [
    relayed("length", head("HTTP/1.1 200 OK", "Content-Length: 2") + b"hi", b"hi"),
    relayed("chunks", head("HTTP/1.1 200 OK", CHUNKED) + b"1;x=y\r\nh\r\n01\r\ni\r\n0\r\n\r\n", b"hi"),
    relayed("no body at all", head("HTTP/1.1 200 OK", "Content-Length: 0")),
    relayed("trailers", head("HTTP/1.1 200 OK", "Trailer: X-Sum", CHUNKED) + b"2\r\nhi\r\n0\r\nX-Sum: 9\r\n"
            b"Set-Cookie: evil=1\r\nContent-Length: 9\r\n\r\n", b"hi", (b"Trailer", b"X-Sum"),
            trailers=((b"X-Sum", b"9"),)),
    relayed("cookies stay apart, order and case are kept", head("HTTP/1.1 200 OK", "set-cookie: a=1, b", "X-ODD: \xe9",
            "Set-Cookie: b=2", "Content-Length: 0", "etag: W/\"x\""), b"", (b"set-cookie", b"a=1, b"),
            (b"X-ODD", b"\xe9"), (b"Set-Cookie", b"b=2"), (b"Content-Length", b"0"), (b"etag", b'W/"x"')),
    relayed("one connection's fields stay on it", head("HTTP/1.1 200 OK", "Connection: X-Once", "X-Once: 1",
            "Keep-Alive: timeout=5", "Content-Length: 0")),
    relayed("the same length twice", head("HTTP/1.1 200 OK", "Content-Length: 2", "content-length: 2") + b"hi", b"hi",
            (b"Content-Length", b"2")),
    relayed("an encoding is not touched", head("HTTP/1.1 200 OK", "Content-Encoding: gzip", "Content-Length: 2")
            + b"\x1f\x8b", b"\x1f\x8b", (b"Content-Encoding", b"gzip")),
    Case("no content", head("HTTP/1.1 204 No Content"), 204),
    Case("no content, with a length", head("HTTP/1.1 204 No Content", "Content-Length: 0"), 204,
         never=(b"content-length",)),
    Case("not modified", head("HTTP/1.1 304 Not Modified", "Content-Length: 12", "ETag: x"), 304,
         fields=((b"Content-Length", b"12"), (b"ETag", b"x"))),
    Case("to HEAD", head("HTTP/1.1 200 OK", "Content-Length: 2000"), fields=((b"Content-Length", b"2000"),),
         method=b"HEAD"),
    Case("to HEAD, chunked", head("HTTP/1.1 200 OK", CHUNKED), method=b"HEAD"),
    Case("a range", head("HTTP/1.1 206 Partial Content", "Content-Range: bytes 0-1/9", "Content-Length: 2") + b"hi",
         206, b"hi", ((b"Content-Range", b"bytes 0-1/9"),)),
    *[Case(f"status {status}", head(f"HTTP/1.1 {status} Odd", "Content-Length: 2") + b"hi", status, b"hi")
      for status in (201, 299, 302, 401, 418, 500, 599, 999)],
    Case("no reason", head("HTTP/1.1 200", "Content-Length: 0")),
    Case("early hints", head("HTTP/1.1 103 Early Hints", "Link: </a>") + head("HTTP/1.1 200 OK", "Content-Length: 0"),
         interim=(103,)),
    Case("interim responses", head("HTTP/1.1 100 Continue") + head("HTTP/1.1 102 Processing")
         + head("HTTP/1.1 103 Early Hints") + head("HTTP/1.1 204 "), 204, interim=(100, 102, 103)),
    Case("16 interim responses", head("HTTP/1.1 103 ") * 16 + head("HTTP/1.1 204 "), 204, interim=(103,) * 16),
    Case("17 interim responses", head("HTTP/1.1 103 ") * 17 + head("HTTP/1.1 204 "), 502, interim=(103,) * 16,
         reused=False),
]  # fmt: skip

ONCE = [
    once("Connection: close", head("HTTP/1.1 200 OK", "Connection: close", "Content-Length: 2") + b"hi", b"hi"),
    once("until the end", head("HTTP/1.1 200 OK") + b"5\r\nhi", b"5\r\nhi", end=True),
    once("until the end, nothing", head("HTTP/1.1 200 OK"), end=True),
    once("HTTP/1.0", head("HTTP/1.0 200 OK", "Server: SimpleHTTP/0.6") + b"hi", b"hi", end=True),
    once("HTTP/1.0 with a length", head("HTTP/1.0 200 OK", "Content-Length: 2") + b"hi", b"hi"),
    once("a length beside chunks", head("HTTP/1.1 200 OK", "Content-Length: 9", CHUNKED) + b"2\r\nhi\r\n0\r\n\r\n",
         b"hi", never=(b"content-length",)),
    once("more than the length", head("HTTP/1.1 200 OK", "Content-Length: 2") + b"hi" + EVIL, b"hi"),
    once("more than the last chunk", head("HTTP/1.1 200 OK", CHUNKED) + b"2\r\nhi\r\n0\r\n\r\n\r\n", b"hi"),
    Case("a body on 204", head("HTTP/1.1 204 No Content", "Content-Length: 4") + b"evil", 204, reused=False),
    Case("a body on 304", head("HTTP/1.1 304 Not Modified", "Content-Length: 4") + b"evil", 304, reused=False),
    Case("a body to HEAD", head("HTTP/1.1 200 OK", "Content-Length: 4") + b"evil", method=b"HEAD", reused=False),
    Case("a chunked body to HEAD", head("HTTP/1.1 200 OK", CHUNKED) + b"4\r\nevil\r\n0\r\n\r\n", method=b"HEAD",
         reused=False),
]  # fmt: skip

CASES = [*PARSED, *RELAYED, *ONCE]
