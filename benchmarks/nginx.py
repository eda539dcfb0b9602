"""nginx, both as a contender and as the upstream of all of them: one worker, nothing logged."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from benchmarks.programs import path_of
from benchmarks.running import Launch

BIG = 100 * 2**20  # bytes of /big
SMALL, LARGE = 1024, 20 * 1024  # bytes of the other answers
PAGE_HEAD = "<!doctype html><html><head><title>A page</title></head><body>"


def launch(folder: Path, http: str) -> Launch:
    """Return how nginx is started with these directives in its http block."""
    user = "user root;" if os.geteuid() == 0 else ""
    places = " ".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"{user} daemon off; worker_processes 1; worker_rlimit_nofile 20000; pid {folder}/pid;\n"
        "error_log stderr error;\n"
        "events { worker_connections 10000; }\n"
        f"http {{ {places} access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;\n"
        f"  default_type text/plain; sendfile on; tcp_nodelay on;\n{http}\n}}\n"
    )
    return Launch([path_of("nginx") or "nginx", "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"], folder)


def launch_upstream(folder: Path, ports: Sequence[int]) -> Launch:
    """Return how the upstream is started: fixed answers of 1 KiB and 20 KiB, a page, and 100 MiB."""
    files = folder / "files"
    files.mkdir()
    with (files / "big").open("wb") as big:
        big.truncate(BIG)
    listen = " ".join(f"listen 127.0.0.1:{port} backlog=2048;" for port in ports)
    filled = LARGE - len(PAGE_HEAD)
    # Literals are limited to nginx's buffer for one token: long answers are joined from variables.
    return launch(
        folder,
        f"""
  map $uri $kib {{ default "{"k" * 1024}"; }}
  server {{ {listen}
    location = / {{ return 200 $kib; }}
    location = /script.js {{ default_type text/javascript; return 200 "{"$kib" * (LARGE // 1024)}"; }}
    location = /page {{ default_type text/html; return 200 "{PAGE_HEAD}{"$kib" * (filled // 1024)}"; }}
    location = /big {{ default_type application/octet-stream; root {files}; }}
  }}""",
    )
