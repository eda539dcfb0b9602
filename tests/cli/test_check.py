import json

import pytest

from support.command_line import devserve


@pytest.mark.usefixtures("shop")
def test_check_counts_what_it_found():
    result = devserve("check")
    assert result.exit_code == 0
    assert "1 file with 1 service: nothing is wrong" in result.stderr


def test_check_says_every_mistake(shop):
    shop.write_text(shop.read_text() + 'comand = "x"\nhost = "a b"\n')
    result = devserve("check")
    assert result.exit_code == 2
    assert 'devserve.toml:5:1: unknown key "comand"' in result.stderr
    assert "devserve.toml:6:" in result.stderr


@pytest.mark.usefixtures("repository")
def test_check_names_the_file_that_is_not_there():
    result = devserve("check", "nowhere")
    assert result.exit_code == 2
    assert "nowhere" in result.stderr


def test_check_accepts_what_init_writes_once(repository):
    (repository / "package.json").write_text('{"scripts": {"start": "node server.js"}}')
    assert devserve("init").exit_code == 0
    assert devserve("check").exit_code == 0
    written = (repository / "devserve.toml").read_text()
    assert devserve("init").exit_code == 2
    assert (repository / "devserve.toml").read_text() == written


def test_schema_is_json():
    assert "services" in json.loads(devserve("schema").stdout)["properties"]
