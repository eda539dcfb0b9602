"""The variables that make other runtimes trust the CA and find the services, and how shells spell them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path

from devserve.config.values import Service

EXTENDING = ("NODE_EXTRA_CA_CERTS", "DENO_CERT")  # added to the roots that the runtime brings
REPLACING = (  # instead of them, so public roots must be in the same file
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "AWS_CA_BUNDLE",
    "PIP_CERT",
)
HTTPS_PORT = 443
LITERAL = re.compile(r"[^'\\\r\n]*")  # what every reader of .env files takes as it is between single quotes


class Form(StrEnum):
    """Who reads the variables."""

    SH = "sh"
    FISH = "fish"
    DOTENV = "dotenv"
    JSON = "json"


def variables(ca: Path, bundle: Path, urls: Mapping[str, str]) -> dict[str, str]:
    """Return the variables for a CA's public certificate, its bundle with public roots, and each service's URL."""
    return {
        **dict.fromkeys(EXTENDING, str(ca)),
        **dict.fromkeys(REPLACING, str(bundle)),
        **{f"DEVSERVE_URL_{_variable(name)}": url for name, url in urls.items()},
    }


def service_urls(services: Iterable[Service], https_port: int = HTTPS_PORT) -> dict[str, str]:
    """Return each service's URL by its label."""
    port = "" if https_port == HTTPS_PORT else f":{https_port}"
    return {service.label: f"https://{service.host}{port}{service.path}".removesuffix("/") for service in services}


def render(variables: Mapping[str, str], form: Form) -> str:
    """Return the variables as text for a shell to evaluate or a program to read."""
    match form:
        case Form.JSON:
            return json.dumps(dict(variables), indent=2) + "\n"
        case Form.SH:
            lines = [f"export {name}={shlex.quote(value)}" for name, value in variables.items()]
        case Form.FISH:
            lines = [f"set -gx {name} {_fish(value)}" for name, value in variables.items()]
        case Form.DOTENV:
            lines = [f"{name}={_dotenv(value)}" for name, value in variables.items()]
    return "".join(f"{line}\n" for line in lines)


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def _fish(value: str) -> str:
    # Between single quotes fish knows two escapes only.
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _dotenv(value: str) -> str:
    if LITERAL.fullmatch(value):
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'
