"""One plugin manager per project: devserve's defaults, installed entry points, the repository's own files."""

from __future__ import annotations

import importlib.util
import logging
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib.machinery import SourceFileLoader
from importlib.metadata import entry_points
from pathlib import Path
from types import CodeType, ModuleType
from typing import TypeAlias, TypeVar

import pluggy

from devserve import defaults, hookspecs
from devserve.config.values import Project, Service, Then, WatchRule
from devserve.errors import ConfigError
from devserve.http1 import Headers, Request, Response
from devserve.live.problems import Problem
from devserve.proxy.pages.tags import Tag

ENTRY_POINTS = "devserve"
OWN = "devserve"  # the name of the defaults among the plugins
OWN_CODE, PLUGGY = (str(Path(module.__file__ or "").parent) for module in (hookspecs, pluggy))
LOG = logging.getLogger("devserve")

Value = TypeVar("Value")
Found: TypeAlias = Sequence[Sequence[Value] | None]  # what each plugin returned
Fingerprint: TypeAlias = tuple[tuple[Path, bytes], ...]


class FromSource(SourceFileLoader):
    """Loads a plugin file from the text that was allowed, never from bytecode that lies beside it (PEP 552)."""

    def get_code(self, fullname: str) -> CodeType:
        """Return the compiled text."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


class Hooks:
    """The hooks of one project, called with care: a plugin that raises is named, and the caller goes on."""

    def __init__(self, plugins: pluggy.PluginManager, fingerprint: Fingerprint = ()) -> None:
        self.fingerprint = fingerprint
        self._plugins = plugins
        self._hook = plugins.hook
        self._said: set[str] = set()
        # Decided once: an exchange pays nothing for a hook that nobody has.
        self.edits_responses = bool(self._hook.devserve_response_headers.get_hookimpls())
        self.reads_output = bool(self._hook.devserve_output.get_hookimpls())

    def __repr__(self) -> str:
        return f"<Hooks {', '.join(name for name, _ in self._plugins.list_name_plugin())}>"

    def services(self, project: Project) -> Project:
        """Return the project with the services that plugins add.

        Raises:
            ConfigError: a plugin fails, or returns what is no service.
        """
        found: Found[Service] = self._asked("devserve_services", project=project)
        return replace(project, services=(*project.services, *self._each(Service, "devserve_services", found)))

    def watch(self, service: Service) -> tuple[WatchRule, ...]:
        """Return all watch rules of a service: its own, then plugins'. Raises ConfigError as `services` does."""
        found: Found[WatchRule] = self._asked("devserve_watch", service=service)
        return (*service.watch, *self._each(WatchRule, "devserve_watch", found))

    def changed(self, service: Service, rule: WatchRule, paths: Sequence[str]) -> Then:
        """Return what a change leads to."""
        with self._blaming(service):
            then: Then | None = self._hook.devserve_changed(service=service, rule=rule, paths=paths)
            return then or rule.then
        return rule.then

    def output(self, service: Service, line: str) -> Problem | None:
        """Return the problem that a line of output tells of, or its end."""
        with self._blaming(service):
            found = self._hook.devserve_output(service=service, line=line)
            if found is None or isinstance(found, Problem):
                return found
            raise TypeError(f"devserve_output returned {found!r}; have it return a Problem or None")
        return None

    def response_headers(self, headers: Headers, response: Response, request: Request, service: Service) -> None:
        """Let plugins edit the header fields of a response."""
        with self._blaming(service):
            self._hook.devserve_response_headers(headers=headers, response=response, request=request, service=service)

    def snippet(self, service: Service, request: Request, livereload_url: str) -> list[Tag]:
        """Return the tags for a page's head."""
        with self._blaming(service):
            found: Found[Tag] = self._hook.devserve_snippet(
                service=service, request=request, livereload_url=livereload_url
            )
            return _flat(found)
        return []

    def _asked(self, hook: str, **arguments: object) -> Found[Value]:
        """Call a hook of the start: what fails there is a mistake of the configuration."""
        try:
            found: Found[Value] = getattr(self._hook, hook)(**arguments)
        except ConfigError:  # a plugin's own sentence about what it read
            raise
        except Exception as error:
            raise ConfigError(
                f"{_blame(error)}; mend this plugin's {hook}, or take it out of [project] plugins"
            ) from error
        return found

    def _each(self, kind: type[Value], hook: str, results: Found[Value]) -> Iterator[Value]:
        for result in results:
            values = result if isinstance(result, list | tuple) else () if result is None else (result,)
            for value in values:
                if not isinstance(value, kind):
                    found = [each.plugin_name for each in getattr(self._hook, hook).get_hookimpls()]
                    names = " or ".join(name for name in found if name != OWN)
                    raise ConfigError(f"{names}: {hook} returned {value!r}; have it return a list of {kind.__name__}")
                yield value

    @contextmanager
    def _blaming(self, service: Service) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # noqa: BLE001  # whatever a plugin raises: naming it is what this is for
            said = f"{service.label}: {_blame(error)}; devserve goes on without it"
            if said not in self._said:  # once, not for each exchange
                self._said.add(said)
                LOG.warning("%s", said)


def load(project: Project) -> Hooks:
    """Return the hooks of a project.

    Raises:
        ConfigError: a plugin of the repository cannot be imported, or has a hook that does not exist.
    """
    plugins = pluggy.PluginManager("devserve")
    plugins.add_hookspecs(hookspecs)
    plugins.register(defaults, OWN)
    for name, module in _installed():
        plugins.register(module, name)
    seen = fingerprint(project)
    for path in project.plugins:
        _register_file(plugins, path)
    return Hooks(plugins, seen)


def fingerprint(project: Project) -> Fingerprint:
    """Return what a project's plugin files hold. While it is the same, what was loaded before need not be again."""
    return tuple((path, _content(path)) for path in project.plugins)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # `load` says what is wrong with it
        return b""


def _installed() -> Iterator[tuple[str, ModuleType]]:
    for point in entry_points(group=ENTRY_POINTS):
        try:
            yield point.name, point.load()
        except Exception as error:  # noqa: BLE001  # one broken package must not stop every project
            package = point.dist.name if point.dist else point.value
            LOG.warning("devserve: the installed plugin %s (%s) is left out: %s", point.name, package, _blame(error))


def _register_file(plugins: pluggy.PluginManager, path: Path) -> None:
    name = str(path)
    try:
        if path.suffix != ".py":
            raise ConfigError(f"{path}: a plugin is a Python file (.py)")
        loader = FromSource(f"devserve_plugin_{path.stem}", str(path))
        specification = importlib.util.spec_from_loader(loader.name, loader)
        if specification is None:
            raise ConfigError(f"{path}: a plugin is a Python file (.py)")
        module = importlib.util.module_from_spec(specification)
        loader.exec_module(module)
        plugins.register(module, name)
        plugins.check_pending()
    except pluggy.PluginValidationError as error:
        raise ConfigError(f"{path}: {error}; the hooks are listed in plugins/README.md") from error
    except ConfigError:
        raise
    except (Exception, SystemExit) as error:
        raise ConfigError(f"{path}: the plugin cannot be loaded: {_blame(error)}") from error


def _blame(error: BaseException) -> str:
    """Return the error with the file and line of the plugin where it was raised: not of what the plugin called."""
    if isinstance(error, SyntaxError):
        return f"{error.filename}:{error.lineno}: SyntaxError: {error.msg}"
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith((OWN_CODE, PLUGGY, "<"))
    ]
    place = f"{frames[-1].filename}:{frames[-1].lineno}: " if frames else ""
    return f"{place}{type(error).__name__}: {error}"


def _flat(results: Found[Value]) -> list[Value]:
    return [value for result in results if result is not None for value in result]
