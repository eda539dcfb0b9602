from pathlib import Path

import pytest

from support.command_line import devserve

USUAL = b"127.0.0.1 localhost\n"
BLOCK = "127.0.0.1 livereload.web.shop.test\n::1 livereload.web.shop.test\n127.0.0.1 web.shop.test\n::1 web.shop.test\n"


@pytest.fixture(autouse=True)
def hosts(shop, tmp_path) -> Path:
    file = tmp_path / "hosts"
    file.write_bytes(USUAL)
    return file


def test_hosts_prints_the_lines_of_the_configured_names(hosts):
    result = devserve("hosts")
    assert BLOCK in result.stdout
    assert hosts.read_bytes() == USUAL


def test_hosts_writes_checks_and_removes(hosts):
    assert devserve("hosts", "--check").exit_code == 1
    assert devserve("hosts", "--write").exit_code == 0
    assert BLOCK.encode() in hosts.read_bytes()
    assert devserve("hosts", "--check", "web.shop.test").exit_code == 0
    assert devserve("hosts", "--remove").exit_code == 0
    assert hosts.read_bytes() == USUAL


def test_hosts_takes_another_file(hosts, tmp_path):
    other = tmp_path / "windows"
    other.write_bytes(b"127.0.0.1 localhost\r\n")
    devserve("hosts", "--write", "--file", str(other), "a.test")
    assert b"::1 a.test\r\n" in other.read_bytes()
    assert hosts.read_bytes() == USUAL


def test_hosts_says_that_there_are_no_names(shop):
    shop.write_text("")
    result = devserve("hosts")
    assert result.exit_code == 2
    assert "there is no service here" in result.stderr
