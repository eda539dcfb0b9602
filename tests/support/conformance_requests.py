"""What clients send, and what becomes of it: each row of reliability.md 4a that concerns the whole proxy."""

from __future__ import annotations

from dataclasses import dataclass

from support.wire import head
from support.wire_refusals import REFUSED

Plain = tuple[bytes, bytes, bytes]
HOST = "Host: web.test"
SOCKET = ("Connection: Upgrade", "Upgrade: websocket")
KEY = ("Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: web.test\r\n\r\n"
GET: Plain = (b"GET", b"/", b"")
LONGEST_BYTE_BY_BYTE = 1024


@dataclass(frozen=True)
class Case:
    """The bytes of one request, and what they lead to."""

    name: str
    wire: bytes
    status: int = 200  # 0: an answer is not owed
    kept: bool | None = True  # whether the connection carries another request; None: that depends on how it is cut
    reached: tuple[Plain, ...] = ()  # method, target and body of what the upstream sees whole
    upstream: tuple[bytes, ...] = ()  # lines that the upstream sees
    never: tuple[bytes, ...] = ()  # bytes that it does not see
    end: bool = False  # the client sends nothing more
    method: bytes = b"GET"  # as the answer's framing depends on it

    @property
    def feeds(self) -> tuple[str, ...]:
        """The ways in which the case is sent."""
        feeds = ["whole"]
        if len(self.wire) <= LONGEST_BYTE_BY_BYTE:
            feeds.append("byte by byte")
        if not self.end:
            feeds.append("with trailing bytes")
        return tuple(feeds)


def passed(name: str, wire: bytes, reached: Plain = GET, *upstream: bytes, never: tuple[bytes, ...] = ()) -> Case:
    """A request that goes through, on a connection that stays."""
    return Case(name, wire, reached=(reached,), upstream=upstream, never=never, method=reached[0])


def last(name: str, wire: bytes, reached: Plain = GET, *upstream: bytes, never: tuple[bytes, ...] = ()) -> Case:
    """A request that goes through, on a connection that ends with it."""
    return Case(name, wire, kept=False, reached=(reached,), upstream=upstream, never=never, method=reached[0])


def refused(name: str, wire: bytes, status: int = 400) -> Case:
    """A request that is answered and not forwarded, on a connection that ends with it."""
    return Case(name, wire, status, kept=False)


def answered(name: str, wire: bytes, status: int, *, method: bytes = b"GET") -> Case:
    """A request that is answered and not forwarded, though it is well-formed."""
    return Case(name, wire, status, method=method)


def ours(wire: bytes) -> bytes:
    """Return a message of the parser's tables, for a host that the proxy serves."""
    return wire.replace(b"a.test", b"web.test")


# The parser's tables, through the whole proxy.
PARSED = [
    Case(case.name, ours(case.wire), case.status, kept=False, end=case.end)
    for case in REFUSED
    if case.status != 502  # which is the status of responses
]

METHODS = [
    passed(f"{method} with a body", head(f"{method} / HTTP/1.1", HOST, "Content-Length: 3") + b"a\r\n",
           (method.encode(), b"/", b"a\r\n"), b"Content-Length: 3")
    for method in ("GET", "HEAD", "OPTIONS", "DELETE", "PUT", "PATCH", "POST")
]  # fmt: skip

FORWARDED = [
    passed("plain", head("GET / HTTP/1.1", HOST)),
    passed("a smuggled request in a body", head("GET / HTTP/1.1", HOST, f"Content-Length: {len(SMUGGLED)}") + SMUGGLED,
           (b"GET", b"/", SMUGGLED)),
    passed("a smuggled request in a chunk", head("POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked")
           + b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED), (b"POST", b"/", SMUGGLED)),
    passed("the same length twice", head("POST / HTTP/1.1", HOST, "Content-Length: 2", "content-length: 2") + b"ab",
           (b"POST", b"/", b"ab"), b"Content-Length: 2", never=(b"content-length: 2",)),
    passed("the same length in a list", head("POST / HTTP/1.1", HOST, "Content-Length: 2, 2") + b"ab",
           (b"POST", b"/", b"ab"), b"Content-Length: 2", never=(b"2, 2",)),
    passed("chunk extensions are dropped", head("POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked")
           + b'2;a="b;c"\r\nab\r\n0;d\r\n\r\n', (b"POST", b"/", b"ab"), never=(b"b;c", b";d")),
    passed("trailers", head("POST / HTTP/1.1", HOST, "Transfer-Encoding: chunked")
           + b"2\r\nab\r\n0\r\nX-Sum: 9\r\nHost: evil.test\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\n"
           + b"Authorization: evil\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n",
           (b"POST", b"/", b"ab"), b"X-Sum: 9", never=(b"evil", b"9.9.9.9", b"Content-Length", b"Encoding: x")),
    passed("the target as it came", head("GET /a%2Fb/../%00?c=%20&d=\"<>{}|^`\\ HTTP/1.1", HOST),
           (b"GET", b"/a%2Fb/../%00?c=%20&d=\"<>{}|^`\\", b"")),
    passed("a target of 8,000 octets", head(f"GET /{'a' * 7999} HTTP/1.1", HOST), (b"GET", b"/" + b"a" * 7999, b"")),
    passed("OPTIONS *", head("OPTIONS * HTTP/1.1", HOST), (b"OPTIONS", b"*", b"")),
    passed("an unknown method", head("PURGE-all / HTTP/1.1", HOST), (b"PURGE-all", b"/", b"")),
    passed("a known method in lower case is another one", head("get / HTTP/1.1", HOST), (b"get", b"/", b"")),
    passed("absolute-form wins over Host", head("GET http://web.test/x HTTP/1.1", "Host: other.test"),
           (b"GET", b"/x", b""), b"Host: web.test", never=(b"other.test",)),
    passed("absolute-form with a port", head("GET http://web.test:81?y HTTP/1.1", "Host: other.test"),
           (b"GET", b"/?y", b""), b"Host: web.test:81", b"X-Forwarded-Port: 81"),
    passed("OPTIONS of a whole server in absolute-form", head("OPTIONS http://web.test HTTP/1.1", HOST),
           (b"OPTIONS", b"*", b"")),
    passed("Host in capitals", head("GET / HTTP/1.1", "Host: WEB.Test:8080"), GET, b"Host: WEB.Test:8080"),
    passed("Host with a final dot", head("GET / HTTP/1.1", "Host: web.test."), GET, b"Host: web.test."),
    passed("an empty line in front", b"\r\n" + head("GET / HTTP/1.1", HOST)),
    passed("a later minor version", head("GET / HTTP/1.2", HOST)),
    passed("names that differ by _ and -", head("GET / HTTP/1.1", HOST, "X_A: 1", "X-A: 2"), GET,
           b"X_A: 1", b"X-A: 2"),
    passed("who it is for is not believed", head("GET / HTTP/1.1", HOST, "X-Forwarded-For: 9.9.9.9",
           "x-forwarded-host: evil.test", "X-Forwarded-Proto: https", "X-Forwarded-Port: 9", "Forwarded: for=9.9.9.9"),
           GET, b"X-Forwarded-For: 127.0.0.1", b"X-Forwarded-Host: web.test", b"X-Forwarded-Proto: http",
           b"X-Forwarded-Port: 80", b'Forwarded: for=127.0.0.1;host="web.test";proto=http',
           never=(b"9.9.9.9", b"evil")),
    passed("Via passes", head("GET / HTTP/1.1", HOST, "Via: 1.1 somebody"), GET, b"Via: 1.1 somebody"),
    passed("Connection names what is dropped", head("GET / HTTP/1.1", HOST, "Connection: X-Once, keep-alive",
           "X-Once: 1", "Keep-Alive: timeout=5", "TE: trailers", "Proxy-Connection: x"), GET,
           never=(b"X-Once", b"Keep-Alive", b"TE:", b"Proxy-Connection", b"Connection:")),
    passed("Connection names what must stay", head("POST / HTTP/1.1", HOST, "Connection: host, content-length, cookie, "
           "authorization, origin, x-forwarded-for, forwarded", "Content-Length: 2", "Cookie: a=b", "Authorization: c",
           "Origin: http://web.test") + b"ab", (b"POST", b"/", b"ab"), b"Host: web.test", b"Content-Length: 2",
           b"Cookie: a=b", b"Authorization: c", b"Origin: http://web.test", b"X-Forwarded-For: 127.0.0.1"),
    passed("an unknown expectation", head("POST / HTTP/1.1", HOST, "Expect: tea", "Content-Length: 1") + b"a",
           (b"POST", b"/", b"a"), b"Expect: tea"),
    passed("an expectation whose body is not kept back", head("POST / HTTP/1.1", HOST, "Expect: 100-Continue",
           "Content-Length: 1") + b"a", (b"POST", b"/", b"a"), b"Expect: 100-Continue"),
    last("HTTP/1.0", head("GET / HTTP/1.0", HOST)),
    last("HTTP/1.0 with keep-alive", head("GET / HTTP/1.0", HOST, "Connection: keep-alive")),
    last("HTTP/1.0 with an absolute target and no Host", head("GET http://web.test/x HTTP/1.0"), (b"GET", b"/x", b""),
         b"Host: web.test"),
    last("HTTP/1.0 with an expectation", head("POST / HTTP/1.0", HOST, "Expect: 100-continue", "Content-Length: 1")
         + b"a", (b"POST", b"/", b"a")),
    last("Connection: close among others", head("GET / HTTP/1.1", HOST, "Connection: x, CLOSE")),
    *METHODS,
]  # fmt: skip

UPGRADES = [
    refused("a WebSocket with a length", head("GET / HTTP/1.1", HOST, *SOCKET, *KEY, "Content-Length: 1") + b"a"),
    refused("a WebSocket with chunks", head("GET / HTTP/1.1", HOST, *SOCKET, *KEY, "Transfer-Encoding: chunked")
            + b"0\r\n\r\n"),
    answered("a WebSocket by POST", head("POST / HTTP/1.1", HOST, *SOCKET, *KEY), 400, method=b"POST"),
    answered("a WebSocket without a key", head("GET / HTTP/1.1", HOST, *SOCKET, KEY[0]), 400),
    answered("a WebSocket with a bad key", head("GET / HTTP/1.1", HOST, *SOCKET, KEY[0], "Sec-WebSocket-Key: x"), 400),
    answered("a WebSocket of version 8", head("GET / HTTP/1.1", HOST, *SOCKET, "Sec-WebSocket-Version: 8", KEY[1]),
             426),
    answered("a WebSocket from another page", head("GET / HTTP/1.1", HOST, *SOCKET, *KEY, "Origin: http://evil.test"),
             403),
    answered("a WebSocket from two pages", head("GET / HTTP/1.1", HOST, *SOCKET, *KEY, "Origin: http://web.test",
             "Origin: http://evil.test"), 400),
    answered("a WebSocket from nowhere", head("GET / HTTP/1.1", HOST, *SOCKET, *KEY, "Origin: null"), 403),
    last("HTTP/1.0 has no upgrade", head("GET / HTTP/1.0", HOST, *SOCKET, *KEY), never=(b"Upgrade",)),
    passed("an upgrade that Connection does not name", head("GET / HTTP/1.1", HOST, SOCKET[1], *KEY), GET,
           never=(b"Upgrade",)),
    passed("an offer of h2c", head("GET / HTTP/1.1", HOST, "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
           "HTTP2-Settings: AAMAAABk"), GET, never=(b"Upgrade", b"HTTP2")),
    passed("an offer of h2c beside a body", head("POST / HTTP/1.1", HOST, "Connection: Upgrade", "Upgrade: h2c",
           "Content-Length: 1") + b"a", (b"POST", b"/", b"a"), never=(b"Upgrade",)),
    passed("a handshake that is declined", head("GET / HTTP/1.1", HOST, *SOCKET, *KEY), GET,
           b"Upgrade: websocket", b"Connection: Upgrade"),
]  # fmt: skip

ANSWERED = [
    answered("TRACE", head("TRACE / HTTP/1.1", HOST, "Authorization: secret"), 405, method=b"TRACE"),
    refused("CONNECT", head("CONNECT web.test:443 HTTP/1.1", HOST), 405),
    answered("another host", head("GET / HTTP/1.1", "Host: evil.test"), 503),
    answered("an absolute target for another host", head("GET http://evil.test/ HTTP/1.1", HOST), 503),
    *[answered(f"host {host}", head("GET / HTTP/1.1", f"Host: {host}"), 503)
      for host in ("web.test.evil.test", "evilweb.test", "[::1]", "127.1", "2130706433", "0.0.0.0")],
    answered("a loop", head("GET / HTTP/1.1", HOST, "X-Devserve-Loop: mark"), 508),
    answered("a loop behind another one", head("GET / HTTP/1.1", HOST, "X-Devserve-Loop: x", "X-Devserve-Loop: mark"),
             508),
    Case("another host, with a body", head("POST / HTTP/1.1", "Host: evil.test", f"Content-Length: {len(SMUGGLED)}")
         + SMUGGLED, 503, kept=None, method=b"POST"),
    Case("another host, with chunks", head("POST / HTTP/1.1", "Host: evil.test", "Transfer-Encoding: chunked")
         + b"%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED), 503, kept=None, method=b"POST"),
    Case("a refused upgrade, with a request behind it",
         head("GET / HTTP/1.1", HOST, *SOCKET, *KEY, "Origin: null"), 403),
    Case("random bytes", bytes(range(128, 256)), 400, kept=False, end=True),
    Case("nothing but an empty line", b"\r\n", 0, kept=False, end=True),
]  # fmt: skip

CASES = [*PARSED, *FORWARDED, *UPGRADES, *ANSWERED]
