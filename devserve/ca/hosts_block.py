"""devserve's marked lines in a hosts file: bytes in, bytes out, every other byte as it was (hosts(5))."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address

from devserve.config.hosts import host_name
from devserve.errors import HostsFileError

ADDRESSES = ("127.0.0.1", "::1")  # both: with the first alone Safari waits for an answer about the second
BEGIN = b"# BEGIN devserve"
END = b"# END devserve"
WRITTEN_BEGIN = BEGIN + b": `devserve setup` writes these lines, `devserve teardown` removes them"
JOINED = b" (the line above had no end)"  # so that removal takes away the line ending that was added
LINE = re.compile(rb"[^\n]*\n|[^\n]+")  # not splitlines: for it a lone carriage return ends a line
OURS = re.compile(rb"(127\.0\.0\.1|::1) ([a-z0-9.-]+)\r?\n")
CUT = re.compile(rb"[0-9a-z.: -]*")  # how a line of ours may end when a write was cut off
LOCALHOST = "localhost"


@dataclass(frozen=True, slots=True)
class Line:
    """A line that gives names an address."""

    number: int
    address: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Block:
    """Where the marked lines begin and end, in bytes; the names between; the line ending that was added before."""

    start: int
    stop: int
    names: frozenset[str] = frozenset()
    joined_by: bytes = b""


def needs_entry(host: str, system: str) -> bool:
    """Tell whether a name is found only with a line of its own.

    Names below localhost lead here without one in every browser but Safari, which asks macOS, which may not know them.
    """
    below = host == LOCALHOST or host.endswith(f".{LOCALHOST}")
    return host != LOCALHOST and (not below or system == "Darwin")


def names_in(data: bytes) -> frozenset[str]:
    """Return the names between the markers. Raises HostsFileError when the markers are damaged."""
    block = _find(data)
    return block.names if block else frozenset()


def with_names(data: bytes, names: Iterable[str]) -> bytes:
    """Return the file with these names and those that were there already. Raises HostsFileError."""
    wanted = frozenset(_checked(name) for name in names)
    block = _find(data)
    if wanted <= (block.names if block else frozenset()):
        return data
    if block:
        return (
            data[: block.start] + written(block.names | wanted, data, joined=bool(block.joined_by)) + data[block.stop :]
        )
    joined = bool(data) and not data.endswith(b"\n")
    return data + (_ending(data) if joined else b"") + written(wanted, data, joined=joined)


def without_names(data: bytes) -> bytes:
    """Return the file as it was before `with_names`. Raises HostsFileError when the markers are damaged."""
    block = _find(data)
    if block is None:
        return data
    before, after = data[: block.start], data[block.stop :]
    return (before if after else before.removesuffix(block.joined_by)) + after


def written(names: Iterable[str], like: bytes = b"", *, joined: bool = False) -> bytes:
    """Return the marked lines for these names, with line endings as in the file `like`."""
    lines = [f"{address} {name}".encode("ascii") for name in sorted(names) for address in ADDRESSES]
    ending = _ending(like)
    return b"".join(line + ending for line in (WRITTEN_BEGIN + (JOINED if joined else b""), *lines, END))


def leading_elsewhere(data: bytes, name: str) -> list[Line]:
    """Return the lines that give a name an address which is not this machine's own."""
    return [line for line in lines_of(data) if name in line.names and not is_loopback(line.address)]


def lines_of(data: bytes) -> Iterator[Line]:
    """Return the lines that give names an address, as a resolver reads them."""
    for number, line in enumerate(LINE.findall(data), 1):
        address, *names = line.partition(b"#")[0].decode("utf-8", "replace").split() or [""]
        if names:
            yield Line(number, address, tuple(name.lower() for name in names))


def is_loopback(address: str) -> bool:
    """Tell whether an address is this machine's own."""
    try:
        return ip_address(address.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _find(data: bytes) -> _Block | None:
    if b"\0" in data:
        raise HostsFileError("it holds zero bytes, so it is no text, or damaged; restore it from a backup")
    lines = LINE.findall(data)
    begins = [number for number, line in enumerate(lines) if line.startswith(BEGIN)]
    ends = [number for number, line in enumerate(lines) if line.rstrip() == END]
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) > 1 or (ends and ends[0] < begins[0]):
        raise _damaged(lines, begins, ends)
    begin = begins[0]
    end = ends[0] if ends else _cut_end(lines, begin)
    for number in range(begin + 1, end):
        if ends and not OURS.fullmatch(lines[number]):
            raise HostsFileError(
                f"line {number + 1} stands between devserve's markers, but is not devserve's; move it out"
            )
    found = (OURS.fullmatch(line) for line in lines[begin + 1 : end])
    return _Block(
        start=sum(map(len, lines[:begin])),
        stop=sum(map(len, lines[: end + 1])),
        names=frozenset(match[2].decode("ascii") for match in found if match),
        joined_by=_ending(lines[begin]) if lines[begin].rstrip().endswith(JOINED) else b"",
    )


def _cut_end(lines: list[bytes], begin: int) -> int:
    """Return where a block without its end ends: at the file's end, if what follows can only be ours. Raises."""
    following = lines[begin + 1 :]
    whole, last = following[:-1], following[-1] if following else b""
    may_be_ours = OURS.fullmatch(last) or CUT.fullmatch(last) or END.startswith(last)
    if may_be_ours and all(OURS.fullmatch(line) for line in whole) and _paired(whole):
        return len(lines)
    raise _damaged(lines, [begin], [])


def _paired(lines: list[bytes]) -> bool:
    """True when the lines are pairs of both addresses for one name; somebody's own lines hardly are."""
    found = [match.groups() for line in lines if (match := OURS.fullmatch(line))]
    pairs = zip(found[::2], found[1::2], strict=False)
    return all(one == b"127.0.0.1" and other == b"::1" and name == same for (one, name), (other, same) in pairs)


def _damaged(lines: list[bytes], begins: list[int], ends: list[int]) -> HostsFileError:
    where = ", ".join(str(number + 1) for number in sorted([*begins, *ends]))
    return HostsFileError(
        f"devserve's markers are damaged (line {where} of {len(lines)}): there must be one that begins with"
        f" {BEGIN.decode()!r} and after it one {END.decode()!r}; remove devserve's lines by hand"
    )


def _ending(data: bytes) -> bytes:
    return b"\r\n" if data.partition(b"\n")[0].endswith(b"\r") and b"\n" in data else b"\n"


def _checked(name: str) -> str:
    try:
        return host_name(name)
    except ValueError as error:
        raise HostsFileError(f'"{name}" cannot stand in a hosts file: it needs {error.args[0]}') from error
