"""The contenders: each ends TLS for the same names and forwards by Host to the same upstreams over kept connections."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import nginx
from benchmarks.names import DOMAIN, Route
from benchmarks.programs import CACHE, COMPILED, HTTP_PROXY, path_of
from benchmarks.running import Launch

HERE = Path(__file__).parent
# As a wheel is installed; the editable installation beside it runs the source.
COMPILED_FIRST = {"PYTHONPATH": str(COMPILED)} if COMPILED.exists() else {}
IDLE_UPSTREAMS = 64  # what devserve keeps per origin


@dataclass(frozen=True, slots=True)
class Contender:
    """A proxy, the programs that it needs, and how it is started for routes on a port."""

    name: str
    needs: Sequence[str]
    launch: Callable[[Path, Sequence[Route], int], Launch]


def _devserve(folder: Path, routes: Sequence[Route], port: int) -> Launch:
    """As a user runs it: services that something else starts, watched, with live reload injected into pages."""
    tables = [f'[services.{route.name}]\nhost = "{route.host}"\nport = {route.port}\n' for route in routes]
    (folder / "devserve.toml").write_text(f'[project]\ndomain = "{DOMAIN}"\n\n' + "\n".join(tables))
    program = Path(sys.executable).with_name("devserve")
    environment = {"DEVSERVE_HOME": str(folder / "home"), "NO_COLOR": "1", **COMPILED_FIRST}
    return Launch(
        [str(program), "run", "--yes", "--https-port", str(port), "--http-port", "0", "--bind", "127.0.0.1"],
        folder,
        environment,
    )


def _nginx(folder: Path, routes: Sequence[Route], port: int) -> Launch:
    pools = [
        f"  upstream u{number} {{ server 127.0.0.1:{number}; keepalive {IDLE_UPSTREAMS};"
        " keepalive_requests 1000000000; }"
        for number in sorted({route.port for route in routes})
    ]
    servers = [
        f"  server {{ listen 127.0.0.1:{port} ssl backlog=1024; server_name {route.host};"
        f" ssl_certificate {route.chain}; ssl_certificate_key {route.key};"
        f" location / {{ proxy_pass http://u{route.port}; }} }}"
        for route in routes
    ]
    servers[1:] = [server.replace(" backlog=1024", "") for server in servers[1:]]
    common = """
  map $http_upgrade $connection_field { default upgrade; '' ''; }
  server_names_hash_max_size 8192;
  server_names_hash_bucket_size 128;
  ssl_protocols TLSv1.2 TLSv1.3;
  client_max_body_size 0;
  proxy_http_version 1.1;
  proxy_request_buffering off;  # bodies are streamed, as the others do
  proxy_max_temp_file_size 0;
  proxy_set_header Host $host;
  proxy_set_header Connection $connection_field;
  proxy_set_header Upgrade $http_upgrade;
  proxy_set_header X-Forwarded-For $remote_addr;
  proxy_set_header X-Forwarded-Proto $scheme;
  proxy_set_header X-Forwarded-Host $host;
"""
    return nginx.launch(folder, "\n".join([common, *pools, *servers]))


def _caddy(folder: Path, routes: Sequence[Route], port: int) -> Launch:
    sites = [
        f"https://{route.host}:{port} {{\n  bind 127.0.0.1\n  tls {route.chain} {route.key}\n"
        f"  reverse_proxy 127.0.0.1:{route.port} {{\n    transport http {{\n"
        f"      keepalive_idle_conns_per_host {IDLE_UPSTREAMS}\n    }}\n  }}\n}}\n"
        for route in routes
    ]
    options = "{\n  admin off\n  auto_https off\n}\n"
    (folder / "Caddyfile").write_text(options + "".join(sites))
    argv = [path_of("caddy") or "caddy", "run", "--config", "Caddyfile", "--adapter", "caddyfile"]
    return Launch(argv, folder, {"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)})


def _http_proxy(kind: str) -> Callable[[Path, Sequence[Route], int], Launch]:
    def launch(folder: Path, routes: Sequence[Route], port: int) -> Launch:
        table = {route.host: {"port": route.port, "chain": str(route.chain), "key": str(route.key)} for route in routes}
        (folder / "routes.json").write_text(json.dumps(table))
        argv = [path_of("node") or "node", str(HERE / "http_proxy.js"), "routes.json", str(port), kind]
        return Launch(argv, folder, {"NODE_PATH": str(CACHE / "node_modules"), "NODE_ENV": "production"})

    return launch


DEVSERVE = Contender("devserve", (), _devserve)
NGINX = Contender("nginx", ("nginx",), _nginx)
CADDY = Contender("Caddy", ("caddy",), _caddy)
NODE_AGENT = Contender("http-proxy, keep-alive agent", ("node", HTTP_PROXY), _http_proxy("agent"))
NODE_SHIPPED = Contender("http-proxy as shipped", ("node", HTTP_PROXY), _http_proxy("shipped"))
ALL = (DEVSERVE, NGINX, CADDY, NODE_AGENT, NODE_SHIPPED)


def folder_for(parent: Path, contender: Contender, count: int) -> Path:
    """Return a new folder for one start of a contender."""
    folder = parent / f"{contender.name.replace(' ', '-').replace(',', '')}-{count}-{os.urandom(4).hex()}"
    folder.mkdir()
    return folder
