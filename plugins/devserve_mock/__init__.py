"""A service that is absent is answered for: from a folder of JSON files, or from an OpenAPI description's examples."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

from devserve import Answer, ConfigError, Panel, Project, Request, Service, Then, WatchRule, hookimpl
from devserve_mock import folder, openapi
from devserve_mock.found import Found
from devserve_mock.listing import answers_in
from devserve_mock.origins import cross_origin, is_preflight

DESCRIPTIONS = (".json", ".yaml", ".yml")


class Settings(BaseModel):
    """The table [plugins.mock] of a devserve.toml."""

    model_config = ConfigDict(extra="forbid")

    services: dict[str, str]  # by the service's name: a folder of JSON files, or an OpenAPI description
    when: Literal["absent", "always"] = "absent"


@dataclass(frozen=True, slots=True)
class Source:
    """Where the answers for a service come from."""

    path: Path
    root: Path  # paths are shown as seen from here

    def __str__(self) -> str:
        return str(self.path.relative_to(self.root) if self.path.is_relative_to(self.root) else self.path)


@hookimpl
def devserve_settings() -> type[Settings]:
    """What [plugins.mock] may say."""
    return Settings


@hookimpl
def devserve_services(project: Project) -> Sequence[Service]:
    """The services that have answers here and that the devserve.toml does not declare.

    Raises:
        ConfigError: there is no such folder or description, or it cannot be understood.
    """
    declared = {service.name for service in project.services}
    settings = project.settings_for(Settings)
    for name, place in settings.services.items():
        if wrong := _mistake(Source(project.root / place, project.root)):
            raise ConfigError(f"{project.file}: plugins.mock.services.{name}: {wrong}")
    return [
        Service(name, project.root, f"{name}.{project.domain}") for name in settings.services if name not in declared
    ]


@hookimpl
def devserve_watch(service: Service) -> Sequence[WatchRule]:
    """A saved answer loads the service's pages again."""
    place = service.settings_for(Settings).services.get(service.name, "").rstrip("/")
    return [WatchRule((place, f"{place}/**"), then=Then.RELOAD)] if place else []


@hookimpl
def devserve_status(service: Service) -> Mapping[str, str]:
    """Where the answers are from, if the service has some."""
    settings = service.settings_for(Settings)
    place = settings.services.get(service.name)
    return {"mock": place if settings.when == "always" else f"{place}, while absent"} if place else {}


@hookimpl
def devserve_panels(project: Project) -> Sequence[Panel]:
    """What is answered from where, for each service that has answers."""
    settings = project.settings_for(Settings)
    when = "in any case" if settings.when == "always" else "while the service is absent"
    return [
        Panel(f"Answers for {name}", [f"From {place}, {when}.", answers_in(project.root / place)])
        for name, place in settings.services.items()
    ]


@hookimpl(trylast=True)
def devserve_request(request: Request, service: Service, ready: bool, coming: bool) -> Answer | None:
    """The answer that is written down, while the service is absent."""
    settings = service.settings_for(Settings)
    place = settings.services.get(service.name)
    if place is None or (settings.when == "absent" and not is_absent(service, ready=ready, coming=coming)):
        return None
    headers = cross_origin(request, service.host)
    if is_preflight(request):
        return Answer(204, b"", headers)
    source = Source(service.root / place, service.root)
    found = _found(source, request, service) or _nothing(source, request)
    headers.add(b"Content-Type", b"application/json")
    headers.add(b"Cache-Control", b"no-store")
    headers.add(b"X-Mocked-By", str(source).encode("ascii", "backslashreplace"))
    return Answer(found.status, found.body, headers)


def is_absent(service: Service, *, ready: bool, coming: bool) -> bool:
    """Tell whether nothing answers for a service: its command does not run, or nobody says where it would be."""
    if service.command:
        return not ready and not coming
    return service.upstream is None and service.port is None


def _found(source: Source, request: Request, service: Service) -> Found | None:
    path, method = _path(request, service.path), request.method.decode("ascii")
    method = "GET" if method == "HEAD" else method
    if source.path.is_dir():
        return folder.answer(source.path, method, path)
    return openapi.answer(openapi.read(source.path), method, path)


def _path(request: Request, prefix: str) -> str:
    """Return the path that is asked for, below the service's own, without the query."""
    path = request.target.partition(b"?")[0].decode("ascii", "replace")
    return path.removeprefix(prefix.rstrip("/")) or "/"


def _nothing(source: Source, request: Request) -> Found:
    """Say that there is no answer, and what to write to have one."""
    method, target = request.method.decode("ascii"), request.target.decode("ascii", "replace")
    if source.path.is_dir():
        fix = f"save one as {source}/{folder.name_for(method, target.partition('?')[0])}"
    else:
        fix = f"give {source} an example for it"
    return Found(404, json.dumps({"error": f"no answer for {method} {target}", "fix": fix}).encode())


def _mistake(source: Source) -> str:
    if source.path.is_dir():
        return ""
    if not source.path.is_file() or source.path.suffix not in DESCRIPTIONS:
        return f"{source} is neither a folder of JSON files nor an OpenAPI description ({', '.join(DESCRIPTIONS)})"
    try:
        openapi.read(source.path)
    except ConfigError as error:
        return f"{source}: {error}"
    return ""
