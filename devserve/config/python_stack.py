"""What Python files say about how a repository is served."""

from __future__ import annotations

import re
from collections.abc import Callable

from devserve.config.facts import ENTRIES, ENVIRONMENTS, LISTEN_ADVICE, REQUIREMENTS, RUNNERS, Facts, Guess, service_of

LISTENS = re.compile(r"\.listen\(\s*(\d{2,5})\b")
DJANGO_ADVICE = (
    "Django answers the names in ALLOWED_HOSTS; while that is empty, those under localhost. For its forms it must",
    'know that browsers come by https: SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")',
)
APPLICATION = r"^(\w+)\s*(?::[^=]+)?=\s*(?:\w+\.)?{}\("


def python(facts: Facts) -> str:
    """Return how this repository's Python is started."""
    own = next((program for program in ENVIRONMENTS if program in facts.files), "python3")
    return next((runner for lock, runner in RUNNERS.items() if lock in facts.files and own == "python3"), own)


def django(facts: Facts) -> tuple[Guess, ...]:
    """Recognise a Django project by its manage.py."""
    if "manage.py" not in facts.files:
        return ()
    command = f"{python(facts)} manage.py runserver --noreload $PORT"
    return (Guess(service_of(facts), command, "manage.py", restarts=("**/*.py",), advice=DJANGO_ADVICE),)


def python_application(facts: Facts) -> tuple[Guess, ...]:
    """Recognise an application made with FastAPI, Flask or Tornado."""
    required = " ".join(facts.files.get(name, "") for name in REQUIREMENTS).lower()
    entries = {name: facts.files[name] for name in ENTRIES if name in facts.files}
    for framework, command_of in FRAMEWORKS.items():
        imports = re.compile(rf"^\s*(?:from|import) {framework}\b", re.MULTILINE)
        entry = next((name for name, text in entries.items() if imports.search(text)), "")
        if entry or (framework in required and entries):
            entry = entry or next(iter(entries))
            return (command_of(facts, entry, f"{entry}, made with {framework}"),)
    return ()


def fastapi(facts: Facts, entry: str, because: str) -> Guess:
    """Return how uvicorn serves an application."""
    found = re.search(APPLICATION.format("FastAPI"), facts.files[entry], re.MULTILINE)
    folder = " --app-dir src" if entry.startswith("src/") else ""
    place = f"{module_of(entry)}:{found[1] if found else 'app'}"
    command = f"{python(facts)} -m uvicorn {place}{folder} --port $PORT"
    return Guess(service_of(facts), command, because, restarts=("**/*.py",))


def flask(facts: Facts, entry: str, because: str) -> Guess:
    """Return how Flask's own server serves an application: --debug for tracebacks and templates that are read anew."""
    place = entry.removesuffix("/__init__.py").removesuffix(".py")
    command = f"{python(facts)} -m flask --app {place} --debug run --no-reload --port $PORT"
    return Guess(service_of(facts), command, because, restarts=("**/*.py",))


def tornado(facts: Facts, entry: str, because: str) -> Guess:
    """Return how a Tornado program is started; what it listens on is written in it."""
    text = facts.files[entry]
    option = " --port=$PORT" if re.search(r"""define\(\s*["']port["']""", text) else ""
    listens = LISTENS.search(text)
    return Guess(
        service_of(facts),
        f"{python(facts)} {entry}{option}",
        because,
        port=int(listens[1]) if listens and not option else None,
        restarts=("**/*.py",),
        advice=() if option or listens else (LISTEN_ADVICE,),
    )


def module_of(entry: str) -> str:
    """Return the dotted name that Python imports a file by."""
    path = entry.removeprefix("src/").removesuffix(".py").removesuffix("/__init__")
    return path.replace("/", ".")


FRAMEWORKS: dict[str, Callable[[Facts, str, str], Guess]] = {"fastapi": fastapi, "flask": flask, "tornado": tornado}
