"""Django, Flask, FastAPI and their servers: recognised, and restarted by devserve instead of by themselves."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from devserve import Command, Problem, Project, Service, Then, WatchRule, guessed, hookimpl
from devserve_python import bytecode
from devserve_python.servers import DJANGO, own_reloader, with_fresh_templates, without_reloader

SOURCES = ("**/*.py",)
TEMPLATES = ("**/templates/**", "**/*.jinja", "**/*.jinja2", "**/*.j2")
PROCFILES = ("Procfile", "Procfile.dev")
REFUSED = "django"  # the key of what it refuses
# Django's own words, when a host or the origin of a form is not in its settings, and when it has started.
HOST = re.compile(r"Invalid HTTP_HOST header: '([^']+)'\. You may need to add .+ to ALLOWED_HOSTS\.")
ORIGIN = re.compile(r"Forbidden \(Origin checking failed - (\S+) does not match any trusted origins\.\)")
STARTED = "Starting development server at "
HTTPS = 'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")'


@hookimpl
def devserve_services(project: Project) -> Sequence[Service]:
    """What a repository without a devserve.toml holds, if Python serves it."""
    return () if any((project.root / name).is_file() for name in PROCFILES) else guessed(project, "python")


@hookimpl
def devserve_watch(service: Service) -> Sequence[WatchRule]:
    """What the server's own reloader would do, for a service without rules of its own; templates load the page anew."""
    server = own_reloader(service)
    if service.watch or server is None:
        return []
    keeps_templates = server is DJANGO and with_fresh_templates(service.command) is None
    return [
        WatchRule(SOURCES, then=Then.RESTART),
        WatchRule(TEMPLATES, then=Then.RESTART if keeps_templates else Then.RELOAD),
    ]


@hookimpl
def devserve_command(service: Service, command: Command) -> Command | None:
    """The server without its own reloader, where a rule of devserve's restarts it: two would restart it twice.

    Django's reloader was also what forgets changed templates.
    """
    argv = command.argv
    if own_reloader(service) is not None and any(rule.then is Then.RESTART for rule in service.watch):
        argv = without_reloader(argv)
    if DJANGO.off in argv:
        argv = with_fresh_templates(argv) or argv
    return None if argv == command.argv else replace(command, argv=argv)


@hookimpl(tryfirst=True)
def devserve_changed(service: Service, paths: Sequence[str]) -> None:
    """What it would lead to anyway; but no restart may run what was saved earlier in the same second."""
    bytecode.forget(service.root / path for path in paths)


@hookimpl
def devserve_output(line: str) -> Problem | None:
    """What Django refuses, with the line of its settings that mends it; until it has started again."""
    if line.startswith(STARTED):
        return Problem(REFUSED)
    if found := HOST.search(line):
        name = found[1].partition(":")[0]
        return Problem(REFUSED, f'Django refuses the host {name}; in settings.py, write ALLOWED_HOSTS = ["{name}"]')
    if found := ORIGIN.search(line):
        origin = found[1]
        setting = HTTPS if origin.startswith("https:") else f'CSRF_TRUSTED_ORIGINS = ["{origin}"]'
        return Problem(REFUSED, f"Django refuses a form of {origin}; in settings.py, write {setting}")
    return None
