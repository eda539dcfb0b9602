"""A repository of each Python framework, whose command is the one of its documentation: with its own reloader."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from support.generated import Edit, django, fastapi, flask

TEMPLATE = Edit("templates/hello.html", "first", "second", "p")
PYTHON = ".venv/bin/python"


@dataclass(frozen=True)
class Framework:
    """How a framework's server is started, what it says when its own reloader runs, and an edit of its code."""

    command: str
    reloads: str
    code: Edit


FRAMEWORKS = {
    "django": Framework(
        f"{PYTHON} manage.py runserver $PORT", "Watching for file changes", Edit("shopsite/urls.py", "one", "two")
    ),
    "flask": Framework(
        f"{PYTHON} -m flask --app app --debug run --port $PORT", "Restarting with", Edit("app.py", "one", "two")
    ),
    "fastapi": Framework(
        f"{PYTHON} -m uvicorn main:app --reload --port $PORT", "Started reloader process", Edit("main.py", "one", "two")
    ),
}


def repositories(folder: Path) -> Path:
    """Return a folder with a repository of each framework, which says no more than its command."""
    for name, generate in (("django", django), ("flask", flask), ("fastapi", fastapi)):
        generate(folder / name)
        (folder / name / "devserve.toml").write_text(f'[services.{name}]\ncommand = "{FRAMEWORKS[name].command}"\n')
    return folder
