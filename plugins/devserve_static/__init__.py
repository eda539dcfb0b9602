"""A repository that is a folder of pages and declares nothing: served as it is, as one service."""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence

from devserve import Project, Service, hookimpl

FOLDERS = ("", "public", "www", "site", "_site", "dist", "build", "docs")  # the first that has a page
PAGE = "index.html"
# Whoever has one of these has a program that serves the pages, or that must build them first.
PROGRAMS = (
    "Procfile",
    "Procfile.dev",
    "package.json",
    "pyproject.toml",
    "requirements.txt",
    "manage.py",
    "Gemfile",
    "composer.json",
    "go.mod",
    "Cargo.toml",
    "pom.xml",
    "build.gradle",
    "mix.exs",
)
TAKEN = "devserve"  # devserve.localhost is devserve's own page
MOST_OF_LABEL = 63  # RFC 1035, section 2.3.4


@hookimpl
def devserve_services(project: Project) -> Sequence[Service]:
    """The folder with the pages, at the name of the repository's folder."""
    if project.services or project.include or project.plugins:
        return []
    if any((project.root / name).exists() for name in PROGRAMS):
        return []
    folder = next((folder for folder in FOLDERS if (project.root / folder / PAGE).is_file()), None)
    if folder is None:
        return []
    name = _name(project.root.name)
    # -P: nothing of the repository is taken for a module of Python's.
    command = (sys.executable, "-P", "-m", __name__, *([folder] if folder else []))
    return [Service(name=name, root=project.root, host=f"{name}.{project.domain}", command=command)]


def _name(folder: str) -> str:
    label = re.sub(r"[^a-z0-9]+", "-", folder.lower())[:MOST_OF_LABEL].strip("-")
    return label if label and label != TAKEN else "web"
