import json

import pytest

from devserve.io.run.ports import free_port
from support.command_line import devserve

pytestmark = pytest.mark.usefixtures("shop")


def test_doctor_exits_with_1_when_something_is_broken_and_tells_programs_on_stdout_alone(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    result = devserve("doctor", "--json", "--https-port", str(free_port()), "--http-port", "0")
    assert result.exit_code == 1
    listed = json.loads(result.stdout)
    assert listed["broken"] is True
    assert {"topic", "subject", "verdict", "said", "fix", "measured"} == set(listed["findings"][0])
    assert "authority" in {each["subject"] for each in listed["findings"]}


def test_doctor_needs_an_https_url():
    result = devserve("doctor", "http://web.shop.test")
    assert result.exit_code == 2
    assert "is no https URL" in result.stderr
