import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from devserve.cli.main import main
from devserve.io.run.ports import free_port

CONFIG = '[project]\ndomain = "shop.test"\n[services.web]\nport = 3001\n'
USUAL = b"127.0.0.1 localhost\n"
BLOCK = "127.0.0.1 livereload.web.shop.test\n::1 livereload.web.shop.test\n127.0.0.1 web.shop.test\n::1 web.shop.test\n"


@pytest.fixture(autouse=True)
def hosts(tmp_path, monkeypatch) -> Path:
    file = tmp_path / "hosts"
    file.write_bytes(USUAL)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DEVSERVE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("DEVSERVE_HOSTS_FILE", str(file))
    repository = tmp_path / "repository"
    repository.mkdir()
    (repository / "devserve.toml").write_text(CONFIG)
    monkeypatch.chdir(repository)
    return file


def devserve(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


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


def test_hosts_says_that_there_are_no_names(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "repository")
    Path("devserve.toml").write_text("")
    result = devserve("hosts")
    assert result.exit_code == 2
    assert "there is no service here" in result.stderr


def test_doctor_exits_with_1_when_something_is_broken_and_tells_programs_on_stdout_alone(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    result = devserve("doctor", "--json", "--https-port", str(free_port()), "--http-port", "0")
    assert result.exit_code == 1
    listed = json.loads(result.stdout)
    assert listed["broken"] is True
    assert {"topic", "subject", "verdict", "said", "fix", "measured"} == set(listed["findings"][0])
    assert "authority" in {each["subject"] for each in listed["findings"]}


def test_doctor_needs_an_https_url(monkeypatch):
    result = devserve("doctor", "http://web.shop.test")
    assert result.exit_code == 2
    assert "is no https URL" in result.stderr
