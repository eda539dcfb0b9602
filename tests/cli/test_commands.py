import subprocess
import sys

import click
import pytest

from devserve.cli.commands import PLACES, Own

IMPORTS = """
import sys
from devserve.cli.commands import Own
Own()[sys.argv[1]]
print(*sys.modules)
"""
SERVER = {"tornado", "watchdog", "cryptography"}  # what only a running devserve needs
AUTHORITY = SERVER - {"cryptography"}


@pytest.mark.parametrize("name", PLACES)
def test_each_command_is_where_it_is_said_to_be(name):
    command = Own()[name]
    assert isinstance(command, click.Command)
    assert command.name == name


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        *((name, SERVER) for name in ("allow", "init", "logs", "reload", "restart", "routes", "status", "why")),
        *((name, AUTHORITY) for name in ("ca", "check", "env", "exec")),
    ],
)
def test_a_command_waits_for_no_import_that_it_does_not_need(name, left_out):
    result = subprocess.run([sys.executable, "-c", IMPORTS, name], capture_output=True, text=True, check=True)
    assert left_out.isdisjoint(result.stdout.split())


def test_the_commands_are_a_mapping_that_takes_more():
    commands, mine = Own(), click.Command("mine")
    assert list(commands) == list(PLACES)
    commands["mine"] = mine
    assert (commands["mine"], len(commands)) == (mine, len(PLACES) + 1)
    del commands["mine"], commands["run"]
    assert set(commands) == set(PLACES) - {"run"}
