import json

import pytest

from support.command_line import devserve


@pytest.mark.usefixtures("repository")
def test_the_authority_can_be_shown_and_exported():
    devserve("env")
    assert json.loads(devserve("ca", "show", "--json").stdout)["signs"] == ["localhost"]
    assert "signs    localhost\n" in devserve("ca", "show").stderr
    assert devserve("ca", "export").stdout.startswith("-----BEGIN CERTIFICATE-----")


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize("command", ["show", "export"])
def test_without_one_it_is_said_what_creates_it(command):
    result = devserve("ca", command)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "`devserve setup` creates it" in result.stderr
