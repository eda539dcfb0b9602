"""The Python plugin, called through the public hooks."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import devserve_python
from devserve import Problem, Service, Then, WatchRule
from devserve.testing import Hooked
from devserve_python import bytecode
from devserve_python.servers import FRESH

RESTART = (WatchRule(("src/**",), then=Then.RESTART),)
ALLOW = """Invalid HTTP_HOST header: 'shop.test'. You may need to add 'shop.test' to ALLOWED_HOSTS."""
HTTPS = 'SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")'


def web(hooked: Callable[..., Hooked], command: str, watch: tuple[WatchRule, ...] = (), **env: str) -> Hooked:
    """A service that is started by a command, with the rules that it has when it runs."""
    service = Service("web", Path("/r"), "web.test", command=tuple(command.split()), watch=watch, env=env)
    found = hooked(devserve_python, service=service)
    started = replace(found.service, watch=found.hooks.watch(found.service))
    found.project = replace(found.project, services=(started,))
    return found


@pytest.mark.parametrize(
    ("command", "started"),
    [
        ("python3 manage.py runserver $PORT", f"python3 {FRESH} manage.py runserver --noreload 3000"),
        ("uv run ./manage.py runserver", f"uv run {FRESH} ./manage.py runserver --noreload"),
        ("python3 -m django runserver --pythonpath x", "python3 -m django runserver --noreload --pythonpath x"),
        ("flask --app x --debug run --port $PORT", "flask --app x --debug run --no-reload --port 3000"),
        (".venv/bin/flask run --debug", ".venv/bin/flask run --no-reload --debug"),
        ("fastapi dev main.py", "fastapi dev --no-reload main.py"),
        ("uvicorn a:app --reload --port 1", "uvicorn a:app --port 1"),
        ("python -m uvicorn --reload --reload-dir src a:app", "python -m uvicorn a:app"),
        ("gunicorn --reload --reload-engine=poll a:app", "gunicorn a:app"),
        ("hypercorn a:app --reload", "hypercorn a:app"),
    ],
)
def test_devserve_restarts_what_would_restart_by_itself(
    hooked: Callable[..., Hooked], command: str, started: str
) -> None:
    service = web(hooked, command)
    assert " ".join(service.command().argv) == started
    assert service.service.watch[0] == WatchRule(("**/*.py",), then=Then.RESTART)


@pytest.mark.parametrize(
    "command",
    [
        "./manage.py runserver --noreload",
        "python3 manage.py migrate",
        "flask run",
        "flask --debug run --no-reload",
        "fastapi run main.py",
        "uvicorn a:app",
        "python3 server.py --reload",
        "node server.js",
    ],
)
def test_what_does_not_is_left_alone(hooked: Callable[..., Hooked], command: str) -> None:
    service = web(hooked, command)
    assert " ".join(service.command().argv) == command
    assert Then.RESTART not in [rule.then for rule in service.service.watch]


def test_a_variable_debugs_flask_as_the_option_does(hooked: Callable[..., Hooked]) -> None:
    assert web(hooked, "flask run", FLASK_DEBUG="1").command().argv == ("flask", "run", "--no-reload")
    assert web(hooked, "flask run", FLASK_DEBUG="0").command().argv == ("flask", "run")


@pytest.mark.parametrize(
    ("command", "then"),
    [
        ("manage.py runserver", Then.RESTART),
        ("docker compose exec web python manage.py runserver", Then.RESTART),
        ("python manage.py runserver", Then.RELOAD),
        ("fastapi dev", Then.RELOAD),
    ],
)
def test_a_template_is_in_the_page(hooked: Callable[..., Hooked], command: str, then: Then) -> None:
    assert web(hooked, command).service.watch[1].then is then


def test_rules_of_its_own_stay_and_decide_who_restarts_it(hooked: Callable[..., Hooked]) -> None:
    ours = web(hooked, "uvicorn a:app --reload", RESTART)
    assert (ours.service.watch, ours.command().argv) == (RESTART, ("uvicorn", "a:app"))
    reload_only = (WatchRule(("src/**",), then=Then.RELOAD),)
    theirs = web(hooked, "uvicorn a:app --reload", reload_only)
    assert (theirs.service.watch, theirs.command().argv) == (reload_only, ("uvicorn", "a:app", "--reload"))


@pytest.mark.parametrize(
    ("command", "started"),
    [
        ("python3 manage.py runserver --noreload", f"python3 {FRESH} manage.py runserver --noreload"),
        (
            ".venv/bin/python -u manage.py runserver --noreload",
            f".venv/bin/python -u {FRESH} manage.py runserver --noreload",
        ),
        (
            "poetry run python3.13 manage.py runserver --noreload",
            f"poetry run python3.13 {FRESH} manage.py runserver --noreload",
        ),
        ("python3 manage.py migrate --noreload", ""),
        ("docker run shop python manage.py runserver --noreload", ""),
        ("env A=1 python manage.py runserver --noreload", ""),
        ("python -m django runserver --noreload", ""),
    ],
)
def test_django_reads_templates_anew_where_it_is_sure_which_python_runs_it(
    hooked: Callable[..., Hooked], command: str, started: str
) -> None:
    assert " ".join(web(hooked, command).command().argv) == (started or command)


def test_a_program_runs_as_python_would_run_it_though_there_is_no_django(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/beside.py").touch()
    (tmp_path / "shop/manage.py").write_text("import sys, beside\nprint(__name__, sys.argv, sys.path[0])\n")
    command = (sys.executable, FRESH, "shop/manage.py", "runserver")
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30)
    assert ran.stdout == f"__main__ ['shop/manage.py', 'runserver'] {tmp_path}/shop\n"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (
            ALLOW,
            Problem("django", 'Django refuses the host shop.test; in settings.py, write ALLOWED_HOSTS = ["shop.test"]'),
        ),
        (
            "Forbidden (Origin checking failed - https://a.test does not match any trusted origins.): /x",
            Problem("django", f"Django refuses a form of https://a.test; in settings.py, write {HTTPS}"),
        ),
        ("Starting development server at http://127.0.0.1:3000/", Problem("django")),
        ("Invalid HTTP_HOST header: 'x_y'. The domain name provided is not valid according to RFC 1034/1035.", None),
        ("GET / 200", None),
    ],
)
def test_what_django_refuses_is_a_problem_until_it_starts_again(
    hooked: Callable[..., Hooked], line: str, problem: Problem | None
) -> None:
    assert hooked(devserve_python).output(line) == problem


@pytest.mark.parametrize(("file", "count"), [("x", 1), ("Procfile", 0), ("Procfile.dev", 0)])
def test_a_repository_without_a_file_is_served_unless_its_procfile_says_how(
    hooked: Callable[..., Hooked], tmp_path: Path, file: str, count: int
) -> None:
    (tmp_path / "manage.py").touch()
    (tmp_path / file).touch()
    project = replace(hooked(devserve_python).project, services=())
    assert len(devserve_python.devserve_services(project)) == count


def imported_word(folder: Path) -> str:
    """Return what a Python of its own finds in app.py, and let it keep bytecode."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [sys.executable, "-c", "import app; print(app.WORD)"]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    ).stdout.strip()


def test_what_is_saved_twice_in_a_second_runs_as_it_was_saved_last(
    hooked: Callable[..., Hooked], tmp_path: Path
) -> None:
    found = hooked(devserve_python, service=Service("web", tmp_path, "web.test", command=("python3", "app.py")))
    source, second = tmp_path / "app.py", 1_790_000_000
    for word, seen in (("one", "one"), ("two", "one")):
        source.write_text(f"WORD = {word!r}\n")
        os.utime(source, (second, second + 0.3))
        assert imported_word(tmp_path) == seen  # of the same size and second: Python cannot tell
    found.hooks.changed(found.service, RESTART[0], ["app.py", "gone.py", "style.css"])
    assert imported_word(tmp_path) == "two"


@pytest.mark.parametrize(
    ("name", "stamp", "stays"),
    [
        ("app.cpython-311.pyc", (0, 1_790_000_000, 3), False),
        ("app.cpython-314.opt-1.pyc", (0, 1_790_000_000, 3), False),
        ("app.cpython-311.pyc", (0, 1_790_000_001, 3), True),  # Python sees that it is another one's
        ("app.cpython-311.pyc", (0, 1_790_000_000, 4), True),
        ("app.cpython-311.pyc", (1, 1_790_000_000, 3), True),  # by a hash of the source, which tells
        ("apps.cpython-311.pyc", (0, 1_790_000_000, 3), True),
        ("app.cpython-311.txt", (0, 1_790_000_000, 3), True),
    ],
)
def test_only_bytecode_goes_that_would_be_taken_for_the_sources(
    tmp_path: Path, name: str, stamp: tuple[int, int, int], stays: bool
) -> None:
    source, kept = tmp_path / "app.py", tmp_path / "__pycache__" / name
    source.write_text("one")
    os.utime(source, (1_790_000_000, 1_790_000_000.7))
    kept.parent.mkdir()
    kept.write_bytes(b"\xa7\x0d\x0d\x0a" + struct.pack("<3I", *stamp) + b"code")
    bytecode.forget([source])
    assert kept.exists() is stays
