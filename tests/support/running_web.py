"""A small web server as a service of a test: `python running_web.py WHAT [FILE]` listens on PORT.

It is given FILE's presence as a condition: `waits` listens only when it is there, `busy` answers 503 until then.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path


def main(what: str, file: Path) -> None:
    """Serve until a signal comes."""
    if what == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while what == "waits" and not file.exists():
        time.sleep(0.01)
    port = 0 if what == "elsewhere" else int(os.environ["PORT"])
    given = int(os.environ.get("LISTEN_FDS", "0"))
    listener = socket.socket(fileno=3) if given else socket.create_server(("127.0.0.1", port))
    sys.stdout.write("\x1b[32mlistening\x1b[m on a port\n")
    sys.stdout.flush()
    while True:
        connection, _ = listener.accept()
        status = 503 if what == "busy" and not file.exists() else 200
        with connection, suppress(ConnectionError):
            if connection.recv(4096):
                connection.sendall(b"HTTP/1.1 %d x\r\nContent-Length: 0\r\n\r\n" % status)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
