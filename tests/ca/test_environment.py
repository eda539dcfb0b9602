import json
import shutil
import subprocess
from io import StringIO
from pathlib import Path

import pytest
from dotenv import dotenv_values

from devserve.ca.environment import EXTENDING, REPLACING, Form, render, service_urls, variables
from devserve.config.values import Service

CA, BUNDLE = Path("/state/public/ca.pem"), Path("/state/public/bundle.pem")
AWKWARD = {
    "PLAIN": "/home/me/ca.pem",
    "SPACE": "/home/Ann Other/ca.pem",
    "QUOTES": """it's "quoted" """,
    "DOLLAR": "$HOME `id` $(id) ${HOME}",
    "BACKSLASH": "C:\\users\\new",
    "HASH": "a #b !c ~d *",
    "LINES": "one\ntwo",
    "EMPTY": "",
}


def test_extending_variables_name_the_ca_and_replacing_ones_the_bundle():
    made = variables(CA, BUNDLE, {})
    assert {name for name, value in made.items() if value == str(CA)} == set(EXTENDING)
    assert {name for name, value in made.items() if value == str(BUNDLE)} == set(REPLACING)


def test_each_service_has_its_url():
    made = variables(CA, BUNDLE, {"compose": "https://compose.shop.test", "mail-box.2": "https://m.shop.test"})
    assert made["DEVSERVE_URL_COMPOSE"] == "https://compose.shop.test"
    assert made["DEVSERVE_URL_MAIL_BOX_2"] == "https://m.shop.test"


@pytest.mark.parametrize(
    ("path", "port", "url"),
    [
        ("/", 443, "https://a.test"),
        ("/", 8443, "https://a.test:8443"),
        ("/api", 443, "https://a.test/api"),
        ("/api/", 8443, "https://a.test:8443/api"),
    ],
)
def test_a_services_url_has_a_port_only_where_it_needs_one(path, port, url):
    service = Service("a", Path("/repository"), "a.test", path=path)
    assert service_urls([service], port) == {"a": url}


def test_json_is_read_back_unchanged():
    assert json.loads(render(AWKWARD, Form.JSON)) == AWKWARD


@pytest.mark.parametrize(("form", "shell"), [(Form.SH, "sh"), (Form.SH, "bash"), (Form.FISH, "fish")])
def test_a_shell_reads_back_every_value_unchanged(form, shell):
    path = shutil.which(shell)
    if path is None:
        pytest.skip(f"no {shell} here")
    show = "; ".join(f'printf "%s\\0" "${name}"' for name in AWKWARD)
    done = subprocess.run([path, "-c", f"{render(AWKWARD, form)}{show}"], capture_output=True, text=True, timeout=10)
    assert done.stdout.split("\0")[:-1] == list(AWKWARD.values())


def test_fish_escapes_what_its_single_quotes_do_not_take_literally():
    assert render({"A": "it's C:\\x"}, Form.FISH) == "set -gx A 'it\\'s C:\\\\x'\n"


def test_dotenv_reads_back_every_value_unchanged():
    assert dotenv_values(stream=StringIO(render(AWKWARD, Form.DOTENV)), interpolate=False) == AWKWARD
