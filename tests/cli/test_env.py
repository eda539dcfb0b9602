import json

import pytest

from support.command_line import devserve


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize(("arguments", "start"), [((), "export "), (("--format", "fish"), "set -gx ")])
def test_env_prints_for_a_shell_on_stdout_alone(arguments, start):
    result = devserve("env", *arguments)
    lines = result.stdout.splitlines()
    assert lines
    assert all(line.startswith(start) for line in lines)


@pytest.mark.usefixtures("shop")
def test_env_knows_the_services():
    assert json.loads(devserve("env", "--json").stdout)["DEVSERVE_URL_WEB"] == "https://web.shop.test"


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("env", "--format", "csh"), "csh"),
        (("exec",), "COMMAND"),
        (("exec", "--", "no-such-command"), "no-such-command cannot be run: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_said(arguments, sentence):
    result = devserve(*arguments)
    assert result.exit_code == 2
    assert sentence in result.stderr
