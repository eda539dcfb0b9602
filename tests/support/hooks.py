"""A project whose hooks come from one plugin file."""

from __future__ import annotations

from pathlib import Path

from devserve import plugins
from devserve.config.values import Project, Service

IMPORTS = "import devserve\nfrom devserve import *\n"
SERVICE = Service("web", Path("/repository"), "web.test")


def hooks_of(folder: Path, source: str = "", conduct: plugins.Conduct | None = None, **fields: object) -> plugins.Hooks:
    """Return the hooks of a project with this plugin file, whose first line is the third."""
    file = folder / "plugin.py"
    file.write_text(IMPORTS + source)
    return plugins.load(Project(folder / "devserve.toml", plugins=(file,) if source else (), **fields), conduct)
