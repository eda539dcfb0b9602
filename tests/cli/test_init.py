"""`devserve init` on a terminal: what it asks, and what the answers make of the file."""

from pathlib import Path

import pytest

from devserve.config.load import load
from devserve.config.values import Service
from support.at_a_terminal import at_a_terminal
from support.fleet_home import Home, new_home

DJANGO = {"manage.py": ""}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return new_home(tmp_path)


def services(root: Path) -> tuple[Service, ...]:
    file = root / "devserve.toml"
    return load(file.read_text(), file).services


def answered(home: Home, root: Path, files: dict[str, str], *answers: str) -> str:
    root.mkdir()
    for name, text in files.items():
        (root / name).write_text(text)
    with at_a_terminal(home, "init", cwd=root) as terminal:
        for answer in answers:
            question, _, typed = answer.partition(" → ")
            terminal.wait_for(question)
            terminal.type(f"{typed}\n")
        assert terminal.wait_end() == 0
        return terminal.shown


def test_enter_takes_what_is_proposed(home: Home, tmp_path: Path) -> None:
    root = tmp_path / "shop"
    asked = ("What starts it? [python3 manage.py", "At which host? [shop.localhost]", "restart it? → ")
    shown = answered(home, root, DJANGO, *asked)
    assert "Found manage.py." in shown
    (service,) = services(root)
    assert (service.host, service.command[:2]) == ("shop.localhost", ("python3", "manage.py"))


def test_other_answers_are_written(home: Home, tmp_path: Path) -> None:
    root = tmp_path / "shop"
    asked = ("What starts it? → ./serve $PORT", "At which host? → www.shop.test", "restart it? → lib/**")
    shown = answered(home, root, DJANGO, *asked)
    (service,) = services(root)
    assert (service.host, service.command) == ("www.shop.test", ("./serve", "$PORT"))
    assert service.watch[0].paths == ("lib/**",)
    assert "starts `./serve $PORT` and serves it at https://www.shop.test" in shown


def test_what_is_no_answer_is_asked_again(home: Home, tmp_path: Path) -> None:
    root = tmp_path / "shop"
    asked = ("What starts it? → ", "At which host? → https://shop.test/", 'write "shop.test" → shop.test')
    answered(home, root, {"index.html": ""}, *asked)
    assert services(root)[0].host == "shop.test"


def test_where_nothing_is_found_and_nothing_is_said_the_file_teaches(home: Home, tmp_path: Path) -> None:
    root = tmp_path / "shop"
    shown = answered(home, root, {}, "What starts it? → ")
    assert "Nothing here tells" in shown
    assert services(root) == ()


def test_yes_asks_nothing(home: Home, tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("")
    with at_a_terminal(home, "init", "--yes", cwd=tmp_path) as terminal:
        assert terminal.wait_end() == 0
        assert "?" not in terminal.shown
