import pytest

from support.command_line import devserve


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["--help"], 0, "Every microservice"),
        (["-h"], 0, "Usage:"),
        ([], 2, "Usage:"),
        (["runn"], 2, "No such command 'runn'. Did you mean 'run'?"),
        (["run", "--htps-port", "1"], 2, "--https-port"),
    ],
)
@pytest.mark.usefixtures("repository")
def test_wrong_usage_gets_a_hint(arguments, status, sentence):
    result = devserve(*arguments)
    assert result.exit_code == status
    assert sentence in result.output


@pytest.mark.usefixtures("repository")
def test_the_list_of_commands_says_whole_sentences():
    assert "..." not in devserve("--help").output.partition("Commands:")[2]


def test_a_traceback_needs_debug(shop):
    shop.write_text("broken")
    assert isinstance(devserve("check").exception, SystemExit)
    assert not isinstance(devserve("--debug", "check").exception, SystemExit)
