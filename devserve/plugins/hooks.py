"""The hooks of one project, each as a function with types: what devserve calls, wherever it calls plugins."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import click

from devserve.config.values import Project, Service, Then, WatchRule
from devserve.dashboard.panel import MOST_PANELS, Panel
from devserve.doctor.findings import Finding
from devserve.errors import ConfigError
from devserve.http1 import Headers, Request, Response
from devserve.live.problems import Problem
from devserve.live.rules import Outcome
from devserve.plugins.call import Implementation
from devserve.plugins.caller import Caller, Wait
from devserve.plugins.plugin import Fingerprint, Plugin
from devserve.plugins.results import first, listed
from devserve.proxy.pages.tags import Tag
from devserve.proxy.plugged import Answer
from devserve.run.application import Application
from devserve.run.command import Command

NOTICES = ("devserve_ready", "devserve_exit", "devserve_reloaded")
OWN_VARIABLES = frozenset({"PORT", "DEVSERVE", "DEVSERVE_SERVICE"})
ONLY_FILL = "have it leave name and root as they are"


class Hooks:
    """The hooks of one project. A plugin that fails is named in the log, and the caller goes on."""

    def __init__(
        self,
        file: Path,
        plugins: Sequence[Plugin],
        callers: Mapping[str, Caller],
        settings: tuple[object, ...],
        fingerprint: Fingerprint,
    ) -> None:
        self.file = file  # the devserve.toml whose services see them
        self.plugins = plugins
        self.settings = settings  # of the plugins that have some
        self.fingerprint = fingerprint  # of the repository's own files
        self.discovered: dict[str, Sequence[Service]] = {}  # what each plugin has found last
        self._callers = callers
        self._project = self._filled = Project(Path())
        self._panels = [callers["devserve_panels"].alone(each) for each in callers["devserve_panels"].implementations]
        # Decided once: an exchange pays nothing for a hook that nobody has.
        self.on_requests = bool(callers["devserve_request"]) or bool(callers["devserve_request_headers"])
        self.edits_responses = bool(callers["devserve_response_headers"])
        self.takes_notice = any(bool(callers[hook]) for hook in NOTICES)
        self.has_columns = bool(callers["devserve_status"])
        self.reads_output = bool(callers["devserve_output"])
        self.serves_applications = bool(callers["devserve_application"])
        self.discovers = bool(callers["devserve_discover"])

    def __repr__(self) -> str:
        return f"<Hooks {', '.join(plugin.name for plugin in self.plugins)}>"

    def implementations(self) -> list[Implementation]:
        """Return every plugin's function for every hook, with what has come of it."""
        return [each for caller in self._callers.values() for each in caller.implementations]

    def services(self, project: Project) -> Project:
        """Return the project with the services that plugins add, and with what they fill in.

        Raises:
            ConfigError: a plugin of the repository fails, or returns what is no service.
        """
        project = self._project = replace(project, settings=self.settings)
        caller = self._callers["devserve_services"]
        found = listed(caller.call(str(project.file), {"project": project}, starting=True), Service)
        came = [service for services in self.discovered.values() for service in services]
        services = [replace(each, settings=self.settings) for each in (*project.services, *found, *came)]
        self._filled = replace(project, services=tuple(self.service_defaults(each, project) for each in services))
        return self._filled

    def discoveries(self) -> dict[str, AsyncIterator[Sequence[Service]]]:
        """Return what each plugin finds while devserve runs, all of it again each time that it changes."""
        caller = self._callers["devserve_discover"]
        return {each.name: self._found_by(caller, each) for each in caller.implementations}

    def go_on_from(self, before: Hooks) -> None:
        """Know what the same plugins had found before these were loaded: saving a file ends no service of theirs."""
        names = {each.name for each in self._callers["devserve_discover"].implementations}
        self.discovered = {name: found for name, found in before.discovered.items() if name in names}

    async def _found_by(self, caller: Caller, each: Implementation) -> AsyncIterator[Sequence[Service]]:
        async for found in caller.stream(each, str(self._project.file), {"project": self._project}):
            yield listed([found], Service)

    def service_defaults(self, service: Service, project: Project) -> Service:
        """Return a service with what plugins fill in. Raises ConfigError as `services` does."""
        found = self._callers["devserve_service_defaults"].call(
            service.label, {"service": service, "project": project}, starting=True
        )
        filled = first(found, Service) or service
        if (filled.name, filled.root) != (service.name, service.root):
            raise ConfigError(
                f"{project.file}: a plugin's devserve_service_defaults renames {service.name}; {ONLY_FILL}"
            )
        return filled

    def command(self, service: Service, command: Command) -> Command:
        """Return the command that a service is started with. PORT and devserve's other variables stay."""
        found = first(
            self._callers["devserve_command"].call(service.label, {"service": service, "command": command}), Command
        )
        if found is None:
            return command
        own = {name: value for name, value in command.env.items() if name in OWN_VARIABLES}
        return replace(found, env={**found.env, **own})

    def watch(self, service: Service) -> tuple[WatchRule, ...]:
        """Return all watch rules of a service: its own, then plugins'. Raises ConfigError as `services` does."""
        found = self._callers["devserve_watch"].call(service.label, {"service": service}, starting=True)
        return (*service.watch, *listed(found, WatchRule))

    def changed(self, service: Service, rule: WatchRule, paths: Sequence[str]) -> Outcome:
        """Return what a change leads to; nothing, where devserve's own answer is switched off and no plugin has one."""
        found = self._callers["devserve_changed"].call(
            service.label, {"service": service, "rule": rule, "paths": paths}
        )
        decided = found[0] if found else None
        if isinstance(decided, Outcome):
            return decided if decided.paths else replace(decided, paths=tuple(paths))
        return Outcome(decided if isinstance(decided, Then) else Then.NOTHING, tuple(paths))

    async def ready(self, service: Service, wait: Wait) -> None:
        """Tell plugins that a service is ready."""
        await self._callers["devserve_ready"].collect(service.label, {"service": service}, wait)

    async def exit(self, service: Service, status: int, wait: Wait) -> None:
        """Tell plugins that a service's process has ended."""
        await self._callers["devserve_exit"].collect(service.label, {"service": service, "status": status}, wait)

    async def reloaded(self, service: Service, paths: Sequence[str], browsers: int, wait: Wait) -> None:
        """Tell plugins that a service's pages were told of a change."""
        arguments = {"service": service, "paths": paths, "browsers": browsers}
        await self._callers["devserve_reloaded"].collect(service.label, arguments, wait)

    async def doctor(self, project: Project, wait: Wait) -> list[Finding]:
        """Return what plugins find wrong, or right, with a project."""
        project = replace(project, settings=self.settings)
        found = await self._callers["devserve_doctor"].collect(str(project.file), {"project": project}, wait)
        return listed(found, Finding)

    def status(self, service: Service) -> dict[str, str]:
        """Return the columns that plugins have for a service."""
        if not self.has_columns:
            return {}
        found = self._callers["devserve_status"].call(service.label, {"service": service})
        maps = [each for each in found if isinstance(each, Mapping)]
        return {str(name): str(text) for each in maps for name, text in each.items()}

    async def panels(self, wait: Wait) -> dict[str, list[Panel] | None]:
        """Return what each plugin shows on the dashboard, by the plugins' names; None: it has failed."""
        found: dict[str, list[Panel] | None] = {}
        for caller in self._panels:
            (each,) = caller.implementations
            shown = await caller.collect(str(self.file), {"project": self._filled}, wait)
            before = found.get(each.plugin.name, [])
            works = before is not None and not each.failures
            found[each.plugin.name] = [*(before or ()), *listed(shown, Panel)][:MOST_PANELS] if works else None
        return found

    def commands(self, project: Project) -> list[click.Command]:
        """Return the commands that plugins add to the command line."""
        return listed(self._callers["devserve_commands"].call(str(project.file), {}), click.Command)

    def output(self, service: Service, line: str) -> Problem | None:
        """Return the problem that a line of output tells of, or its end."""
        return first(self._callers["devserve_output"].call(service.label, {"service": service, "line": line}), Problem)

    def application(self, service: Service) -> Application | None:
        """Return the application that answers for a service, if a plugin has one."""
        caller = self._callers["devserve_application"]
        found = first(caller.call(service.label, {"service": service}), Application)
        return replace(found, plugin=str(caller.counted.plugin)) if found and caller.counted else found

    def request(self, request: Request, service: Service, *, ready: bool, coming: bool = False) -> Answer | None:
        """Return an answer in the service's place, if a plugin has one."""
        caller = self._callers["devserve_request"]
        arguments = {"request": _to_look_at(request), "service": service, "ready": ready, "coming": coming}
        return first(caller.call(service.label, arguments), Answer)

    def request_headers(self, headers: Headers, request: Request, service: Service) -> None:
        """Let plugins edit the header fields of a request."""
        self._callers["devserve_request_headers"].call(
            service.label, {"headers": headers, "request": _to_look_at(request), "service": service}
        )

    def response_headers(self, headers: Headers, response: Response, request: Request, service: Service) -> None:
        """Let plugins edit the header fields of a response."""
        seen = Response(response.status_code, _frozen(response.headers), response.reason)
        self._callers["devserve_response_headers"].call(
            service.label, {"headers": headers, "response": seen, "request": _to_look_at(request), "service": service}
        )

    def snippet(self, service: Service, request: Request, livereload_url: str) -> list[Tag]:
        """Return the tags for a page's head."""
        found = self._callers["devserve_snippet"].call(
            service.label, {"service": service, "request": _to_look_at(request), "livereload_url": livereload_url}
        )
        return listed(found, Tag)


def _to_look_at(request: Request) -> Request:
    """Return a request that is a plugin's own: a head may be written to, and the one that came goes to the service."""
    return Request(request.method, request.target, _frozen(request.headers), request.http_version)


def _frozen(headers: Headers) -> Headers:
    return headers if headers.is_frozen else headers.copy().freeze()
