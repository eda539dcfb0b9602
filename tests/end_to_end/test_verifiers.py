"""Other people's verifiers accept each leaf that devserve mints, and refuse what a thief of the key would sign."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Error

from devserve.ca.authority import Subject, create
from devserve.ca.leaf import mint
from support.browser_drive import chromium
from support.browser_find import need_browser
from support.certificates import NOW, rogue
from support.fleet_home import new_home
from support.trust_machine import certutil
from support.verifiers import ACCEPTED, ENFORCING, HEEDLESS, VERIFIERS, served

MADE = create(Subject("Shop Ltd", "ann", "laptop"), ["shop.test", "localhost"], NOW)
HOSTS = ["web.shop.test", "bücher.shop.test", "127.0.0.1"]
OUTSIDE = ["example.com", "myshop.test", "8.8.8.8"]


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("verifier", VERIFIERS.values(), ids=VERIFIERS)
def test_what_devserve_mints_is_accepted(verifier, host: str, tmp_path: Path) -> None:
    assert verifier(MADE, mint(MADE, host, NOW), tmp_path) == ACCEPTED


@pytest.mark.parametrize("host", OUTSIDE)
@pytest.mark.parametrize("verifier", ENFORCING.values(), ids=ENFORCING)
def test_a_leaf_outside_the_constraints_is_refused(verifier, host: str, tmp_path: Path) -> None:
    verdict = verifier(MADE, rogue(MADE, host), tmp_path)
    assert verdict != ACCEPTED
    assert verdict  # a complaint, not an empty answer


@pytest.mark.parametrize("name", sorted(HEEDLESS))
def test_who_does_not_heed_the_constraints_is_known(name: str, tmp_path: Path) -> None:
    """The README and setup's hint say so; when this fails, they may stop."""
    assert VERIFIERS[name](MADE, rogue(MADE, "example.com"), tmp_path) == ACCEPTED


@pytest.mark.parametrize("verifier", VERIFIERS.values(), ids=VERIFIERS)
def test_the_thiefs_leaf_is_refused_for_its_name_alone(verifier, tmp_path: Path) -> None:
    assert verifier(MADE, rogue(MADE, "inside.shop.test"), tmp_path) == ACCEPTED


def lint(pem: bytes, folder: Path) -> list[tuple[str, str]]:
    """Return what pkilint (RFC 5280) has to say: code and node of each finding."""
    (folder / "linted.pem").write_bytes(pem)
    command = [Path(sys.executable).parent / "lint_pkix_cert", "lint", "-s", "NOTICE", "-f", "JSON"]
    done = subprocess.run([*command, folder / "linted.pem"], capture_output=True, text=True, timeout=50, check=False)
    findings = json.loads(done.stdout)["results"]
    return [(each["code"], found["node_path"]) for found in findings for each in found["finding_descriptions"]]


@pytest.mark.parametrize("host", [*HOSTS, f"{'x' * 63}.localhost"])
def test_pkilint_finds_nothing_in_a_leaf(host: str, tmp_path: Path) -> None:
    end = b"-----END CERTIFICATE-----\n"
    leaf = mint(MADE, host, NOW).chain_pem.partition(end)[0] + end
    assert lint(leaf, tmp_path) == []


def test_pkilint_finds_nothing_in_the_root(tmp_path: Path) -> None:
    assert lint(create(Subject("Shop Ltd", "ann", "laptop"), ["shop.test"], NOW).root.pem, tmp_path) == []


def test_all_that_pkilint_dislikes_is_that_localhost_has_one_label(tmp_path: Path) -> None:
    [(code, node)] = lint(MADE.root.pem, tmp_path)
    assert code == "pkix.invalid_domain_name_syntax"
    assert "permittedSubtrees.0" in node


def test_chromium_refuses_a_leaf_outside_the_constraints_and_accepts_one_inside(tmp_path: Path) -> None:
    executable, home = need_browser(), new_home(tmp_path)
    made = create(Subject("Shop Ltd", "ann", "laptop"), ["shop.localhost"], NOW)
    database = home.path / ".local/share/pki/nssdb"
    database.mkdir(parents=True)
    certutil(database, "-N", "--empty-password")
    certutil(database, "-A", "-t", "C,,", "-n", "devserve", "-a", stdin=made.root.pem)
    verdicts = {}
    with chromium(executable, home) as context:
        for leaf in (
            mint(made, "web.shop.localhost", NOW),
            rogue(made, "in.shop.localhost"),
            rogue(made, "a.localhost"),
        ):
            with served(leaf, tmp_path) as port:
                page = context.new_page()
                try:
                    page.goto(f"https://{leaf.host}:{port}/")
                    verdicts[leaf.host] = page.inner_text("body")
                except Error as error:
                    verdicts[leaf.host] = str(error)
    assert verdicts["web.shop.localhost"] == verdicts["in.shop.localhost"] == ACCEPTED
    assert "ERR_CERT_" in verdicts["a.localhost"]
