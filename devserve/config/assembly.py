"""The values of a project, made from the tables of its file."""

from __future__ import annotations

from pathlib import Path

from devserve.config.origins import origin_of
from devserve.config.tables import Document, LivereloadTable, ReadyTable, ServiceTable, WatchTable
from devserve.config.values import Livereload, Project, Ready, Service, Stop, Then, WatchRule


def project_of(document: Document, file: Path) -> Project:
    """Return the project that a checked file describes. Relative paths start at the file's folder."""
    table, root = document.project, file.parent
    return Project(
        file=file,
        domain=table.domain,
        organization=table.organization,
        include=tuple(root / folder for folder in table.include),
        plugins=tuple(root / plugin for plugin in table.plugins),
        services=tuple(service_of(name, service, root, table.domain) for name, service in document.services.items()),
    )


def service_of(name: str, table: ServiceTable, root: Path, domain: str) -> Service:
    """Return one service, with its host if it has none of its own."""
    return Service(
        name=name,
        root=root,
        host=table.host or f"{name}.{domain}",
        aliases=table.aliases,
        path=table.path,
        command=table.command,
        port=table.port,
        upstream=origin_of(table.upstream, root) if table.upstream else None,
        env=table.env,
        env_file=root / table.env_file if table.env_file else None,
        cwd=root / table.cwd if table.cwd else None,
        needs=table.needs,
        ready=ready_of(table.ready),
        stop=Stop(table.stop.signal, table.stop.grace),
        livereload=livereload_of(table.livereload),
        watch=tuple(rule_of(rule) for rule in table.watch),
    )


def ready_of(table: ReadyTable) -> Ready:
    """Return the sign of readiness; accepting TCP if none is named."""
    if table.http:
        return Ready("http", http=table.http, timeout=table.timeout)
    if table.log:
        return Ready("log", log=table.log, timeout=table.timeout)
    return Ready("tcp", timeout=table.timeout)


def livereload_of(table: LivereloadTable) -> Livereload:
    """Return where live reload comes from."""
    return Livereload(table.source, table.host or "", table.inject, table.csp)


def rule_of(table: WatchTable) -> WatchRule:
    """Return one watch rule."""
    return WatchRule(table.paths, table.ignore, table.run, Then(table.then))
