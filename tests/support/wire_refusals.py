"""Messages on the wire that are refused, with the status that a server answers. New hole, new line."""

from __future__ import annotations

from dataclasses import dataclass

from support.wire import head
from support.wire_cases import HOST

GET = b"GET / HTTP/1.1\r\nHost: a.test\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a.test\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED_OK = OK + b"Transfer-Encoding: chunked\r\n\r\n"


@dataclass(frozen=True)
class Refusal:
    """Some bytes of one side that must not be understood."""

    name: str
    wire: bytes
    status: int = 400
    end: bool = False  # it is the end of the stream that is wrong
    method: bytes = b"GET"  # of the request that a response answers


def request_lines() -> list[Refusal]:
    lines = {
        "method with a comma": b"GE,T / HTTP/1.1",
        "no method": b" / HTTP/1.1",
        "two spaces": b"GET  / HTTP/1.1",
        "tab for a space": b"GET\t/ HTTP/1.1",
        "space in the target": b"GET /a b HTTP/1.1",
        "space at the end": b"GET / HTTP/1.1 ",
        "space in front": b" GET / HTTP/1.1",
        "no target": b"GET HTTP/1.1",
        "HTTP/0.9": b"GET /",
        "fragment": b"GET /a#b HTTP/1.1",
        "control byte in the target": b"GET /\x01 HTTP/1.1",
        "NUL in the target": b"GET /\x00 HTTP/1.1",
        "DEL in the target": b"GET /\x7f HTTP/1.1",
        "byte beyond ASCII in the target": b"GET /\xc3\xbc HTTP/1.1",
        "relative path": b"GET a HTTP/1.1",
        "asterisk without OPTIONS": b"GET * HTTP/1.1",
        "authority without CONNECT": b"GET a.test:80 HTTP/1.1",
        "CONNECT without port": b"CONNECT a.test HTTP/1.1",
        "CONNECT with a path": b"CONNECT / HTTP/1.1",
        "userinfo in the target": b"GET http://u:p@a.test/ HTTP/1.1",
        "absolute target without host": b"GET http:///a HTTP/1.1",
        "absolute target with a bad port": b"GET http://a.test:99999/ HTTP/1.1",
        "other scheme": b"GET ftp://a.test/ HTTP/1.1",
        "lower-case http": b"GET / http/1.1",
        "version without minor": b"GET / HTTP/1",
        "version with two digits": b"GET / HTTP/1.10",
        "version with a sign": b"GET / HTTP/+1.1",
        "no slash in the version": b"GET / HTTP1.1",
        "other protocol": b"GET / ICY/1.1",
        "CR in the line": b"GET /\r HTTP/1.1",
    }
    return [Refusal(name, line + b"\r\nHost: a.test\r\n\r\n") for name, line in lines.items()]


def field_lines() -> list[Refusal]:
    lines = {
        "bare LF ends the line": b"X-A: 1\nX-B: 2",
        "bare CR in a value": b"X-A: 1\rX-B: 2",
        "bare CR before CRLF": b"X-A: 1\r",
        "NUL in a value": b"X-A: \x00",
        "control byte in a value": b"X-A: \x01",
        "vertical tab in a value": b"X-A: \x0b",
        "DEL in a value": b"X-A: \x7f",
        "folded line": b"X-A: 1\r\n 2",
        "folded line with a tab": b"X-A: 1\r\n\t2",
        "folded empty line": b"X-A: 1\r\n ",
        "space before the colon": b"X-A : 1",
        "tab before the colon": b"X-A\t: 1",
        "space in the name": b"X A: 1",
        "empty name": b": 1",
        "name that is no token": b"X(A): 1",
        "name beyond ASCII": b"X-\xe4: 1",
        "NUL in the name": b"X\x00A: 1",
        "no colon": b"X-A",
    }
    requests = [Refusal(name, GET + line + b"\r\n\r\n") for name, line in lines.items()]
    return [
        *requests,
        Refusal("space before the first field", b"GET / HTTP/1.1\r\n Host: a.test\r\n\r\n"),
        Refusal("LF only", b"GET / HTTP/1.1\nHost: a.test\n\n"),
        Refusal("two empty lines in front", b"\r\n\r\n" + GET + b"\r\n"),
        Refusal("LF in front", b"\n" + GET + b"\r\n"),
        *[Refusal(f"response: {name}", OK + line + b"\r\n\r\n", 502) for name, line in lines.items()],
    ]


def hosts() -> list[Refusal]:
    values = {
        "empty": "",
        "list": "a.test, b.test",
        "comma": "a.test,b.test",
        "userinfo": "u@a.test",
        "path": "a.test/x",
        "query": "a.test?x",
        "scheme": "http://a.test",
        "space": "a.test b.test",
        "port that is no number": "a.test:http",
        "port too large": "a.test:65536",
        "negative port": "a.test:-1",
        "two ports": "a.test:1:2",
        "open bracket": "[::1",
        "escape": "a%2etest",
        "beyond ASCII": "\xe4.test",
        "backslash": "a.test\\b",
    }
    return [
        *[Refusal(f"Host: {name}", head("GET / HTTP/1.1", f"Host: {value}")) for name, value in values.items()],
        Refusal("no Host", head("GET / HTTP/1.1", "X-A: 1")),
        Refusal("Host twice", head("GET / HTTP/1.1", HOST, "host: a.test")),
        Refusal("Host twice in HTTP/1.0", head("GET / HTTP/1.0", HOST, HOST)),
        Refusal("no Host beside an absolute target", head("GET http://a.test/ HTTP/1.1")),
    ]


LENGTHS = [b"", b"+5", b"-0", b"0x5", b"1_0", b"5 5", b"5,", b",5", b"5, 6", b"5;6", b"a", b"5.0", b'"5"', b"\xb2"]
TOO_LARGE_LENGTHS = [b"9223372036854775808", b"18446744073709551616", b"00000000000000000005"]
BAD_CODINGS = [
    b"",
    b",chunked",
    b"chunked,",
    b"chunked, chunked",
    b"chunked, gzip",
    b"chunked\r\nTransfer-Encoding: chunked",
    b"chunked\r\nTransfer-Encoding: identity",
    b"chunked;a=b",
    b"\xa0chunked",
    b"chunked\xa0",
    b'"chunked"',
    b"chunked chunked",
]
AROUND = [b"\x0bchunked", b"chunked\x0b", b"\x0cchunked", b"chunked\x0c", b"\x00chunked", b"chunked\x00"]
UNKNOWN_CODINGS = [
    b"xchunked",
    b"identity",
    b"gzip",
    b"gzip, chunked",
    b"chunke",
    b"identity\r\nTransfer-Encoding: chunked",
]


def framings() -> list[Refusal]:
    bad_lengths = [b"Content-Length: " + value for value in [*LENGTHS, *TOO_LARGE_LENGTHS]]
    bad_lengths.append(b"Content-Length: 5\r\nContent-Length: 6")
    codings = [(b"Transfer-Encoding: " + value, 400) for value in [*BAD_CODINGS, *AROUND]]
    codings += [(b"Transfer-Encoding: " + value, 501) for value in UNKNOWN_CODINGS]
    upgrade = b"Connection: upgrade\r\nUpgrade: websocket\r\n"
    return [
        *[Refusal(repr(line), POST + line + b"\r\n\r\nhello") for line in bad_lengths],
        *[Refusal(repr(line), POST + line + b"\r\n\r\n0\r\n\r\n", status) for line, status in codings],
        Refusal("CL.TE", POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Refusal("TE.CL", POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
        Refusal("TE in HTTP/1.0", b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        Refusal("upgrade with a body", GET + upgrade + b"Content-Length: 1\r\n\r\na"),
        Refusal("upgrade with chunks", GET + upgrade + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        *[Refusal(f"response: {line!r}", OK + line + b"\r\n\r\nhello", 502) for line in bad_lengths],
        *[Refusal(f"response: {line!r}", OK + line + b"\r\n\r\n0\r\n\r\n", 502) for line, _ in codings],
        Refusal("response: TE in HTTP/1.0", b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 502),
        Refusal("bad length to HEAD", OK + b"Content-Length: x\r\n\r\n", 502, method=b"HEAD"),
        Refusal("unknown coding to HEAD", OK + b"Transfer-Encoding: x\r\n\r\n", 502, method=b"HEAD"),
    ]


def chunks() -> list[Refusal]:
    size_lines = {
        "empty size": b"\r\n",
        "sign": b"+5\r\n",
        "minus": b"-0\r\n",
        "0x": b"0x5\r\n",
        "underscore": b"0_5\r\n",
        "space in front": b" 5\r\n",
        "space behind": b"5 \r\n",
        "tab behind": b"5\t\r\n",
        "no hexadecimal": b"g\r\n",
        "two numbers": b"5 5\r\n",
        "17 digits": b"00000000000000005\r\n",
        "overflow": b"8000000000000000\r\n",
        "bare LF": b"5\nhello\r\n",
        "bare CR": b"5\rhello\r\n",
        "NUL": b"5\x00\r\n",
        "extension without a name": b"5;\r\n",
        "extension with no token": b"5;a(\r\n",
        "extension without its value": b"5;a=\r\n",
        "extension with LF": b"5;a\nb\r\n",
        "extension with CR": b"5;a\rb\r\n",
        "extension with a control byte": b"5;a=\x01\r\n",
        "extension with an open quote": b'5;a="b\r\n',
        "extension with LF in quotes": b'5;a="\n"\r\n',
        "space behind an extension": b"5;a \r\n",
        "too long": b"5;a=" + b"x" * 256 + b"\r\n",
    }
    endings = {
        "no CRLF behind the data": b"5\r\nhello0\r\n\r\n",
        "LF behind the data": b"5\r\nhello\n0\r\n\r\n",
        "CR behind the data": b"5\r\nhello\r0\r\n\r\n",
        "data longer than its size": b"5\r\nhello!\r\n0\r\n\r\n",
        "LF behind the last chunk": b"0\n\r\n",
        "LF after the trailers": b"0\r\nX-A: 1\r\n\n",
        "folded trailer": b"0\r\nX-A: 1\r\n 2\r\n\r\n",
        "space before a trailer's colon": b"0\r\nX-A : 1\r\n\r\n",
        "trailer without colon": b"0\r\nX-A\r\n\r\n",
        "NUL in a trailer": b"0\r\nX-A: \x00\r\n\r\n",
        "bare CR in a trailer": b"0\r\nX-A: 1\rX-B: 2\r\n\r\n",
        "data behind the last chunk": b"0\r\nhello\r\n\r\n",
    }
    cut = [b"", b"5", b"5\r\n", b"5\r\nhel", b"5\r\nhello\r\n", b"5\r\nhello\r\n0\r\n", b"0\r\nX-A: 1\r\n"]
    return [
        *[Refusal(f"chunk: {name}", CHUNKED + line + b"hello\r\n0\r\n\r\n") for name, line in size_lines.items()],
        *[Refusal(f"chunk: {name}", CHUNKED + rest) for name, rest in endings.items()],
        *[Refusal(f"chunk cut off: {rest!r}", CHUNKED + rest, end=True) for rest in cut],
        *[Refusal(f"response: {name}", CHUNKED_OK + line + b"hello\r\n", 502) for name, line in size_lines.items()],
        *[Refusal(f"response: {name}", CHUNKED_OK + rest, 502) for name, rest in endings.items()],
        *[Refusal(f"response: cut off {rest!r}", CHUNKED_OK + rest, 502, end=True) for rest in cut],
    ]


def limits() -> list[Refusal]:
    many = "".join(f"X-{number}: a\r\n" for number in range(129)).encode()
    return [
        Refusal("long target", b"GET /" + b"a" * 16384 + b" HTTP/1.1\r\nHost: a.test\r\n\r\n", 414),
        Refusal("endless target", b"GET /" + b"a" * 65536, 414),
        Refusal("long field", GET + b"X-A: " + b"a" * 65536 + b"\r\n\r\n", 431),
        Refusal("endless fields", GET + b"X-A: 1\r\n" * 9000, 431),
        Refusal("many fields", GET + many + b"\r\n", 431),
        Refusal("many trailers", CHUNKED + b"0\r\n" + many + b"\r\n", 431),
        Refusal("long trailers", CHUNKED + b"0\r\nX-A: " + b"a" * 16384 + b"\r\n\r\n", 431),
        Refusal("endless chunk line", CHUNKED + b"5;" + b"a" * 300),
        Refusal("response: many fields", OK + many + b"\r\n", 502),
        Refusal("response: endless head", OK + b"X-A: 1\r\n" * 9000, 502),
        Refusal("response: 17 interim responses", b"HTTP/1.1 103 Early Hints\r\n\r\n" * 17, 502),
    ]


REFUSED = [
    *request_lines(),
    *[
        Refusal(f"version {line!r}", line + b"\r\nHost: a.test\r\n\r\n", 505)
        for line in (b"GET / HTTP/2.0", b"GET / HTTP/0.9")
    ],
    Refusal("preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    Refusal("TLS on a plain port", bytes.fromhex("16030100f5010000f1030345")),
    *field_lines(),
    *hosts(),
    *framings(),
    *chunks(),
    *limits(),
    Refusal("head cut off", GET, end=True),
    Refusal("body cut off", POST + b"Content-Length: 5\r\n\r\nhell", end=True),
    Refusal("response: nothing", b"", 502, end=True),
    Refusal("response: head cut off", OK, 502, end=True),
    Refusal("response: body cut off", OK + b"Content-Length: 5\r\n\r\nhell", 502, end=True),
    Refusal("response: interim only", b"HTTP/1.1 100 Continue\r\n\r\n", 502, end=True),
    Refusal("response: not asked to switch", b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", 502),
    Refusal("response: HTTP/2.0", b"HTTP/2.0 200 OK\r\n\r\n", 502),
    Refusal("response: ICY", b"ICY 200 OK\r\n\r\n", 502),
    Refusal("response: lower-case http", b"http/1.1 200 OK\r\n\r\n", 502),
    Refusal("response: two digits", b"HTTP/1.1 20 OK\r\n\r\n", 502),
    Refusal("response: four digits", b"HTTP/1.1 2000 OK\r\n\r\n", 502),
    Refusal("response: status 099", b"HTTP/1.1 099 OK\r\n\r\n", 502),
    Refusal("response: sign", b"HTTP/1.1 +20 OK\r\n\r\n", 502),
    Refusal("response: two spaces", b"HTTP/1.1  200 OK\r\n\r\n", 502),
    Refusal("response: tab", b"HTTP/1.1\t200 OK\r\n\r\n", 502),
    Refusal("response: control byte in the reason", b"HTTP/1.1 200 O\x01K\r\n\r\n", 502),
    Refusal("response: LF only", b"HTTP/1.1 200 OK\nContent-Length: 0\n\n", 502),
    Refusal("response: empty line in front", b"\r\nHTTP/1.1 200 OK\r\n\r\n", 502),
    Refusal("response: HTTP/0.9", b"<html>\n<body>hello", 502),
]
