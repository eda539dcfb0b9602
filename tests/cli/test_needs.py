import io
from pathlib import Path

import click
import pytest
from rich.console import Console

from devserve.cli import needs
from devserve.cli.terminal import Terminal
from devserve.io.config import projects
from devserve.run.needs import Standing

WEB = '[services.web]\nport = 3000\nneeds = ["contacts/api"]\n[services.docs]\nport = 3001\n'
STAGING = '[services.contacts]\nupstream = "https://contacts.staging.test"\n'


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DEVSERVE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr("sys.stdin", io.StringIO())
    repository(tmp_path / "shop", WEB)
    return tmp_path


def repository(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "devserve.toml").write_text(text)
    return folder


def met(work: Path, only=(), elsewhere=needs.nobody) -> tuple[list[str], str]:
    console = Console(file=io.StringIO(), width=300)
    found = needs.met(projects.read_all([work / "shop"]), only, Terminal(console), elsewhere)
    return [project.root.name for project in found], console.file.getvalue()


def test_without_a_checkout_a_person_is_told_what_is_missing(work):
    assert "web needs contacts/api, which nobody runs, and contacts is not beside" in met(work)[1]


def test_where_nobody_can_be_asked_the_command_is_said(work):
    contacts = repository(work / "contacts", "[services.api]\nport = 3002\n")
    names, said = met(work)
    assert names == ["shop"]
    assert f"web needs contacts/api, which nobody runs; start it with: devserve run {contacts}" in said


def test_a_remote_answers_where_it_is_configured(work):
    repository(work / "shop", WEB + STAGING)
    assert met(work)[1] == (
        "web needs contacts/api, which nobody runs: https://contacts.staging.test:443 answers for it.\n"
    )


def test_nothing_is_said_of_what_another_devserve_runs(work):
    asked = []

    def elsewhere(repository: str, service: str) -> Standing:
        asked.append((repository, service))
        return Standing(ready=True, coming=False)

    assert met(work, elsewhere=elsewhere) == (["shop"], "")
    assert set(asked) == {("contacts", "api")}


def test_what_does_not_run_needs_nothing(work):
    assert met(work, only=["docs"]) == (["shop"], "")
    assert "web needs" in met(work, only=["web"])[1]


class AtATerminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("typed", "names"), [("\n", ["contacts", "mail", "shop"]), ("n\n", ["shop"])])
def test_what_a_person_agrees_to_is_started_with_what_it_needs_itself(work, monkeypatch, typed, names):
    repository(work / "contacts", '[services.api]\nport = 3002\nneeds = ["mail/smtp"]\n')
    repository(work / "mail", "[services.smtp]\nport = 3003\n")
    monkeypatch.setattr("sys.stdin", AtATerminal(typed * 2))
    monkeypatch.setattr(click.termui, "visible_prompt_func", lambda _: typed.strip())
    assert met(work)[0] == names
