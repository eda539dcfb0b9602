import pytest

from devserve.config.facts import Facts
from devserve.config.python_stack import django, python_application

FASTAPI = "from fastapi import FastAPI\n\nservice: FastAPI = FastAPI()\n"
FLASK = "import flask\napp = flask.Flask(__name__)\n"


@pytest.mark.parametrize(
    ("lock", "python"),
    [
        ("", "python3"),
        ("uv.lock", "uv run python"),
        ("poetry.lock", "poetry run python"),
        ("Pipfile.lock", "pipenv run python"),
    ],
)
def test_django_runs_by_its_manage_py(lock, python):
    (guess,) = django(Facts("shop", {"manage.py": "", lock: ""}))
    assert guess.command == f"{python} manage.py runserver --noreload $PORT"
    assert guess.restarts == ("**/*.py",)


@pytest.mark.parametrize("program", [".venv/bin/python", "venv/bin/python"])
def test_an_environment_of_the_repository_is_used(program):
    (guess,) = django(Facts("shop", {"manage.py": "", program: "", "uv.lock": ""}))
    assert guess.command == f"{program} manage.py runserver --noreload $PORT"


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"main.py": FASTAPI}, "python3 -m uvicorn main:service --port $PORT"),
        ({"app/main.py": FASTAPI, "uv.lock": ""}, "uv run python -m uvicorn app.main:service --port $PORT"),
        ({"src/main.py": FASTAPI}, "python3 -m uvicorn main:service --app-dir src --port $PORT"),
        ({"app/__init__.py": FASTAPI}, "python3 -m uvicorn app:service --port $PORT"),
        ({"requirements.txt": "FastAPI\n", "app.py": "x"}, "python3 -m uvicorn app:app --port $PORT"),
        ({"wsgi.py": FLASK}, "python3 -m flask --app wsgi --debug run --no-reload --port $PORT"),
        ({"app/__init__.py": FLASK}, "python3 -m flask --app app --debug run --no-reload --port $PORT"),
        ({"server.py": "import tornado.web\ndefine('port', 8888)"}, "python3 server.py --port=$PORT"),
        ({"server.py": "import tornado.web\napp.listen(8888)"}, "python3 server.py"),
    ],
)
def test_an_application_runs_by_its_frameworks_server(files, command):
    (guess,) = python_application(Facts("shop", files))
    assert guess.command == command


def test_a_port_that_tornado_listens_on_is_the_services_port():
    (guess,) = python_application(Facts("shop", {"app.py": "from tornado import web\nx.listen(8888)\n"}))
    assert (guess.port, guess.advice) == (8888, ())


def test_a_tornado_program_with_an_unknown_port_comes_with_advice():
    (guess,) = python_application(Facts("shop", {"app.py": "import tornado\nx.listen(options.http)\n"}))
    assert (guess.port, "PORT" in guess.advice[0]) == (None, True)


@pytest.mark.parametrize("files", [{}, {"main.py": "import flasks"}, {"requirements.txt": "flask"}])
def test_python_that_serves_nothing_is_no_service(files):
    assert python_application(Facts("shop", files)) == ()
    assert django(Facts("shop", files)) == ()
