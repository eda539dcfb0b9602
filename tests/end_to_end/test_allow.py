"""Nothing of a repository runs before it is allowed: asked at a terminal, refused without one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from support.at_a_terminal import CTRL_C, at_a_terminal
from support.fleet_client import ask
from support.fleet_home import Home, new_home, repository
from support.fleet_running import Running, free_port, until
from support.fleet_stage import export_ca

TEXT = """\
[project]
plugins = ["plugin.py"]
[services.web]
command = ["sh", "-c", "touch ran; exec python3 -m http.server --bind 127.0.0.1 $PORT"]
"""
PLUGIN = "import pathlib\n\npathlib.Path(__file__).with_name('imported').touch()\n"
QUESTION = "May it run? [y/N]: "


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home in which nothing was allowed."""
    return new_home(tmp_path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A repository with a command and a plugin that leave traces."""
    folder = repository(tmp_path, TEXT)
    (folder / "plugin.py").write_text(PLUGIN)
    return folder


def run() -> tuple[str, ...]:
    return ("run", "--https-port", str(free_port()), "--http-port", "0")


def traces(root: Path) -> list[str]:
    return [name for name in ("imported", "ran") if (root / name).exists()]


@pytest.mark.parametrize("answer", ["n\n", "\n", "no\n"])
def test_any_answer_but_yes_runs_nothing(home: Home, root: Path, answer: str) -> None:
    with at_a_terminal(home, *run(), cwd=root) as devserve:
        devserve.wait_for(QUESTION)
        assert f"{root} would run this:" in devserve.shown
        assert "web runs: sh -c 'touch ran;" in devserve.shown
        assert "plugin: plugin.py (3 lines)" in devserve.shown
        devserve.type(answer)
        assert devserve.wait_end() == 2
        devserve.wait_for("nothing was run, for it is not allowed; to allow it later, run: devserve allow")
    assert traces(root) == []
    assert not home.state.exists()


def test_ctrl_c_at_the_question_runs_nothing(home: Home, root: Path) -> None:
    with at_a_terminal(home, *run(), cwd=root) as devserve:
        devserve.wait_for(QUESTION)
        devserve.type(CTRL_C)
        assert devserve.wait_end() == 130
        assert "Traceback" not in devserve.shown
    assert traces(root) == []


def test_yes_is_asked_once_and_again_with_the_difference_when_something_changed(home: Home, root: Path) -> None:
    with at_a_terminal(home, *run(), cwd=root) as devserve:
        devserve.wait_for(QUESTION)
        assert traces(root) == []
        devserve.type("y\n")
        devserve.wait_for(" ready")
        assert traces(root) == ["imported", "ran"]
        devserve.type(CTRL_C)
        assert devserve.wait_end() == 130
    with at_a_terminal(home, *run(), cwd=root) as devserve:
        devserve.wait_for(" ready")
        assert QUESTION not in devserve.shown
    (root / "devserve.toml").write_text(TEXT.replace("touch ran", "touch ran again"))
    (root / "plugin.py").write_text(PLUGIN + "evil = True\n")
    with at_a_terminal(home, *run(), cwd=root) as devserve:
        devserve.wait_for(QUESTION)
        assert "would run something else than what was allowed" in devserve.shown
        assert "\n  -web runs: sh -c 'touch ran; exec" in devserve.shown
        assert "\n  +web runs: sh -c 'touch ran again; exec" in devserve.shown
        assert "\n  +plugin.py: evil = True" in devserve.shown
        devserve.type("n\n")
        assert devserve.wait_end() == 2
    assert not (root / "again").exists()


def test_a_plugin_that_changes_during_the_question_is_asked_about_again(home: Home, root: Path) -> None:
    with at_a_terminal(home, *run(), cwd=root) as devserve:
        devserve.wait_for(QUESTION)
        (root / "plugin.py").write_text(PLUGIN + "evil = True\n")
        devserve.type("y\n")
        devserve.wait_for("+plugin.py: evil = True")
        devserve.type("n\n")
        assert devserve.wait_end() == 2
    assert traces(root) == []


def test_without_a_terminal_it_is_refused_whatever_the_environment_says(home: Home, root: Path, tmp_path: Path) -> None:
    on_ci = Home(home.path, {**home.extra, "CI": "true", "DEVSERVE_ALLOW": "1", "DEVSERVE_YES": "1"})
    refused = on_ci.devserve(*run(), cwd=root)
    assert refused.returncode == 2
    assert f"nobody can be asked here; run: devserve allow {root}" in refused.stderr
    assert traces(root) == []


def test_of_several_repositories_each_is_asked_for_and_the_others_wait(home: Home, root: Path, tmp_path: Path) -> None:
    mail = tmp_path / "mail"
    mail.mkdir()
    (mail / "devserve.toml").write_text(TEXT.replace("services.web", "services.mail"))
    (mail / "plugin.py").write_text(PLUGIN)
    port = free_port()
    arguments = ("run", "--https-port", str(port), "--http-port", "0", mail, root)
    with at_a_terminal(home, *arguments, cwd=tmp_path) as devserve:
        devserve.wait_for(QUESTION)
        devserve.type("y\n")
        devserve.wait_for(f"{root} would run this:")
        devserve.wait_for(f"plugin: plugin.py (3 lines)\n{QUESTION}")
        devserve.type("n\n")
        devserve.wait_for("1 of 2 services ready in")
        devserve.wait_for(f"1 not allowed yet: devserve allow {root}")
        assert traces(mail) == ["imported", "ran"]
        ca = export_ca(home, mail)
        url = f"https://web.localhost:{port}/"
        page = ask(url, ca, Accept="text/html").text
        assert "web is not allowed to run yet" in page
        assert "web runs: sh -c &#x27;touch ran;" in page
        told = json.loads(ask(url, ca, Accept="application/json").text)
        assert told["status"] == 503
        assert f"`devserve allow {root}`" in told["explanation"]
        assert told["lines"][-1] == "plugin: plugin.py (3 lines)"
        for order in ("start", "restart"):
            given = home.devserve(order, "web", cwd=tmp_path)
            assert given.returncode == 1
            assert "before it is allowed" in given.stderr
        assert traces(root) == []
        assert home.devserve("allow", "--yes", root, cwd=tmp_path).returncode == 0
        devserve.wait_for("devserve allow: web starts")
        until(lambda: ask(url, ca).status == 200, "it answers")
        assert traces(root) == ["imported", "ran"]
        (root / "devserve.toml").write_text(TEXT.replace("touch ran", "touch ran again"))
        devserve.wait_for(f"is not allowed yet; look at it with: devserve allow {root}")
        assert ask(url, ca).status == 200
    assert not (root / "again").exists()


def test_an_included_repository_that_is_not_allowed_does_not_hold_the_others_up(
    home: Home, root: Path, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "devserve.toml").write_text(
        '[services.own]\nport = 1\nneeds = ["web"]\n[project]\ninclude = ["../repository"]\n'
    )
    devserve = Running(home, run()[1:], own, allow=False)
    try:
        devserve.wait_for(lambda: f"1 not allowed yet: devserve allow {root}" in devserve.output, "the others run")
        assert f"{root} would run this:" in devserve.output
        assert traces(root) == []
    finally:
        devserve.end()


def test_allow_at_a_terminal_answers_beforehand(home: Home, root: Path) -> None:
    with at_a_terminal(home, "allow", cwd=root) as devserve:
        devserve.wait_for(QUESTION)
        devserve.type("y\n")
        assert devserve.wait_end() == 0
    assert traces(root) == []
    with at_a_terminal(home, *run(), cwd=root) as devserve:
        devserve.wait_for(" ready")
        assert QUESTION not in devserve.shown


def test_a_text_that_would_hide_itself_on_the_terminal_is_shown(home: Home, root: Path) -> None:
    hidden = '[services.web]\ncommand = ["sh", "-c", "evil #\\u001b[2K\\r\\u202e"]\n'
    (root / "devserve.toml").write_text(hidden)
    with at_a_terminal(home, *run(), cwd=root) as devserve:
        devserve.wait_for(QUESTION)
        assert r"web runs: sh -c 'evil #\x1b[2K\r\u202e'" in devserve.shown
