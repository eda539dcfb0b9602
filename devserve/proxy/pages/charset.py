"""A page's bytes as text and back, without loss, however they are cut."""

from __future__ import annotations

import codecs

# Labels of the Encoding standard. Every other encoding of pages has ASCII where markup stands, so that their bytes may
# be read as Latin-1; a <meta> that says UTF-16 means UTF-8 (HTML, section 13.2.3.2).
UTF_16_LE = frozenset({
    "utf-16", "utf-16le", "unicode", "ucs-2", "iso-10646-ucs-2", "csunicode", "unicodefeff",
})  # fmt: skip
UTF_16_BE = frozenset({"utf-16be", "unicodefffe"})
MARKS = ((b"\xef\xbb\xbf", ""), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
DECLARATIONS = ((b"<\0?\0x\0", "utf-16-le"), (b"\0<\0?\0x", "utf-16-be"))  # of XML, which HTML looks for too
ENOUGH = 6  # bytes that tell


class Charset:
    """How the bytes of one page are read: by byte order mark, by what the response says, else by the first bytes."""

    def __init__(self, label: str) -> None:
        self._label = label.strip(" \t\"'").lower()
        self._start = b""
        self._mark = b""
        self._encoding: str | None = None  # not known yet
        self._decoder: codecs.IncrementalDecoder | None = None
        self.declared = bool(self._label)  # no <meta> has to be found

    def __repr__(self) -> str:
        return f"<Charset {self._encoding or 'latin-1'}>"

    def decode(self, data: bytes) -> str:
        """Return these bytes as text, without a byte order mark; of the first ones nothing until they tell."""
        if self._encoding is None:
            self._start += data
            return self._decide() if len(self._start) >= ENOUGH else ""
        return self._decoder.decode(data) if self._decoder else data.decode("latin-1")

    def finish(self) -> str:
        """Return what is still held, at the end of the page."""
        text = self._decide() if self._encoding is None else ""
        if self._decoder is None:
            return text
        rest = self._decoder.getstate()[0]  # half a surrogate pair, or half a character
        self._start = rest[len(rest) & ~1 :]
        return text + rest[: len(rest) & ~1].decode(self._encoding or "", "surrogatepass")

    def encode(self, text: str) -> bytes:
        """Return text as the bytes it was, behind the byte order mark."""
        mark, self._mark = (self._mark, b"") if text else (b"", self._mark)
        if self._decoder:
            return mark + text.encode(self._encoding or "", "surrogatepass")
        return mark + text.encode("latin-1", "xmlcharrefreplace")

    def end(self) -> bytes:
        """Return the bytes at the very end that are no character."""
        rest, self._start = self._mark + self._start, b""
        return rest

    def _decide(self) -> str:
        start, self._start = self._start, b""
        self._mark, self._encoding = next(((mark, name) for mark, name in MARKS if start.startswith(mark)), (b"", None))
        if self._encoding is None:
            self._encoding = self._said() or next((name for sign, name in DECLARATIONS if start.startswith(sign)), "")
        self.declared = self.declared or bool(self._mark or self._encoding)
        if self._encoding:
            self._decoder = codecs.getincrementaldecoder(self._encoding)("surrogatepass")
        return self.decode(start[len(self._mark) :])

    def _said(self) -> str:
        if self._label in UTF_16_LE:
            return "utf-16-le"
        return "utf-16-be" if self._label in UTF_16_BE else ""
