"""Why a head was refused: a sentence for each way in which one breaks the grammar.

Only asked after an expression of `grammar` did not match. Values and targets are never quoted: they hold secrets.
"""

from __future__ import annotations

from typing import Final

from devserve.errors import RemoteProtocolError
from devserve.http1.buffer import CRLF, SECTION_END
from devserve.http1.grammar import CONTROL, FIELD_START, TOKEN, VERSION, is_target

VERSION_NOT_SUPPORTED: Final = 505  # RFC 9110, section 15.6.6


def request_refusal(head: bytes) -> RemoteProtocolError:
    """Return why these bytes are not the head of a request."""
    line, *fields = head.removeprefix(CRLF).removesuffix(SECTION_END).split(CRLF)
    return _stray_control(head) or _request_line_fault(line) or _field_fault(fields)


def response_refusal(head: bytes) -> RemoteProtocolError:
    """Return why these bytes are not the head of a response."""
    line, *fields = head.removesuffix(SECTION_END).split(CRLF)
    return _stray_control(head) or _status_line_fault(line) or _field_fault(fields)


def trailers_refusal(section: bytes) -> RemoteProtocolError:
    """Return why these bytes are not a trailer section."""
    return _stray_control(section) or _field_fault(section.removesuffix(SECTION_END).split(CRLF))


def _stray_control(section: bytes) -> RemoteProtocolError | None:
    for number, line in enumerate(section.split(CRLF), start=1):
        if found := CONTROL.search(line):
            kind = {b"\n": "LF without CR", b"\r": "CR without LF"}.get(
                found[0], f"the control byte 0x{found[0].hex()}"
            )
            return RemoteProtocolError(f"line {number} of the head holds {kind} (RFC 9112, section 2.2)")
    return None


def _request_line_fault(line: bytes) -> RemoteProtocolError | None:
    parts = line.split(b" ")
    if len(parts) != 3:
        return RemoteProtocolError("the request line is not a method, a target and a version with one space between")
    method, target, version = parts
    if not TOKEN.fullmatch(method):
        return RemoteProtocolError(f"the method {method[:40]!r} is not a token")
    if not is_target(target):
        return RemoteProtocolError("the request target is empty, or holds # or a byte that must be percent-encoded")
    return _version_fault(version)


def _status_line_fault(line: bytes) -> RemoteProtocolError | None:
    version, _, rest = line.partition(b" ")
    code = rest.partition(b" ")[0]
    if fault := _version_fault(version):
        return fault
    if len(code) != 3 or not code.isdigit() or code.startswith(b"0"):
        return RemoteProtocolError(f"the status code is {code[:40]!r}, not three digits from 100 to 999")
    return None


def _version_fault(version: bytes) -> RemoteProtocolError | None:
    if not VERSION.fullmatch(version):
        return RemoteProtocolError(f"the version is {version[:40]!r}, not HTTP/1.1")
    if not version.startswith(b"HTTP/1."):
        return RemoteProtocolError(f"{version.decode()} is not spoken here, only HTTP/1.1", VERSION_NOT_SUPPORTED)
    return None


def _field_fault(lines: list[bytes]) -> RemoteProtocolError:
    line = next(line for line in lines if not FIELD_START.match(line))
    name, colon, _ = line.partition(b":")
    if line.startswith((b" ", b"\t")):
        return RemoteProtocolError("a field line begins with a space: folding is obsolete (RFC 9112, section 5.2)")
    if not colon:
        return RemoteProtocolError("a field line has no colon")
    if name.endswith((b" ", b"\t")):
        return RemoteProtocolError("there is a space between a field name and its colon (RFC 9112, section 5.1)")
    return RemoteProtocolError(f"{name[:40]!r} is not a field name")
