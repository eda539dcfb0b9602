"""Load the plugins of a project: devserve's defaults, installed entry points, the repository's own files."""

from __future__ import annotations

import difflib
import hashlib
import importlib.util
import inspect
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from importlib import metadata
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType

import pluggy

from devserve import defaults, hookspecs
from devserve.config.values import Project
from devserve.errors import ConfigError
from devserve.plugins.blame import blame
from devserve.plugins.call import Implementation
from devserve.plugins.caller import Caller
from devserve.plugins.conduct import Conduct
from devserve.plugins.hooks import Hooks
from devserve.plugins.plugin import OWN, Fingerprint, Plugin
from devserve.plugins.settings import declared, is_asked, settings_of
from devserve.plugins.verify import HOOKS, mistakes

ENTRY_POINTS = "devserve"
SETTINGS = "devserve_settings"


class FromSource(SourceFileLoader):
    """Loads a plugin file from the text that was allowed, never from bytecode that lies beside it (PEP 552)."""

    def get_code(self, fullname: str) -> CodeType:
        """Return the compiled text."""
        path = self.get_filename(fullname)
        return self.source_to_code(self.get_data(path), path)


def load(project: Project, conduct: Conduct | None = None, beside: Sequence[ModuleType] = ()) -> Hooks:
    """Return the hooks of a project. Only its services see the plugin files of its repository.

    `beside` are plugins that need not be installed; one that is, by that name, stands back.

    Raises:
        ConfigError: a plugin of the repository cannot be imported, or has a hook that does not exist. With a strict
            conduct, an installed one too.
    """
    conduct = conduct or Conduct()
    seen = fingerprint(project)
    manager = pluggy.PluginManager("devserve")
    manager.add_hookspecs(hookspecs)
    given = [_beside(module, manager) for module in beside]
    own = Plugin(OWN, defaults, "devserve", metadata.version("devserve"))
    plugins = [each for each in (own, *_installed(own, manager, conduct)) if _stays(each, given)]
    plugins += [*given, *(_from_file(path, manager) for path in dict.fromkeys(project.plugins))]
    plugins = [plugin for plugin in plugins if plugin.name not in project.disabled_plugins]
    for plugin in plugins:
        manager.register(plugin.module, plugin.name)
    by_name = {plugin.name: plugin for plugin in plugins}
    found = {hook: _implementations(hook, manager, by_name) for hook in HOOKS}
    _refuse_unknown(project, found.values())
    off = frozenset(project.disabled_plugins)
    models = declared(project, _caller(SETTINGS, found[SETTINGS], off, conduct))
    idle = {each.plugin for each in models if not is_asked(each, project)}
    callers = {
        hook: _caller(hook, [each for each in implementations if each.plugin not in idle], off, conduct)
        for hook, implementations in found.items()
    }
    settings = settings_of(project, plugins, [each for each in models if each.plugin not in idle], conduct)
    return Hooks(project.file, plugins, callers, settings, seen)


def fingerprint(project: Project) -> Fingerprint:
    """Return what a project's plugins depend on: their files' content and their tables.

    While it is the same, what was loaded before need not be again.
    """
    files = tuple((path, _content(path)) for path in project.plugins)
    return Fingerprint(files, repr(project.tables), project.disabled_plugins)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # `load` says what is wrong with it
        return b""


def _installed(own: Plugin, manager: pluggy.PluginManager, conduct: Conduct) -> Iterator[Plugin]:
    known = [own]
    for point in sorted(metadata.entry_points(group=ENTRY_POINTS), key=lambda point: (point.name, point.value)):
        package, version = (point.dist.name, point.dist.version) if point.dist else (point.value, "of no version")
        try:
            plugin = Plugin(point.name, point.load(), package, version)
            wrong = list(_clashes(plugin, known)) or list(mistakes(plugin.module, manager))
        except (Exception, SystemExit) as error:  # noqa: BLE001  # one broken package must not stop every project
            wrong = [blame(error)]
        if not wrong:
            known.append(plugin)
            yield plugin
        elif conduct.is_strict:
            raise ConfigError(*(f"the installed plugin {point.name} ({package} {version}): {each}" for each in wrong))
        else:
            named = f"the installed plugin {point.name} ({package} {version})"
            conduct.warn_once(f"devserve: {named} is left out: {'; '.join(wrong)}")


def _clashes(plugin: Plugin, known: Sequence[Plugin]) -> Iterator[str]:
    """Yield why a plugin cannot be one beside those that are known already."""
    if not isinstance(plugin.module, ModuleType):
        yield f"it is no module but {plugin.module!r}; have the entry point name a module"
    for each in known:
        if plugin.name == each.name:
            yield f"{each.package} {each.version} has a plugin of that name; rename one of them, or take it out"
        elif plugin.module is each.module:
            yield f"it has the module of the plugin {each.name}; take one of the entry points out"


def _stays(plugin: Plugin, given: Sequence[Plugin]) -> bool:
    return not any(plugin.name == each.name or plugin.module is each.module for each in given)


def _beside(module: ModuleType, manager: pluggy.PluginManager) -> Plugin:
    if wrong := list(mistakes(module, manager)):
        raise ConfigError(*wrong)
    name = module.__name__.removeprefix(f"{ENTRY_POINTS}_")  # as an entry point would be called
    return Plugin(name, module, module.__name__, "not installed")


def _from_file(path: Path, manager: pluggy.PluginManager) -> Plugin:
    if path.suffix != ".py":
        raise ConfigError(f"{path}: a plugin is a Python file (.py)")
    try:
        module = _executed(path)
    except ConfigError:
        raise
    except (Exception, SystemExit) as error:
        raise ConfigError(f"{path}: the plugin cannot be loaded: {blame(error, str(path))}") from error
    if wrong := list(mistakes(module, manager)):
        raise ConfigError(*wrong)
    return Plugin(str(path), module)


def _executed(path: Path) -> ModuleType:
    """Return the module of a file under a name that no other repository's file has; dataclasses look it up by that."""
    loader = FromSource(f"devserve_plugin_{path.stem}_{hashlib.sha256(bytes(path)).hexdigest()[:12]}", str(path))
    specification = importlib.util.spec_from_loader(loader.name, loader)
    assert specification is not None
    module = importlib.util.module_from_spec(specification)
    before = sys.modules.get(loader.name)
    sys.modules[loader.name] = module
    try:
        with redirect_stdout(sys.stderr):  # what it prints is not what a command gives to programs
            loader.exec_module(module)
    except BaseException:
        sys.modules.pop(loader.name)
        if before is not None:
            sys.modules[loader.name] = before  # its hooks stay in use
        raise
    return module


def _implementations(hook: str, manager: pluggy.PluginManager, plugins: dict[str, Plugin]) -> list[Implementation]:
    """Return the implementations of a hook in pluggy's order, wrappers first."""
    known = inspect.signature(HOOKS[hook]).parameters
    return [
        Implementation(
            hook,
            plugins[each.plugin_name],
            each.function,
            tuple(name for name in inspect.signature(each.function).parameters if name in known),
            is_wrapper=each.wrapper,
        )
        for each in reversed(getattr(manager.hook, hook).get_hookimpls())
    ]


def _caller(hook: str, found: Sequence[Implementation], off: frozenset[str], conduct: Conduct) -> Caller:
    options = getattr(HOOKS[hook], "devserve_spec")  # noqa: B009  # pluggy's mark is no declared attribute
    kept = [each for each in found if each.name not in off]
    return Caller(hook, kept, conduct, first_counts=bool(options["firstresult"]))


def _refuse_unknown(project: Project, found: Iterable[Sequence[Implementation]]) -> None:
    """Refuse to switch off a hook that a plugin does not have. A plugin may be installed on some machines only."""
    names = [each.name for implementations in found for each in implementations]
    present = {name.rpartition(".")[0] for name in names}
    for name in project.disabled_plugins:
        plugin = name.rpartition(".")[0]
        if plugin in present and name not in names and name not in present:
            near = difflib.get_close_matches(name, names, 1, 0.4)
            fix = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(names))}"
            raise ConfigError(f"{project.file}: project.disable_plugins: there is no {name}; {fix}")
