"""How much a peer may send before it is refused: everything that is buffered or counted has a bound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

URI_TOO_LONG: Final = 414  # RFC 9110, section 15.5.15
FIELDS_TOO_LARGE: Final = 431  # RFC 6585, section 5


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one connection, in bytes unless they say otherwise, with their precedents."""

    head: int = 64 * 1024  # Tornado 64 KiB, nginx 4 times 8 KiB, Node and h11 16 KiB. Beyond: 431
    fields: int = 128  # lines in a head or trailer section; Apache, gunicorn and Tomcat 100, HAProxy 101. Beyond: 431
    target: int = 16 * 1024  # nginx 8 KiB, Apache 8190; RFC 9112, section 3 asks for 8000 at least. Beyond: 414
    chunk_line: int = 256  # the size with its extensions and CRLF; Tornado 64, Go 4096
    trailers: int = 16 * 1024  # the whole trailer section; a quarter of a head. Beyond: 431
    interim: int = 16  # 1xx responses to one request; Go 5, Tornado 10


DEFAULT_LIMITS: Final = Limits()
