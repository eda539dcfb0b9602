"""`devserve-static [--spa] [--listing] [FOLDER]`: serves a folder of files on the port in PORT."""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tornado.web import Application

from devserve_static.handler import FileHandler

LOOPBACK = "127.0.0.1"
MOST = 65535


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until somebody ends it."""
    parser = _parser()
    options = parser.parse_args(arguments)
    root = Path(options.folder).resolve()
    if not root.is_dir():
        parser.error(f"{root} is no folder; give one that holds the files")
    port = os.environ.get("PORT", "")
    if not port.isdigit() or int(port) > MOST:
        parser.error("PORT says on which port to listen; devserve sets it, else write: PORT=8000 devserve-static")
    try:
        asyncio.run(_serve(root, int(port), spa=options.spa, lists=options.listing))
    except OSError as error:
        parser.exit(1, f"devserve-static: port {port} cannot be had: {error.strerror}; set PORT to another one\n")
    except KeyboardInterrupt:
        parser.exit(130)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("devserve-static", description="Serve a folder of files on the port in PORT.")
    parser.add_argument("folder", nargs="?", default=".", metavar="FOLDER", help="default: this one")
    parser.add_argument("--spa", action="store_true", help="answer pages that are not there with index.html")
    parser.add_argument("--listing", action="store_true", help="list folders without an index.html")
    return parser


async def _serve(root: Path, port: int, *, spa: bool, lists: bool) -> None:
    application = Application([(r"/(.*)", FileHandler, {"path": str(root), "spa": spa, "lists": lists})])
    server = application.listen(port, LOOPBACK)
    sys.stdout.write(f"serving {root} on http://{LOOPBACK}:{port}\n")
    sys.stdout.flush()
    try:
        await asyncio.Event().wait()
    finally:
        server.stop()


if __name__ == "__main__":
    main()
