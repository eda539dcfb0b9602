"""What a development server cannot be told by its start: the hosts, and what to write for them."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from devserve import Command, Finding, Service, Verdict, with_arguments
from devserve_node.hosts import OWN_SOCKET, PAGES_SOCKET, WEBPACK, taken_by_vite, takes_arguments, told
from devserve_node.installed import text_of, webpack_configuration

TOPIC = "dev servers"
ANY_HOST = re.compile(r"allowedHosts['\"]?\s*:\s*(?:true\b|['\"]all['\"])")
HOSTS_BELOW = re.compile(r"['\"](\.[\w.-]+)['\"]")  # ".shop.test" allows each host below shop.test
CONFIGURATION = {
    "vite": ("vite.config.js", "server: {{ allowedHosts: {hosts} }}"),
    "ng": ("angular.json, below serve's options,", '"allowedHosts": {hosts}'),
}


def untold(service: Service) -> Finding | None:
    """Return what to write for a service's development server; None when it is told its hosts, or has them written."""
    folder, hosts = service.root / (service.cwd or ""), told(service.hosts)
    if service.dev_server in CONFIGURATION:
        return _vite(service, folder, hosts)
    return _webpack(service, folder, hosts) if service.dev_server in WEBPACK else None


def _vite(service: Service, folder: Path, hosts: Sequence[str]) -> Finding | None:
    file, setting = CONFIGURATION[service.dev_server]
    taken = taken_by_vite(service.dev_server, hosts, folder)
    written = "".join(map(text_of, (*folder.glob("vite.config.*"), folder / "angular.json")))
    missing = _missing([host for host in hosts if host not in taken], written)
    return _finding(service, missing, file, setting.format(hosts=json.dumps(missing))) if missing else None


def _webpack(service: Service, folder: Path, hosts: Sequence[str]) -> Finding | None:
    reaches = with_arguments(Command(service.command, folder, {}), *PAGES_SOCKET) is not None
    if reaches and takes_arguments(service.dev_server, folder):
        return None
    written = webpack_configuration(folder)
    missing = _missing(hosts, written)
    parts = [f"allowedHosts: {json.dumps(missing)}"] if missing else []
    if not OWN_SOCKET.search(written):
        parts.append(f'client: {{ webSocketURL: "{PAGES_SOCKET[1]}" }}')
    setting = f"devServer: {{ {', '.join(parts)} }}"
    return _finding(service, missing, "webpack.config.js", setting) if parts else None


def _missing(hosts: Sequence[str], written: str) -> list[str]:
    if ANY_HOST.search(written):
        return []
    below = tuple(HOSTS_BELOW.findall(written))
    return [host for host in hosts if host not in written and not host.endswith(below)]


def _finding(service: Service, hosts: Sequence[str], file: str, setting: str) -> Finding:
    said = f"{service.dev_server} cannot be told {' and '.join(hosts) or 'where its socket is'} by its start"
    return Finding(TOPIC, service.label, Verdict.NOTE, said, f"In {file} write {setting}", "package.json, node_modules")
