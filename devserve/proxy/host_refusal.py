"""Recognise a development server that refuses our host, and name the setting that makes it answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeGuard

from devserve.http1 import InformationalResponse, Request, Response
from devserve.proxy import hot_client
from devserve.proxy.failures import Failure, with_lines

FORBIDDEN: Final = 403
BAD_GATEWAY: Final = 502
INVALID_HOST = b"Invalid Host header"
INVALID_HOST_LENGTH: Final = b"%d" % len(INVALID_HOST)
ANGULAR = re.compile(rb"angular\.json|\bng serve\b")


@dataclass(frozen=True, slots=True)
class Tool:
    """A development server: its name, and where it is told which hosts are right."""

    name: str
    setting: str  # with {host}
    file: str


VITE = Tool("Vite", 'server: {{ allowedHosts: ["{host}"] }}', "vite.config.js")
VITE_PREVIEW = Tool("vite preview", 'preview: {{ allowedHosts: ["{host}"] }}', "vite.config.js")
ANGULAR_CLI = Tool("Angular's development server", '"allowedHosts": ["{host}"]', "angular.json, below serve's options")
WEBPACK = Tool("webpack-dev-server", 'devServer: {{ allowedHosts: ["{host}"] }}', "webpack.config.js")
VUE_CLI = Tool("The Vue CLI's development server", 'devServer: {{ allowedHosts: ["{host}"] }}', "vue.config.js")
REACT_SCRIPTS = Tool("react-scripts", "DANGEROUSLY_DISABLE_HOST_CHECK=true", ".env")
NEXT = Tool("Next.js", 'allowedDevOrigins: ["{host}"]', "next.config.js")
ESBUILD = Tool("esbuild", 'upstream_host = "localhost"', "devserve.toml, in the service's table; esbuild has no list")
# What says "Invalid Host header" is webpack-dev-server, perhaps inside one of these.
WEBPACK_WITHIN = {"vue-cli-service": VUE_CLI, "react-scripts": REACT_SCRIPTS, "ng": ANGULAR_CLI}


def may_refuse(response: Response | InformationalResponse) -> TypeGuard[Response]:
    """Tell whether the head of an answer could be a refusal; webpack-dev-server 4 refuses with status 200."""
    length = response.headers.first(b"content-length")
    if response.status_code == FORBIDDEN:
        return length != b"0"
    return response.status_code == 200 and length == INVALID_HOST_LENGTH


def refusing(request: Request, response: Response, beginning: bytes, dev_server: str) -> Tool | None:
    """Return who refuses our host by this answer; `beginning` is what has come of its body, chunked or not."""
    if b"Blocked request. This host (" in beginning:
        if ANGULAR.search(beginning):
            return ANGULAR_CLI
        return VITE_PREVIEW if b"preview.allowedHosts" in beginning else VITE
    if INVALID_HOST in beginning:
        return WEBPACK_WITHIN.get(dev_server, WEBPACK)
    if b'403 - Forbidden: The host "' in beginning:
        return ESBUILD
    is_next = request.target.startswith(b"/_next/") or dev_server == "next"
    return NEXT if is_next and b"Unauthorized" in beginning and response.status_code == FORBIDDEN else None


def refuses_socket(request: Request) -> Tool | None:
    """Return who it is that answers an upgrade with what is no HTTP, as Next.js refuses a host."""
    return NEXT if hot_client.asking(request) == "next" else None


def failure(service: str, tool: Tool, host: str, lines: Sequence[str]) -> Failure:
    """Return the page in place of a refusal. It looks by itself: many a tool reads its settings again when saved."""
    explanation = (
        f"{service} answers only hosts that it knows. Let it know this one: in {tool.file}, write"
        f" {setting(tool, host)}, then start it again with `devserve restart {service}`."
    )
    title = f"{tool.name} refuses the host {host}"
    return Failure(FORBIDDEN, title, with_lines(explanation, lines), lines, comes_back=True)


def warning(service: str, tool: Tool, host: str) -> str:
    """Return the same for the terminal."""
    return f"{service}: {tool.name} refuses the host {host}; in {tool.file}, write {setting(tool, host)}"


def setting(tool: Tool, host: str) -> str:
    """Return what is to be written."""
    return tool.setting.format(host=host)
