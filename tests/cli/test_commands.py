import subprocess
import sys

import click
import pytest

from devserve.cli.commands import PLACES, Own

IMPORTS = """
import sys
from devserve.cli.commands import PLACES, Own
Own(PLACES)[sys.argv[1]]
print(*sys.modules)
"""
ASKING = ("allow", "init", "logs", "reload", "restart", "routes", "status", "why")
SERVER = {"tornado", "watchdog"}
AUTHORITY = {"cryptography"}


@pytest.mark.parametrize("name", PLACES)
def test_each_command_is_where_it_is_said_to_be(name):
    command = Own(PLACES)[name]
    assert isinstance(command, click.Command)
    assert command.name == name


@pytest.mark.parametrize(
    ("name", "left_out"),
    [
        *((name, SERVER | AUTHORITY) for name in ASKING),
        *((name, SERVER) for name in ("ca", "check", "env", "exec")),
    ],
)
def test_a_command_waits_for_no_import_that_it_does_not_need(name, left_out):
    result = subprocess.run([sys.executable, "-c", IMPORTS, name], capture_output=True, text=True, check=True)
    assert left_out.isdisjoint(result.stdout.split())


def test_which_commands_there_are_is_known_without_an_import():
    source = f"{IMPORTS.partition('Own(PLACES)[')[0]}assert len(Own(PLACES)) == {len(PLACES)}\nprint(*sys.modules)"
    result = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    places = {place.partition(":")[0] for place in PLACES.values()}
    assert places.isdisjoint(result.stdout.split())
