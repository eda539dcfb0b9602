"""Which services run: those of all projects and of their plugins, each with its hooks and its port."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType, ModuleType

from devserve import plugins
from devserve.config.claims import claims_of, conflicts
from devserve.config.hosts import LABEL, SERVICE_IS, host_name, label_like, service_name
from devserve.config.kinds import path_prefix
from devserve.config.labels import labelled, named, of_all
from devserve.config.replaced import replaced
from devserve.config.together import check_together, needs_elsewhere, needs_of, unmet_needs, with_needs
from devserve.config.values import OTHER_REPOSITORY, Origin, Project, Service
from devserve.errors import ConfigError, UsageError

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Planned:
    """A service that will run: with the watch rules of its plugins, its hooks, and what it gets as PORT.

    Its `needs` are the labels of others that run here; `elsewhere` are those that another devserve may run.
    """

    service: Service
    hooks: plugins.Hooks
    port: int
    elsewhere: tuple[str, ...] = ()

    @property
    def is_discovered(self) -> bool:
        """Whether a plugin has found it while devserve runs."""
        return any(each.name == self.service.name for found in self.hooks.discovered.values() for each in found)


def plan(
    projects: Sequence[Project],
    only: Sequence[str],
    free_port: Callable[[Collection[int]], int],
    before: Sequence[Planned] = (),
    conduct: plugins.Conduct | None = None,
    beside: Sequence[ModuleType] = (),
    hooks: Sequence[plugins.Hooks] = (),
    held: Mapping[Path, Sequence[str]] = MappingProxyType({}),
) -> list[Planned]:
    """Return the services to run, those that plugins add among them.

    `only` asks for some and all that they need. Of the others those stay that a shared environment can answer for.
    What ran `before` keeps the port that it was given, and its plugins while their files are the same.

    `conduct` is how their plugins are dealt with; `beside` are plugins that need not be installed. `hooks` are those of
    the projects, if they are loaded already. Of the projects that are `held`, by file, nothing runs: their services
    only say what would, were it allowed.

    Raises:
        ConfigError: two services have one host and path, or one name in one file, or a plugin cannot be loaded.
        UsageError: `only` names a service that does not exist.
    """
    projects = held_back(projects, held)
    hooks = hooks or load(projects, [each.hooks for each in before], conduct, beside)
    complete = labelled([each.services(project) for each, project in zip(hooks, projects, strict=True)])
    problems = [
        *(problem for project in complete for problem in _within(project)),
        *(problem for project, each in zip(complete, hooks, strict=True) for problem in _unserved(project, each)),
        *check_together(complete),
        *unmet_needs(complete),
    ]
    if problems:
        raise ConfigError(*problems)
    chosen, gone = _chosen(complete, only), replaced(complete)
    taken = {service.port for _, service in of_all(complete) if service.label in chosen and service.port}
    kept = {each.service.label: each.port for each in before if each.service.label in chosen and each.port not in taken}
    taken.update(kept.values())
    planned = []
    for project, project_hooks in zip(complete, hooks, strict=True):
        for service in (each for each in project.services if each.label not in gone):
            if service.label not in chosen:
                planned += [Planned(away, project_hooks, 0) for away in _away(service)]
                continue
            port = service.port or kept.get(service.label) or free_port(taken)
            taken.add(port)
            elsewhere = needs_elsewhere(service, complete)
            if project.file in held:
                service = replace(service, watch=(), env_file=None, needs=(), would_run=tuple(held[project.file]))
            else:
                service = replace(service, watch=project_hooks.watch(service), needs=chosen[service.label])
            planned.append(Planned(service, project_hooks, port, elsewhere))
    return planned


def with_added(projects: Sequence[Project], planned: Sequence[Planned]) -> list[Project]:
    """Return the projects with their services as they are planned, those of plugins too, and those that do not run."""
    return [replace(each, services=tuple(_with_added(each, planned))) for each in projects]


def _with_added(project: Project, planned: Sequence[Planned]) -> Iterator[Service]:
    own = {each.service.name: each.service for each in planned if each.hooks.file == project.file}
    yield from own.values()
    yield from (each for each in project.services if each.name not in own)


def held_back(projects: Sequence[Project], held: Collection[Path]) -> list[Project]:
    """Return the projects, those that are held, by file, without their plugin files."""
    return [each.without_files() if each.file in held else each for each in projects]


def load(
    projects: Sequence[Project],
    before: Collection[plugins.Hooks] = (),
    conduct: plugins.Conduct | None = None,
    beside: Sequence[ModuleType] = (),
) -> list[plugins.Hooks]:
    """Return the hooks of each project: those that it had `before`, if its plugins are still the same.

    Raises:
        ConfigError: a plugin cannot be loaded.
    """
    had = {(each.file, each.fingerprint): each for each in before}
    last = {each.file: each for each in before}
    found = []
    for project in projects:
        hooks = had.get((project.file, plugins.fingerprint(project)))
        if hooks is None:
            hooks = plugins.load(project, conduct, beside)
            if project.file in last:
                hooks.go_on_from(last[project.file])
        found.append(hooks)
    return found


def _away(service: Service) -> Iterator[Service]:
    """Yield a service that is not run, as a way to its shared environment, if it has one."""
    if service.is_remote:
        yield replace(service, needs=(), watch=())
    elif service.fallback is not None and service.fallback.is_remote:
        yield replace(
            service,
            command=(),
            port=None,
            upstream=service.fallback,
            upstream_host="",
            fallback=None,
            needs=(),
            watch=(),
        )


def _within(project: Project) -> list[str]:
    """Return what a plugin's services have in common with others of their project; the file itself has been checked."""
    names = [service.name for service in project.services]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    return [
        *_unusable(project),
        *(f"{project.file}: a plugin adds the service {name}, which exists already; rename it" for name in twice),
        *(
            f"{project.file}: {later} answers at {later.url} like {earlier}; change its host or path"
            for earlier, later in conflicts(claims_of(project))
            if later.service.name not in twice
        ),
    ]


def _unusable(project: Project) -> Iterator[str]:
    """Yield what is wrong with names that plugins have made, by the rules that the file goes by."""
    for service in project.services:
        checks = [
            ("name", service.name, service_name),
            *(("host", host, host_name) for host in service.names),
            ("path", service.path, path_prefix),
        ]
        for key, text, check in checks:
            if wrong := _wrong(text, check):
                yield f"{project.file}: a plugin gives a service the {key} {text!r}; {wrong}"


def _unserved(project: Project, hooks: plugins.Hooks) -> list[str]:
    """Return what is said of services that nothing serves, although plugins have filled in what they have."""
    if hooks.serves_applications or not project.is_whole:
        return []
    unserved = [(each.name, "") for each in project.services if not each.has_place]
    return [project.doubts[doubt] for doubt in unserved if doubt in project.doubts]


def _wrong(text: str, check: Callable[[str], str]) -> str:
    try:
        right = check(text)
    except ValueError as error:
        return "; ".join([f"it is to be {error.args[0]}", *filter(None, error.args[1:])])
    return "" if right == text else f'write "{right}"'


def _chosen(projects: Sequence[Project], only: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return what each service needs, by label: of all, or of those asked for and all that they need."""
    needs, gone = needs_of(projects), replaced(projects)
    asked = [_asked(name, projects) for name in only]
    return with_needs([gone.get(label, label) for label in asked] if only else needs, needs)


def _asked(name: str, projects: Sequence[Project]) -> str:
    """Return the label of the service that `--only` names."""
    found = named(name, projects)
    if len(found) > 1:
        choices = " or ".join(f"{each.repository}{OTHER_REPOSITORY}{each.name}" for each in found)
        raise UsageError(f"--only {name}: several repositories have such a service; write {choices}")
    if not found:
        known = ", ".join(service.label for _, service in of_all(projects))
        raise UsageError(f"--only {name}: there is no such service; there are {known}")
    return found[0].label


def below(label: str, planned: Sequence[Planned]) -> list[Planned]:
    """Return the services at LABEL.HOST instead of each of their hosts.

    Raises:
        UsageError: it is no label of a host name.
    """
    if not LABEL.fullmatch(label):
        raise UsageError(f'--sub-name {label}: write {SERVICE_IS}, for example "{label_like(label) or "mine"}"')
    return [replace(each, service=_below(label, each.service)) for each in planned]


def _below(label: str, service: Service) -> Service:
    own = service.livereload.host
    return replace(
        service,
        host=f"{label}.{service.host}",
        aliases=tuple(f"{label}.{alias}" for alias in service.aliases),
        livereload=replace(service.livereload, host=f"{label}.{own}" if own else ""),
    )


def without_held(planned: Sequence[Planned], is_lacking: Callable[[Service], bool]) -> list[Planned]:
    """Return the services without those held ones that lack something, which nobody needs any more either."""
    gone = {each.service.label for each in planned if each.service.would_run and is_lacking(each.service)}
    return [
        replace(
            each, service=replace(each.service, needs=tuple(need for need in each.service.needs if need not in gone))
        )
        for each in planned
        if each.service.label not in gone
    ]


def refuse_own_ports(planned: Sequence[Planned], own: Collection[int]) -> None:
    """Raise ConfigError when a service is dialled at one of devserve's own ports: its requests would go in circles."""
    problems = [
        f"[services.{each.service.name}]: port {origin.port} is devserve's own, so its requests would come back to it; "
        f"write another one, or leave it out and devserve picks a free one"
        for each in planned
        if (origin := each.service.upstream or Origin(port=each.port)).host in LOOPBACK
        and origin.port in own
        and not origin.unix_path
    ]
    if problems:
        raise ConfigError(*problems)


def served_only(planned: Sequence[Planned]) -> list[Planned]:
    """Return the services without their commands: something else starts them on their ports."""
    return [
        replace(each, service=replace(each.service, command=(), port=each.port)) if each.service.command else each
        for each in planned
    ]
