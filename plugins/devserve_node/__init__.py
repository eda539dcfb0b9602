"""A repository that is served by Node and declares nothing: started by its script, with its own package manager."""

from __future__ import annotations

from collections.abc import Sequence

from devserve import Project, Service, guessed, hookimpl

PROCFILES = ("Procfile", "Procfile.dev")


@hookimpl
def devserve_services(project: Project) -> Sequence[Service]:
    """What a repository without a devserve.toml holds, if Node serves it."""
    return () if any((project.root / name).is_file() for name in PROCFILES) else guessed(project, "node")
