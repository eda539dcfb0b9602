import io
import json

import pytest
from rich.console import Console

from devserve.cli.run import ACCESS_LOGS
from devserve.cli.terminal import Terminal
from support.accesses import access
from support.command_line import devserve


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--https-port", "99999"), "99999"),
        (("--bind", "localhost"), "localhost is no IP address, such as 127.0.0.1"),
        (("nowhere",), "nowhere"),
        (("--access-log=csv",), "'csv'"),
    ],
)
def test_what_cannot_be_run_is_said(arguments, sentence):
    result = devserve("run", *arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr


def test_a_project_without_a_service_has_nothing_to_run(repository):
    (repository / "devserve.toml").write_text("")
    result = devserve("run")
    assert result.exit_code == 2
    assert "there is no service to run" in result.stderr


def test_an_exchange_is_a_line_for_people_or_for_programs(capsys):
    terminal = Terminal(Console(file=io.StringIO(), width=200))
    ACCESS_LOGS["text"](terminal, access("/a"))
    shown = terminal.console.file.getvalue()
    assert "GET /a" in shown
    assert capsys.readouterr().out == ""
    ACCESS_LOGS["json"](terminal, access("/b"))
    assert json.loads(capsys.readouterr().out)["target"] == "/b"
    assert terminal.console.file.getvalue() == shown
