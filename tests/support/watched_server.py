"""A service that serves what the file `text` held when it started."""

from __future__ import annotations

SERVER = """
import http.server, os, pathlib

TEXT = pathlib.Path("text").read_text()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = f"<!doctype html><title>x</title><h1>{TEXT}</h1>".encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *_):
        pass


print(f"serves {TEXT}", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
