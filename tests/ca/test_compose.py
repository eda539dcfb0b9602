from pathlib import Path

import pytest
import yaml

from devserve.ca.compose import HEAD, compose
from devserve.ca.environment import EXTENDING, REPLACING

PUBLIC = Path("/home/Ann O'Ther/$x: {y}/public")
URLS = {"web": "https://web.shop.test"}


@pytest.fixture
def service() -> dict:
    text = compose(PUBLIC / "ca.pem", PUBLIC / "bundle.pem", URLS, ["web.shop.test", "api.shop.test", "web.shop.test"])
    assert text.startswith(HEAD)
    return yaml.safe_load(text)["services"]["devserve"]


def test_variables_name_the_files_as_the_container_sees_them(service):
    environment = service["environment"]
    assert {environment[name] for name in EXTENDING} == {"/etc/devserve/ca.pem"}
    assert {environment[name] for name in REPLACING} == {"/etc/devserve/bundle.pem"}
    assert environment["DEVSERVE_URL_WEB"] == "https://web.shop.test"


def test_only_the_public_folder_is_mounted_and_nothing_is_written_there(service):
    [mount] = service["volumes"]
    assert mount == {
        "type": "bind",
        "source": str(PUBLIC).replace("$", "$$"),  # what Compose reads as one dollar sign
        "target": "/etc/devserve",
        "read_only": True,
    }


def test_every_name_leads_to_the_host(service):
    assert service["extra_hosts"] == ["api.shop.test:host-gateway", "web.shop.test:host-gateway"]


def test_without_names_none_are_written():
    text = compose(PUBLIC / "ca.pem", PUBLIC / "bundle.pem", {}, [])
    assert "extra_hosts" not in yaml.safe_load(text)["services"]["devserve"]
