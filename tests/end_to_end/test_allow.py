"""Nothing of a repository runs before it is allowed: asked at a terminal, refused without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.at_a_terminal import CTRL_C, at_a_terminal
from support.fleet_home import Home, new_home, repository
from support.fleet_running import free_port

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
