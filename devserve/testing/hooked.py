"""The hooks of one service, called as devserve calls them, but without sockets, processes and pages that wait."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from types import ModuleType
from typing import TypeAlias, TypeVar

from devserve import plugins
from devserve.config.values import Project, Service, WatchRule
from devserve.dashboard.panel import Panel
from devserve.doctor.findings import Finding
from devserve.http1 import END, Data, Headers, Request, Response
from devserve.io.proxy import plugged
from devserve.io.proxy.site import Served
from devserve.io.run.notices import within
from devserve.live.problems import Problem
from devserve.live.rules import Outcome
from devserve.proxy.forward import Downstream, forward_request, forward_response
from devserve.proxy.pages import page, pageload
from devserve.proxy.pages.own_script import Address
from devserve.proxy.pages.tags import Tag
from devserve.proxy.plugged import answered
from devserve.run.command import Command, command_for

HTTPS = 443
PORT = 3000
PAGE = b"<!doctype html><html><head><title>page</title></head><body></body></html>"
# What a browser sends when somebody opens a page.
NAVIGATION = {"Accept": "text/html", "Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate"}

Value = TypeVar("Value")
Upstream: TypeAlias = Callable[[Request], tuple[Response, bytes]]


def a_page(_: Request) -> tuple[Response, bytes]:
    """Answer as a service does that has one page."""
    return Response(200, Headers([(b"Content-Type", b"text/html"), (b"Content-Length", b"%d" % len(PAGE))])), PAGE


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What came of a request: what the service was sent, if it was asked, and what the browser gets."""

    response: Response
    body: bytes
    sent: Request | None = None  # None: a plugin has answered

    @property
    def status(self) -> int:
        """The status of the response."""
        return self.response.status_code

    @property
    def text(self) -> str:
        """The body, as text."""
        return self.body.decode()

    def header(self, name: str) -> str | None:
        """Return a field of the response; None if it has none of this name."""
        return _text(self.response.headers.first(name.lower().encode()))

    def sent_header(self, name: str) -> str | None:
        """Return a field that the service was sent; None if it was sent none of this name, or nothing."""
        return _text(self.sent.headers.first(name.lower().encode())) if self.sent else None


@dataclass
class _Standing:
    """How the service stands."""

    ready: bool = True
    coming: bool = False
    condition: str = "ready"
    explanation: str = ""
    last_lines: Sequence[str] = ()
    starts: int = 1

    async def wait_ready(self, seconds: float) -> bool:
        return self.ready


class Hooked:
    """One service and its hooks. A plugin that fails raises AssertionError with the sentence that a user would see."""

    def __init__(self, project: Project, hooks: plugins.Hooks, conduct: plugins.Conduct) -> None:
        """Take a project, whose first service is the one; plugins may add more and fill it in."""
        self.project = hooks.services(project)
        self.hooks = hooks
        self._conduct = conduct

    def __repr__(self) -> str:
        return f"<Hooked {', '.join(self.services)} {self.hooks!r}>"

    @property
    def services(self) -> dict[str, Service]:
        """All services by name, those that plugins have added among them."""
        return {service.name: service for service in self.project.services}

    @property
    def service(self) -> Service:
        """The service whose hooks are called: the first one."""
        return self.project.services[0]

    def request(
        self,
        target: str = "/",
        *,
        method: str = "GET",
        headers: Mapping[str, str] = NAVIGATION,
        ready: bool = True,
        coming: bool = False,
        upstream: Upstream = a_page,
    ) -> Exchanged:
        """Return what comes of a request to the service, which answers with what `upstream` returns."""
        fields = {"Host": self.service.host, **headers}
        request = Request(
            method.encode(), target.encode(), Headers([(name.encode(), fields[name].encode()) for name in fields])
        )
        served = Served(self.service, _Standing(ready, coming), self.hooks)
        answer, sent = plugged.ask(served, request) if self.hooks.on_requests else (None, request)
        if answer is not None:
            return self._checked(Exchanged(*answered(answer, request)))
        whole_page = pageload.asks_for_page(request) and bool(self.tags(request))
        sent = forward_request(sent, Downstream("127.0.0.1", "https"), b"testing", whole_page=whole_page)
        response, body = upstream(sent)
        response = forward_response(response)
        if self.hooks.edits_responses:
            response = plugged.edited_response(served, response, request)
        return self._checked(Exchanged(*self._dressed(request, response, body), sent))

    def tags(self, request: Request) -> Sequence[Tag]:
        """Return the tags for the page that is asked for; none when it is no page load."""
        if not pageload.is_page_load(request):
            return ()
        return self._checked(self.hooks.snippet(self.service, request, self.service.livereload_url("https", HTTPS)))

    def changed(self, *paths: str) -> Outcome:
        """Return what the first watch rule of the service makes of changed files."""
        rule = next(iter(self.hooks.watch(self.service)), WatchRule(("*",)))
        return self._checked(self.hooks.changed(self.service, rule, paths))

    def output(self, line: str) -> Problem | None:
        """Return what plugins see in a line of the service's output."""
        return self._checked(self.hooks.output(self.service, line))

    def command(self, **environment: str) -> Command:
        """Return what the service is started with, in an environment that has only this and devserve's own."""
        return self._checked(self.hooks.command(self.service, command_for(self.service, PORT, environment, {}, {})))

    async def panels(self) -> list[Panel]:
        """Return what plugins show on the dashboard, those that are `async` waited for."""
        found = await self.hooks.panels(within)
        return self._checked([panel for panels in found.values() for panel in panels or ()])

    async def ready(self) -> None:
        """Tell plugins that the service is ready, and wait for what they do."""
        await self.hooks.ready(self.service, within)
        self._check()

    async def exit(self, status: int) -> None:
        """Tell plugins that the service's process has ended, and wait for what they do."""
        await self.hooks.exit(self.service, status, within)
        self._check()

    async def reloaded(self, *paths: str, browsers: int = 1) -> None:
        """Tell plugins that pages were told of a change, and wait for what they do."""
        await self.hooks.reloaded(self.service, paths, browsers, within)
        self._check()

    async def doctor(self) -> list[Finding]:
        """Return what plugins have `devserve doctor` say of the project."""
        return self._checked(await self.hooks.doctor(self.project, within))

    def _dressed(self, request: Request, response: Response, body: bytes) -> tuple[Response, bytes]:
        """Return the response with the snippet in its page, if it is one."""
        tags, livereload = self.tags(request), self.service.livereload
        if not pageload.looks_like_html(response):
            return response, body
        origin = self.service.livereload_origin("https", HTTPS)
        wish = page.Wish(
            tags,
            Address("https", HTTPS, origin),
            origin.replace("http", "ws", 1),
            "nonce",
            adapts=livereload.csp == "adapt",
        )
        dressed, rewriting = page.dress(response, request, wish if tags else None)
        if rewriting is None:
            return dressed, body
        events = [*rewriting.feed(body), *rewriting.close(END)]
        (head,) = (event for event in events if isinstance(event, Response))
        return head, b"".join(event.data for event in events if isinstance(event, Data))

    def _checked(self, value: Value) -> Value:
        self._check()
        return value

    def _check(self) -> None:
        if self._conduct.has_failed:
            raise AssertionError(self._conduct.failure)


def hooks_for(
    folder: Path,
    *given: ModuleType | Path,
    service: Service | None = None,
    services: Sequence[Service] | None = None,
    tables: Mapping[str, Mapping[str, object]] | None = None,
    disabled: Sequence[str] = (),
    root: Path | None = None,
) -> Hooked:
    """Return the hooks of a service of a repository in a folder; `given` plugins are modules, or paths of files.

    `services` are those of the repository's file in place of one; there may be none, for plugins that find some.

    Raises:
        ConfigError: a plugin has a mistake that is found before it is called.
    """
    root = root or folder
    one = replace(service or Service("web", root, "web.test"), root=root)
    files = tuple(each for each in given if isinstance(each, Path))
    modules = [each for each in given if isinstance(each, ModuleType)]
    project = Project(
        root / "devserve.toml",
        domain="test",
        plugins=files,
        disabled_plugins=tuple(disabled),
        services=(one,) if services is None else tuple(services),
        tables=tables or {},
    )
    conduct = plugins.Conduct(perf_counter, is_strict=True)
    return Hooked(project, plugins.load(project, conduct, modules), conduct)


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1")
