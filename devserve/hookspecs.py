"""Every hook of devserve: when it is called, what it is given, what it returns, what happens then.

A plugin is a module with functions of these names, marked `@devserve.hookimpl`. All arguments are passed by keyword:
name only those you need. One that raises is named in the log, and devserve goes on without it. Hooks are plain
functions; those that are `async` here may be so, and plain ones too.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

import click
import pluggy
from pydantic import BaseModel

from devserve.config.values import Project, Service, Then, WatchRule
from devserve.dashboard.panel import Panel
from devserve.doctor.findings import Finding
from devserve.http1 import Headers, Request, Response
from devserve.live.problems import Problem
from devserve.live.rules import Outcome
from devserve.proxy.pages.tags import Tag
from devserve.proxy.plugged import Answer
from devserve.run.application import Application
from devserve.run.command import Command

hookspec = pluggy.HookspecMarker("devserve")
hookimpl = pluggy.HookimplMarker("devserve")


@hookspec
def devserve_settings() -> type[BaseModel] | None:
    """The model of the plugin's own table, [plugins.NAME]. Called once, before everything else.

    Return a pydantic model. Every other hook finds what the table says by `service.settings_for(Model)` or
    `project.settings_for(Model)`; without a table these are the model's defaults. An installed plugin whose model has a
    field without a default takes part only in projects that have its table.
    """
    return None


@hookspec
def devserve_services(project: Project) -> Sequence[Service]:
    """Services to run beside those of devserve.toml. Called once, before anything starts.

    Return a list of `Service`; their names and routes must be free. `project` has the folder and the domain.
    """
    return ()


@hookspec
async def devserve_discover(project: Project) -> AsyncIterator[Sequence[Service]]:
    """Find services that come and go. Called once while devserve runs, beside everything else: an `async` generator.

    Yield a list of all services that there are, each time that it is another one. devserve starts those that are new
    and ends those that are gone.
    """
    yield ()


@hookspec
def devserve_service_defaults(service: Service, project: Project) -> Service | None:
    """Fill in what a service leaves out, from what its repository has. Called once for each, before anything starts.

    Return a changed service (`dataclasses.replace`), with the same `name` and `root`, or None. The next plugin is given
    what this one returned.
    """
    return None


@hookspec
def devserve_command(service: Service, command: Command) -> Command | None:
    """Change what a service is started with: its arguments, folder, environment. Called for each start, and for tasks.

    Return a changed command (`dataclasses.replace`), or None. The next plugin is given what this one returned. PORT and
    devserve's own variables are set afterwards.
    """
    return None


@hookspec(firstresult=True)
def devserve_application(service: Service) -> Application | None:
    """Answer for a service in devserve's own process. Called once for each that has neither a command nor an upstream.

    Return an `Application`: of Tornado, WSGI or ASGI.
    """
    return None


@hookspec
def devserve_watch(service: Service) -> Sequence[WatchRule]:
    """Watch rules for a service, after its own. Called once, before the service is watched.

    Return a list of `WatchRule`; for a changed file the first rule that matches counts.
    """
    return ()


@hookspec(firstresult=True)
def devserve_changed(service: Service, rule: WatchRule, paths: Sequence[str]) -> Then | Outcome | None:
    """Decide what a change leads to, after the rule's task. Called for each burst of changes that one rule matches.

    `paths` are relative to the service's folder. Return a `Then`; or an `Outcome`, which can name other paths and has
    messages for the pages; or None to leave it to the next plugin. devserve's own answer, the last one, is what the
    rule says. It may be asked about the same change twice, alone and with what came after it.
    """
    return None


@hookspec
async def devserve_ready(service: Service) -> None:
    """Take note that a service answers. Called each time it has become ready; nothing waits for it."""


@hookspec
async def devserve_exit(service: Service, status: int) -> None:
    """Take note that a service's process has ended. Called each time, also when devserve itself ends it.

    `status` is its exit status, or the signal that ended it as a number below 0.
    """


@hookspec
async def devserve_reloaded(service: Service, paths: Sequence[str], browsers: int) -> None:
    """Take note that a service's pages were told of a change. Called each time, after they were told.

    `paths` are the first of the files that changed, `browsers` is how many pages heard of it.
    """


@hookspec
async def devserve_doctor(project: Project) -> Sequence[Finding]:
    """What `devserve doctor` should know of a project. Called when somebody runs it, with its limits of time.

    Return a list of `Finding`, each with its fix. Measure, change nothing.
    """
    return ()


@hookspec
def devserve_status(service: Service) -> Mapping[str, str]:
    """Columns for a service in the table of services. Called each time that is shown: do not wait for anything.

    Return texts by the names of their columns.
    """
    return {}


@hookspec
async def devserve_panels(project: Project) -> Sequence[Panel]:
    """Panels of a project for the dashboard. Called every two seconds while somebody looks at them, otherwise never.

    Return a list of `Panel`: titles, texts, facts, tables and links as values; devserve draws them. After two
    seconds it is left behind.
    """
    return ()


@hookspec
def devserve_commands() -> Sequence[click.Command]:
    """Commands for `devserve NAME`. Called when somebody asks for help, or for a command that devserve does not have.

    Return a list of click commands; devserve's own names are taken.
    """
    return ()


@hookspec(firstresult=True)
def devserve_output(service: Service, line: str) -> Problem | None:
    """Recognise in a line of output that a build has failed, or works again. Called for each line of a service.

    `line` is without colours; lines of tasks come too. Return a `Problem` for the service's pages to show, with the
    lines that follow as its details; one without a title takes it away again. None: the line says neither.
    """
    return None


@hookspec(firstresult=True)
def devserve_request(request: Request, service: Service, ready: bool, coming: bool) -> Answer | None:
    """Answer a request in the service's place. Called for each request, whether the service is `ready` or not.

    `coming` is whether a service that is not ready will soon be: then a request that nobody answers waits for it.

    Return an `Answer`, or None to leave it to the next plugin and in the end to the service. `request` is the head; who
    needs the body needs a service.
    """
    return None


@hookspec
def devserve_request_headers(headers: Headers, request: Request, service: Service) -> None:
    """Edit the header fields of a request before it goes to the service. Called for each request that nobody answered.

    Change `headers` in place. Host, framing fields and those about the client are devserve's and stay as they are.
    """


@hookspec
def devserve_response_headers(headers: Headers, response: Response, request: Request, service: Service) -> None:
    """Edit the header fields of a response before it goes to the client. Called for each response of the service.

    Change `headers` in place. Framing fields stay as they are; what the snippet needs in
    Content-Security-Policy is added afterwards.
    """


@hookspec
def devserve_snippet(service: Service, request: Request, livereload_url: str) -> Sequence[Tag]:
    """Tags for a page. Called for each page load of the service.

    Return a list of `Tag`, each with its position; the page's policies will admit the scripts and stylesheets among
    them. `livereload_url` is where devserve's script is loaded from, as this browser reaches it.
    """
    return ()
