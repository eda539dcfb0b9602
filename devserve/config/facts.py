"""What is known of a repository that has no devserve.toml yet, and what can be guessed from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from devserve.config.hosts import label_like

LOCKS = {"pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn", "bun.lock": "bun", "bun.lockb": "bun"}
ENVIRONMENTS = (".venv/bin/python", "venv/bin/python", "env/bin/python")
RUNNERS = {"uv.lock": "uv run python", "poetry.lock": "poetry run python", "Pipfile.lock": "pipenv run python"}
GULPFILES = ("gulpfile.js", "gulpfile.mjs", "gulpfile.cjs", "gulpfile.ts", "gulpfile.babel.js", "gulpfile.esm.js")
PROCFILES = ("Procfile.dev", "Procfile")
REQUIREMENTS = ("pyproject.toml", "requirements.txt", "requirements/base.txt", "Pipfile")
ENTRIES = ("main.py", "app.py", "server.py", "wsgi.py", "asgi.py", "app/main.py", "app/__init__.py", "src/main.py")
NODE_ENTRIES = tuple(
    f"{folder}{name}{suffix}"
    for folder in ("", "src/", "bin/")
    for name in ("server", "app", "index", "main", "www")
    for suffix in (".js", ".mjs", ".cjs", ".ts", "")
    if suffix or name == "www"
)
SITES = ("", "public", "site", "www", "static", "dist", "build", "_site", "html", "docs")
PAGES = tuple(f"{folder}/index.html".lstrip("/") for folder in SITES)

# Files whose text tells what a repository is, and files of which it is enough that they are there.
READ = ("package.json", "manage.py", *GULPFILES, *PROCFILES, *REQUIREMENTS, *ENTRIES, *NODE_ENTRIES)
SEEN = (*LOCKS, *ENVIRONMENTS, *RUNNERS, *PAGES)

LISTEN_ADVICE = "It must listen on the port in PORT; if it has a fixed one, write that as port."


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a repository: its folder's name, and its notable files with their texts."""

    folder: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Guess:
    """A service that a repository seems to hold."""

    name: str
    command: tuple[str, ...] | str
    because: str  # what it was guessed from
    port: int | None = None
    livereload: int | None = None  # the port of its own livereload server
    restarts: tuple[str, ...] = ()  # patterns of the files that it must be restarted for
    advice: tuple[str, ...] = ()
    serves: bool = True  # whether it answers requests
    host: str = ""  # instead of NAME.localhost

    @property
    def line(self) -> str:
        """The command as a person would type it."""
        return self.command if isinstance(self.command, str) else self.command[-1]


def service_of(facts: Facts) -> str:
    """Return the name for a repository's only service: its folder's, unless devserve itself has that one."""
    name = label_like(facts.folder)
    return name if name and name != "devserve" else "web"
