"""TLS between a socket's transport and a Stream.

On memory BIOs of our own: asyncio and uvloop drop the alert that an SNI callback returns, so that a client with
an unknown server name sees a bare end of file (DESIGN 5.3). Here whatever OpenSSL wrote is sent before closing.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from devserve.io.proxy.streams import Stream

HANDSHAKE_RECORD: Final = 0x16  # RFC 8446, section 5.1: the first byte of a ClientHello's record
# bytes; OpenSSL returns one record at a time (RFC 8446, section 5.1), asking for more costs memory
RECORD: Final = 16 * 1024
BULK: Final = 64 * 1024  # bytes at once: an upload, or a download from an https origin
# What _BulkReaders read into, whatever their connection: no other read comes between `get_buffer` and `buffer_updated`.
# As large as stays in a core's cache together with what it decrypts to.
ROOM: Final = memoryview(bytearray(160 * 1024))


class TlsEnd(asyncio.Protocol):
    """One end of TLS: a protocol for the socket below, a transport for the Stream above.

    `wrap` makes the TLS object from the incoming and the outgoing bytes. `on_named` is called when a client has said
    whom it asks for and is to say more, `on_ready` once the handshake is done, `on_failed` when it is not going to be.
    A server may take plain bytes too: `on_plain` is called when the first byte is not TLS, and from then on the Stream
    sees them as they come. Without `on_plain` this is the client's end: it begins, and an end without TLS's own goodbye
    is a loss: a body could be cut there (RFC 8446, section 6.1).
    """

    __slots__ = (
        "_begun", "_below", "_incoming", "_on_failed", "_on_named", "_on_plain", "_on_ready", "_outgoing", "_plain",
        "_read", "_ready", "_stream", "_tls", "_write",
    )  # fmt: skip

    def __init__(
        self,
        wrap: Callable[[ssl.MemoryBIO, ssl.MemoryBIO], ssl.SSLObject],
        stream: Stream,
        on_ready: Callable[[Stream], None],
        *,
        on_plain: Callable[[Stream], None] | None = None,
        on_named: Callable[[Stream], None] | None = None,
        on_failed: Callable[[OSError], None] | None = None,
    ) -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = wrap(self._incoming, self._outgoing)
        # What SSLObject calls: a frame of Python less for each record. Where it has another name, SSLObject does it.
        inner = getattr(self._tls, "_sslobj", self._tls)
        self._read: Callable[[int], bytes] = inner.read
        self._write: Callable[[bytes], int] = inner.write
        self._stream = stream
        self._on_ready = on_ready
        self._on_plain = on_plain
        self._on_named = on_named
        self._on_failed = on_failed
        self._begun = False
        self._ready = False
        self._plain = False
        self._below: asyncio.Transport | None = None

    def __repr__(self) -> str:
        return f"<TlsEnd {'plain' if self._plain else 'ready' if self._ready else 'handshake'} {self._stream!r}>"

    # What the socket's transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Stand between the two; a client begins."""
        self._below = transport  # type: ignore[assignment]  # asyncio hands over its base class
        self._stream.connection_made(self)
        if self._on_plain is None:
            self._begun = True
            self._handshake()

    def data_received(self, data: bytes) -> None:
        """Decrypt, or go on with the handshake."""
        if self._ready:
            self.take(data)
            if len(data) >= BULK and self._below is not None:
                self._below.set_protocol(_BulkReader(self, self._below))
        elif self._plain:
            self._stream.data_received(data)
        elif not self._begun and self._on_plain is not None and data[0] != HANDSHAKE_RECORD:
            self._plain = True
            self._stream.data_received(data)
            self._on_plain(self._stream)
        else:
            self._begun = True
            self._incoming.write(data)
            self._handshake()

    def take(self, data: bytes | memoryview) -> None:
        """Decrypt; what follows the peer's goodbye is ignored (RFC 8446, section 6.1)."""
        if not self._stream.eof:
            self._incoming.write(data)
            self._decrypt()

    def eof_received(self) -> bool:
        """The peer's socket ended, perhaps without TLS's own goodbye: of a request, framing tells what is missing."""
        if self._stream.eof:
            return True
        if self._on_plain is None or not (self._ready or self._plain):
            self.abort()
            return False
        return self._stream.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """Pass the loss upwards."""
        self._fail(ConnectionResetError("the connection was closed during the TLS handshake"))
        self._stream.connection_lost(error)

    def pause_writing(self) -> None:
        """Pass back-pressure upwards."""
        self._stream.pause_writing()

    def resume_writing(self) -> None:
        """Pass its end upwards."""
        self._stream.resume_writing()

    # What the Stream calls.

    def write(self, data: bytes) -> None:
        """Encrypt and send."""
        if self._plain:
            self._send(data)
            return
        self._write(data)
        if self._below is not None and not self._below.is_closing():
            self._below.write(self._outgoing.read())

    def write_eof(self) -> None:
        """Send close_notify: the peer knows that this is the end (RFC 8446, section 6.1)."""
        if self._plain and self._below is not None:
            self._below.write_eof()
        if self._ready:
            with suppress(ssl.SSLError):  # it waits for the peer's close_notify; ours is in the outgoing bytes
                self._tls.unwrap()
            self._flush()

    def get_extra_info(self, name: str) -> object:
        """Return what the socket's transport knows."""
        return self._below.get_extra_info(name) if self._below is not None else None

    def pause_reading(self) -> None:
        """Stop reading the socket."""
        if self._below is not None:
            self._below.pause_reading()

    def resume_reading(self) -> None:
        """Read the socket again."""
        if self._below is not None:
            self._below.resume_reading()

    def close(self) -> None:
        """Say goodbye and close once everything is sent."""
        self.write_eof()
        if self._below is not None:
            self._below.close()

    def abort(self) -> None:
        """Close at once, without the goodbye that would look like a clean end."""
        if self._below is not None:
            self._below.abort()

    def _handshake(self) -> None:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
            self._name()
            if self._on_named is not None and self._stream.server_name:
                named, self._on_named = self._on_named, None
                named(self._stream)
            return
        except ssl.SSLError as error:
            self._flush()  # the alert, unrecognized_name among them
            self._fail(error)
            if self._below is not None:
                self._below.close()
            return
        self._flush()
        self._ready = True
        self._name()
        self._on_ready(self._stream)
        self._decrypt()

    def _name(self) -> None:
        self._stream.server_name = getattr(self._tls, "server_name", "")  # set by sni.NamedSSLObject

    def _fail(self, error: OSError) -> None:
        if not self._ready and self._on_failed is not None:
            self._on_failed(error)

    def _decrypt(self) -> None:
        """Pass on what has come, many records as one piece: small pieces cost the exchange as much as large ones."""
        records: list[bytes] = []
        ended = failed = False
        try:
            # A record holds less than its own length; memory for more would be given back at once.
            size = min(self._incoming.pending, RECORD) or RECORD
            while not ended:
                data = self._read(size)
                records.append(data)
                ended = not data
                pending = self._incoming.pending
                if len(data) == size < RECORD:
                    size = RECORD  # what is pending is only the end of this record
                elif pending:
                    size = min(pending, RECORD)
                else:
                    break
        except ssl.SSLWantReadError:
            self._flush()  # what came may want an answer of TLS itself, as KeyUpdate does (RFC 8446, section 4.6.3)
        except ssl.SSLError:
            failed = True
        whole = records[0] if len(records) == 1 else b"".join(records)
        if whole:
            self._stream.data_received(whole)
        if failed:
            self.abort()
            return
        if ended and not self._stream.eof:
            self._stream.eof_received()

    def _flush(self) -> None:
        data = self._outgoing.read()
        if data:
            self._send(data)

    def _send(self, data: bytes) -> None:
        if self._below is not None and not self._below.is_closing():
            self._below.write(data)


class _BulkReader(asyncio.BufferedProtocol):
    """Reads for a TlsEnd while much comes: into one buffer, where each piece would be an object of its own."""

    __slots__ = ("_below", "_end")

    def __init__(self, end: TlsEnd, below: asyncio.Transport) -> None:
        self._end = end
        self._below = below

    def get_buffer(self, sizehint: int) -> memoryview:
        """Return where the next bytes go."""
        return ROOM

    def buffer_updated(self, nbytes: int) -> None:
        """Decrypt them; with few the TlsEnd reads again."""
        self._end.take(ROOM[:nbytes])
        if nbytes < RECORD:
            self._below.set_protocol(self._end)

    def eof_received(self) -> bool:
        """Pass the end on."""
        return self._end.eof_received()

    def connection_lost(self, error: Exception | None) -> None:
        """Pass the loss on."""
        self._end.connection_lost(error)

    def pause_writing(self) -> None:
        """Pass back-pressure on."""
        self._end.pause_writing()

    def resume_writing(self) -> None:
        """Pass its end on."""
        self._end.resume_writing()
