"""Messages on the wire beside their events: one list, read in both directions. New bug, new line."""

from __future__ import annotations

from dataclasses import dataclass

from devserve.http1 import (
    Connection,
    Data,
    EndOfMessage,
    Event,
    InformationalResponse,
    Request,
    Response,
    Role,
)
from support.wire import client_after, head, headers, server_after

HOST = "Host: a.test"


@dataclass(frozen=True)
class WireCase:
    """Some bytes of one side, and the events that they are."""

    name: str
    wire: bytes
    events: tuple[Event, ...]
    written: bool = True  # the events give these very bytes
    until_close: bool = False  # the message ends with the stream
    method: bytes = b"GET"  # of the request that a response answers
    options: tuple[str, ...] = ()  # further field lines of that request
    h11: bool = True  # h11 reads it in the same way; otherwise the name says why not
    httptools: bool = True  # llhttp does so

    @property
    def is_request(self) -> bool:
        """Whether a client sends it."""
        return isinstance(self.events[0], Request)

    def reader(self) -> Connection:
        """Return the peer that can receive it."""
        return Connection(Role.SERVER) if self.is_request else client_after(self.method, *self.options)

    def writer(self) -> Connection:
        """Return the side that can send it."""
        if self.is_request:
            return Connection(Role.CLIENT)
        return server_after(head(f"{self.method.decode()} / HTTP/1.1", HOST, *self.options))


def request(method: str, target: str, *lines: str, version: str = "1.1") -> Request:
    return Request(method.encode(), target.encode(), headers(*lines), version.encode())


def response(status: int, reason: str, *lines: str, version: str = "1.1") -> Response:
    return Response(status, headers(*lines), reason.encode("latin-1"), version.encode())


END = EndOfMessage()

REQUESTS = [
    WireCase("get", head("GET / HTTP/1.1", HOST), (request("GET", "/", HOST), END)),
    WireCase(
        "order, case and repetition are kept",
        head(
            "GET /?a=b HTTP/1.1", "x-b: 1", "HOST: a.test", "X-A: 2", "x-B: 3", "X-Empty:", "X-Text: a\tb \xe9"
        ).replace(b"X-Empty:", b"X-Empty: "),
        (request("GET", "/?a=b", "x-b: 1", "HOST: a.test", "X-A: 2", "x-B: 3", "X-Empty:", "X-Text: a\tb \xe9"), END),
    ),
    WireCase(
        "content-length",
        head("POST / HTTP/1.1", HOST, "Content-Length: 5") + b"hello",
        (request("POST", "/", HOST, "Content-Length: 5"), Data(b"hello"), END),
    ),
    WireCase(
        "content-length of nothing",
        head("POST / HTTP/1.1", HOST, "Content-Length: 0"),
        (request("POST", "/", HOST, "Content-Length: 0"), END),
    ),
    WireCase(
        "get with a body",
        head("GET / HTTP/1.1", HOST, "Content-Length: 3") + b"\r\n\r",
        (request("GET", "/", HOST, "Content-Length: 3"), Data(b"\r\n\r"), END),
    ),
    WireCase(
        "chunked",
        head("POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked")
        + b"5\r\nhello\r\n10\r\n, wonderful you!\r\n0\r\n\r\n",
        (
            request("POST", "/", HOST, "Transfer-Encoding: chunked"),
            Data(b"hello"),
            Data(b", wonderful you!"),
            END,
        ),
    ),
    WireCase(
        "trailers",
        head("POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked")
        + b"1\r\na\r\n0\r\nETag: x\r\nServer-Timing: y\r\n\r\n",
        (
            request("POST", "/", HOST, "Transfer-Encoding: chunked"),
            Data(b"a"),
            EndOfMessage(headers("ETag: x", "Server-Timing: y")),
        ),
        httptools=False,  # it does not tell trailers from fields
    ),
    WireCase("asterisk-form", head("OPTIONS * HTTP/1.1", HOST), (request("OPTIONS", "*", HOST), END)),
    WireCase(
        "absolute-form",
        head("GET http://b.test:80/x?y HTTP/1.1", HOST),
        (request("GET", "http://b.test:80/x?y", HOST), END),
    ),
    WireCase(
        "address as host",
        head("GET / HTTP/1.1", "Host: [::1]:8443"),
        (request("GET", "/", "Host: [::1]:8443"), END),
    ),
    WireCase("own method", head("PURGE-all / HTTP/1.1", HOST), (request("PURGE-all", "/", HOST), END), httptools=False),
    WireCase(
        "connection close",
        head("GET / HTTP/1.1", HOST, "Connection: x, CLOSE"),
        (request("GET", "/", HOST, "Connection: x, CLOSE"), END),
    ),
    WireCase(
        "upgrade",
        head("GET /live HTTP/1.1", HOST, "Connection: keep-alive, Upgrade", "Upgrade: websocket"),
        (request("GET", "/live", HOST, "Connection: keep-alive, Upgrade", "Upgrade: websocket"), END),
    ),
    WireCase(
        "expect",
        head("PUT / HTTP/1.1", HOST, "Expect: 100-continue", "Content-Length: 2") + b"ab",
        (request("PUT", "/", HOST, "Expect: 100-continue", "Content-Length: 2"), Data(b"ab"), END),
    ),
    WireCase(
        "longest accepted target",
        head(f"GET /{'a' * 16383} HTTP/1.1", HOST),
        (request("GET", f"/{'a' * 16383}", HOST), END),
        h11=False,  # beyond its default limit, byte by byte
    ),
    WireCase(
        "whitespace around values",
        b"GET / HTTP/1.1\r\nHost:a.test \t\r\nX-A: \t b  c \r\nX-B:   \r\n\r\n",
        (request("GET", "/", HOST, "X-A: b  c", "X-B:"), END),
        written=False,
        httptools=False,  # keeps it behind the value
    ),
    WireCase(
        "one empty line in front",
        b"\r\n" + head("GET / HTTP/1.1", HOST),
        (request("GET", "/", HOST), END),
        written=False,
        h11=False,  # refuses it
    ),
    WireCase(
        "HTTP/1.0 needs no Host",
        head("GET / HTTP/1.0"),
        (request("GET", "/", version="1.0"), END),
        written=False,
    ),
    WireCase(
        "an offer of h2c beside a body is not an upgrade",
        head("POST / HTTP/1.1", HOST, "Connection: upgrade", "Upgrade: h2c", "Content-Length: 1") + b"a",
        (request("POST", "/", HOST, "Connection: upgrade", "Upgrade: h2c", "Content-Length: 1"), Data(b"a"), END),
        httptools=False,  # takes the offer
    ),
    WireCase(
        "HTTP/1.0 cannot upgrade",
        head("GET / HTTP/1.0", HOST, "Connection: upgrade", "Upgrade: x"),
        (request("GET", "/", HOST, "Connection: upgrade", "Upgrade: x", version="1.0"), END),
        written=False,
        httptools=False,
    ),
    WireCase(
        "later minor version",
        head("GET / HTTP/1.2", HOST),
        (request("GET", "/", HOST, version="1.2"), END),
        written=False,
        httptools=False,  # refuses it
    ),
    WireCase(
        "connect is read, to be refused by the server",
        head("CONNECT b.test:443 HTTP/1.1", HOST),
        (request("CONNECT", "b.test:443", HOST), END),
        written=False,
        httptools=False,  # takes it for a tunnel at once
    ),
    WireCase(
        "the same length twice becomes one line",
        head("POST / HTTP/1.1", "Content-Length: 2", HOST, "content-length: 2") + b"ab",
        (request("POST", "/", "Content-Length: 2", HOST), Data(b"ab"), END),
        written=False,
        httptools=False,  # refuses it
    ),
    WireCase(
        "the same length in a list becomes one",
        head("POST / HTTP/1.1", HOST, "Content-Length: 2, 2,2") + b"ab",
        (request("POST", "/", HOST, "Content-Length: 2"), Data(b"ab"), END),
        written=False,
        httptools=False,  # refuses it
    ),
    WireCase(
        "the coding is spelt in lower case",
        head("POST / HTTP/1.1", HOST, "transfer-encoding: Chunked") + b"0\r\n\r\n",
        (request("POST", "/", HOST, "transfer-encoding: chunked"), END),
        written=False,
        httptools=False,  # keeps the spelling
    ),
    WireCase(
        "chunk extensions are dropped",
        head("POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked")
        + b'005;a;b=c;d="q\\"\xff ;"\r\nhello\r\nA;e\r\n0123456789\r\n00;last=1\r\n\r\n',
        (request("POST", "/", HOST, "Transfer-Encoding: chunked"), Data(b"hello0123456789"), END),
        written=False,
        httptools=False,  # refuses bytes beyond ASCII in them
    ),
    WireCase(
        "bad whitespace around chunk extensions",
        head("POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked") + b"1 ; a = b\r\nx\r\n0\t;c\r\n\r\n",
        (request("POST", "/", HOST, "Transfer-Encoding: chunked"), Data(b"x"), END),
        written=False,
        h11=False,  # refuses it, though RFC 9112, section 7.1.1 says to accept it
        httptools=False,
    ),
    WireCase(
        "trailers that may not come late are dropped",
        head("POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked")
        + b"0\r\nHost: evil\r\nContent-Length: 9\r\nX-A: \tb \r\nAuthorization: c\r\nX-Forwarded-For: d\r\n\r\n",
        (request("POST", "/", HOST, "Transfer-Encoding: chunked"), EndOfMessage(headers("X-A: b"))),
        written=False,
        h11=False,  # keeps them
        httptools=False,
    ),
]

RESPONSES = [
    WireCase(
        "length",
        head("HTTP/1.1 200 OK", "Content-Length: 2") + b"hi",
        (response(200, "OK", "Content-Length: 2"), Data(b"hi"), END),
    ),
    WireCase(
        "chunks",
        head("HTTP/1.1 404 Not \xe9 Found", "Transfer-Encoding: chunked") + b"2\r\nhi\r\n0\r\n\r\n",
        (response(404, "Not \xe9 Found", "Transfer-Encoding: chunked"), Data(b"hi"), END),
    ),
    WireCase(
        "chunks with trailers",
        head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked") + b"2\r\nhi\r\n0\r\nServer-Timing: a\r\n\r\n",
        (
            response(200, "OK", "Transfer-Encoding: chunked"),
            Data(b"hi"),
            EndOfMessage(headers("Server-Timing: a")),
        ),
        httptools=False,  # it does not tell trailers from fields
    ),
    WireCase(
        "cookies stay apart",
        head("HTTP/1.1 200 OK", "Set-Cookie: a=1", "Content-Length: 0", "Set-Cookie: b=2"),
        (response(200, "OK", "Set-Cookie: a=1", "Content-Length: 0", "Set-Cookie: b=2"), END),
    ),
    WireCase(
        "to head, with the length of what get gives",
        head("HTTP/1.1 200 OK", "Content-Length: 2000"),
        (response(200, "OK", "Content-Length: 2000"), END),
        method=b"HEAD",
        httptools=False,  # cannot know the method
    ),
    WireCase(
        "to head, with the coding of what get gives",
        head("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"),
        (response(200, "OK", "Transfer-Encoding: chunked"), END),
        method=b"HEAD",
        httptools=False,
    ),
    WireCase(
        "to head, without any", head("HTTP/1.1 200 OK"), (response(200, "OK"), END), method=b"HEAD", httptools=False
    ),
    WireCase("no content", head("HTTP/1.1 204 No Content"), (response(204, "No Content"), END)),
    WireCase(
        "not modified, with the length of what is not sent",
        head("HTTP/1.1 304 Not Modified", "Content-Length: 12"),
        (response(304, "Not Modified", "Content-Length: 12"), END),
    ),
    WireCase(
        "interim responses first",
        head("HTTP/1.1 100 Continue") + head("HTTP/1.1 103 Early Hints", "Link: </a>") + head("HTTP/1.1 204 "),
        (
            InformationalResponse(100, headers(), b"Continue"),
            InformationalResponse(103, headers("Link: </a>"), b"Early Hints"),
            response(204, ""),
            END,
        ),
        httptools=False,  # its messages end with an interim response
    ),
    WireCase(
        "switching protocols",
        head("HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: upgrade"),
        (InformationalResponse(101, headers("Upgrade: websocket", "Connection: upgrade"), b"Switching Protocols"),),
        options=("Upgrade: websocket", "Connection: upgrade"),
        httptools=False,
    ),
    WireCase(
        "upgrade refused",
        head("HTTP/1.1 200 OK", "Content-Length: 1") + b"a",
        (response(200, "OK", "Content-Length: 1"), Data(b"a"), END),
        options=("Upgrade: websocket", "Connection: upgrade"),
    ),
    WireCase(
        "connection close",
        head("HTTP/1.1 200 OK", "Content-Length: 1", "Connection: close") + b"a",
        (response(200, "OK", "Content-Length: 1", "Connection: close"), Data(b"a"), END),
    ),
    WireCase(
        "until the connection closes",
        head("HTTP/1.1 200 OK") + b"5\r\nhi",
        (response(200, "OK"), Data(b"5\r\nhi"), END),
        written=False,
        until_close=True,
        httptools=False,  # has no end of stream
    ),
    WireCase(
        "HTTP/1.0 until the connection closes",
        head("HTTP/1.0 200 OK", "Server: SimpleHTTP") + b"hi",
        (response(200, "OK", "Server: SimpleHTTP", version="1.0"), Data(b"hi"), END),
        written=False,
        until_close=True,
        httptools=False,
    ),
    WireCase(
        "reason and its space missing",
        head("HTTP/1.1 200", "Content-Length: 0"),
        (response(200, "", "Content-Length: 0"), END),
        written=False,
    ),
    WireCase(
        "the coding wins over the length, which is dropped",
        head("HTTP/1.1 200 OK", "Content-Length: 1", "Transfer-Encoding: chunked") + b"2\r\nhi\r\n0\r\n\r\n",
        (response(200, "OK", "Transfer-Encoding: chunked"), Data(b"hi"), END),
        written=False,
        h11=False,  # keeps the length
        httptools=False,  # refuses it
    ),
    WireCase(
        "the same length twice becomes one line in a response",
        head("HTTP/1.1 200 OK", "Content-Length: 2", "Content-Length: 2") + b"hi",
        (response(200, "OK", "Content-Length: 2"), Data(b"hi"), END),
        written=False,
        httptools=False,  # refuses it
    ),
]

ACCEPTED = [*REQUESTS, *RESPONSES]
