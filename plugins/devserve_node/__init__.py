"""Node's servers: what declares nothing is started by its script, and each is told the hosts that it answers at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from devserve import Command, Finding, Project, Service, guessed, hookimpl, with_arguments
from devserve_node.hosts import arguments, takes_arguments, variables
from devserve_node.untold import untold

PROCFILES = ("Procfile", "Procfile.dev")


@hookimpl
def devserve_services(project: Project) -> Sequence[Service]:
    """What a repository without a devserve.toml holds, if Node serves it."""
    return () if any((project.root / name).is_file() for name in PROCFILES) else guessed(project, "node")


@hookimpl
def devserve_command(service: Service, command: Command) -> Command | None:
    """The command of a development server that is told the service's hosts. What it has been told already stays."""
    folder = command.cwd
    words = arguments(service.hosts, folder) if takes_arguments(service.dev_server, folder) else ()
    if words:
        return with_arguments(command, *words)
    env = variables(service.dev_server, service.hosts, folder)
    return replace(command, env={**env, **command.env}) if env else None


@hookimpl
def devserve_doctor(project: Project) -> Sequence[Finding]:
    """What has to be written for a development server that cannot be told a service's hosts."""
    return [finding for service in project.services if (finding := untold(service))]
