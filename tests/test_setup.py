from pathlib import Path

import pytest

from devserve import setup
from devserve.ca.provisions import State
from devserve.config.values import Project, Service
from devserve.errors import AuthorityError
from devserve.io import authority as authorities
from devserve.io import state


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DEVSERVE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("DEVSERVE_HOSTS_FILE", str(tmp_path / "hosts"))
    return tmp_path


def project(domain: str, *hosts: str) -> Project:
    services = tuple(Service(f"s{number}", Path("/r"), host) for number, host in enumerate(hosts))
    return Project(Path("/r/devserve.toml"), domain, "Shop Ltd", services=services)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], {"localhost"}),
        ([project("shop.test", "web.shop.test", "shop.test")], {"localhost", "shop.test"}),
        ([project("shop.test", "mail.other.test")], {"localhost", "shop.test", "mail.other.test"}),
        ([project("fleet.localhost", "web.fleet.localhost")], {"localhost", "fleet.localhost"}),
    ],
)
def test_the_authority_covers_the_configured_names_and_no_more(given, expected):
    assert setup.domains(given) == expected


def test_the_first_run_creates_one_authority_and_later_ones_use_it(caplog):
    with caplog.at_level("INFO", "devserve"):
        first = setup.authority_for([project("shop.test")])
        again = setup.authority_for([])
    assert again.fingerprint == first.fingerprint
    assert len([message for message in caplog.messages if "was created" in message]) == 1


def test_the_variables_name_the_authority_and_every_service():
    here = project("shop.test", "web.shop.test")
    variables = setup.variables_for(setup.authority_for([here]), here.services, 8443)
    assert Path(variables["NODE_EXTRA_CA_CERTS"]).read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
    assert variables["DEVSERVE_URL_S0"] == "https://web.shop.test:8443"


def install(projects, answer=True, **options):
    said: list[str] = []
    outcomes = setup.install(
        projects, said.append, lambda question: said.append(question) or answer, ["nss"], **options
    )
    return outcomes, "\n".join(said)


def test_a_dry_run_shows_everything_and_does_nothing(home):
    outcomes, said = install([project("shop.test")], dry_run=True)
    assert "a new certificate authority for names below localhost, shop.test" in said
    assert {outcome.state for outcome in outcomes} <= {State.PLANNED, State.ABSENT}
    assert authorities.load(state.home()) is None


def test_a_new_domain_replaces_the_authority_only_when_it_is_wished():
    old = setup.authority_for([project("shop.test")])
    _, said = install([project("other.test")], answer=False)
    assert "may also sign names below other.test?" in said
    assert authorities.load(state.home()).fingerprint == old.fingerprint
    install([project("other.test")], answer=True)
    new = authorities.load(state.home())
    assert set(new.suffixes) == {"localhost", "other.test", "shop.test"}
    assert new.fingerprint != old.fingerprint


def test_an_authority_that_cannot_be_read_is_never_replaced():
    setup.authority_for([])
    file = authorities.private_file(state.home())
    file.write_text("damaged")
    with pytest.raises(AuthorityError):
        install([project("shop.test")])
    assert file.read_text() == "damaged"
