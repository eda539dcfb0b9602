import pytest

from devserve.config.facts import Facts
from devserve.config.stacks import guesses, guesses_by

NODE = '{"scripts": {"dev": "vite"}}'


@pytest.mark.parametrize(
    ("files", "because"),
    [
        ({"package.json": NODE, "Procfile": "web: x", "manage.py": ""}, 'package.json, script "dev"'),
        ({"package.json": "{}", "gulpfile.js": "", "index.html": ""}, "gulpfile.js"),
        ({"Procfile": "web: x", "manage.py": ""}, 'Procfile, process "web"'),
        ({"manage.py": "", "app.py": "import flask"}, "manage.py"),
        ({"app.py": "import flask", "index.html": ""}, "app.py, made with flask"),
        ({"index.html": "", "public/index.html": ""}, "index.html"),
    ],
)
def test_the_first_sign_decides(files, because):
    assert guesses(Facts("shop", files))[0].because == because


def test_nothing_notable_gives_no_guess():
    assert guesses(Facts("shop", {})) == ()


@pytest.mark.parametrize(
    ("page", "command"),
    [
        ("index.html", "python3 -m http.server $PORT --bind 127.0.0.1"),
        ("public/index.html", "python3 -m http.server $PORT --bind 127.0.0.1 --directory public"),
    ],
)
def test_a_folder_of_pages_is_served_as_it_is(page, command):
    assert guesses(Facts("shop", {page: ""}))[0].command == command


def test_only_the_web_process_of_a_procfile_serves():
    text = "# comment\nworker_a: celery -A x | tee log\nweb: gunicorn app:app\n\nbroken\ndevserve: y\n"
    found = guesses(Facts("shop", {"Procfile": text}))
    assert [(guess.name, guess.command, guess.serves) for guess in found] == [
        ("web", "gunicorn app:app", True),
        ("worker-a", ("sh", "-c", "celery -A x | tee log"), False),
        ("devserve-process", "y", False),
    ]


def test_without_a_web_process_the_first_one_serves():
    found = guesses(Facts("shop", {"Procfile.dev": "api: x\njobs: y\n"}))
    assert [guess.serves for guess in found] == [True, False]


@pytest.mark.parametrize(("stack", "count"), [("python", 1), ("node", 0), ("other", 0)])
def test_a_repository_is_of_the_stack_of_its_first_sign(stack, count):
    assert len(guesses_by(stack, Facts("shop", {"manage.py": ""}))) == count
    assert guesses_by(stack, Facts("shop", {})) == ()
