"""The values of a project, made from the tables of its file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from devserve.config.origins import origin_of
from devserve.config.tables import (
    RELAY,
    Document,
    LivereloadTable,
    ReadyTable,
    ServiceTable,
    TimeoutsTable,
    UpstreamTlsTable,
    WatchTable,
)
from devserve.config.values import (
    Livereload,
    Origin,
    Project,
    Ready,
    Service,
    Stop,
    Then,
    Timeouts,
    UpstreamTls,
    WatchRule,
)


def project_of(document: Document, file: Path) -> Project:
    """Return the project that a checked file describes. Relative paths start at the file's folder."""
    table, root = document.project, file.parent
    return Project(
        file=file,
        domain=table.domain,
        organization=table.organization,
        include=tuple(root / folder for folder in table.include),
        plugins=tuple(root / plugin for plugin in table.plugins),
        disabled_plugins=table.disable_plugins,
        tables=document.plugins,
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
        listen=table.listen,
        upstream=upstream_of(table.upstream, table.upstream_tls, root),
        fallback=upstream_of(table.fallback, table.upstream_tls, root),
        upstream_host=table.upstream_host or "",
        timeouts=timeouts_of(table.timeouts),
        env=table.env,
        env_file=root / table.env_file if table.env_file else None,
        cwd=root / table.cwd if table.cwd else None,
        needs=table.needs,
        ready=ready_of(table.ready),
        stop=Stop(table.stop.signal, table.stop.grace),
        livereload=livereload_of(table.livereload, root),
        watch=tuple(rule_of(rule) for rule in table.watch),
    )


def upstream_of(text: str | None, table: UpstreamTlsTable, root: Path) -> Origin | None:
    """Return the origin that a service's requests go to, if the file names one."""
    if not text:
        return None
    tls = tls_of(table, root)
    return replace(origin_of(text, root), tls=None if tls == UpstreamTls() else tls)


def tls_of(table: UpstreamTlsTable, root: Path) -> UpstreamTls:
    """Return how an https origin is verified."""
    return UpstreamTls(
        ca=root / table.ca if table.ca else None,
        verify=table.verify,
        server_name=table.server_name or "",
        client_cert=root / table.client_cert if table.client_cert else None,
        client_key=root / table.client_key if table.client_key else None,
    )


def timeouts_of(table: TimeoutsTable) -> Timeouts:
    """Return how long each step of an exchange may take."""
    return Timeouts(**table.model_dump())


def ready_of(table: ReadyTable) -> Ready:
    """Return the sign of readiness; accepting TCP if none is named."""
    if table.http:
        return Ready("http", http=table.http, timeout=table.timeout)
    if table.log:
        return Ready("log", log=table.log, timeout=table.timeout)
    return Ready("tcp", timeout=table.timeout)


def livereload_of(table: LivereloadTable, root: Path) -> Livereload:
    """Return where live reload comes from; what is relayed is told by devserve."""
    source = table.source
    relay = isinstance(source, str) and source.startswith(RELAY)
    return Livereload(
        source=source if isinstance(source, int) else "off" if source == "off" else "devserve",
        host=table.host or "",
        inject=table.inject,
        csp=table.csp,
        placement=table.placement,
        relay=int(str(source).removeprefix(RELAY)) if relay else None,
        script=root / table.script if table.script else None,
    )


def rule_of(table: WatchTable) -> WatchRule:
    """Return one watch rule."""
    return WatchRule(table.paths, table.ignore, table.run, Then(table.then), table.outputs)
