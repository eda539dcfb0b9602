import re
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from devserve.app import setup
from devserve.ca.authority import LIFE, Subject
from devserve.ca.ledger import Entry
from devserve.ca.provisions import Kind, State
from devserve.config.values import Livereload, Project, Service
from devserve.errors import AuthorityError, ConfigError
from devserve.fleet import Planned
from devserve.io import state
from devserve.io.ca import authority as authorities
from devserve.io.ca import ledger, trust
from devserve.plugins import load
from support.certificates import need
from support.trust_machine import certutil


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


WEB = Service("web", Path("/r"), "web.shop.test", livereload=Livereload(host="live.other.test"))
LIVE = replace(project("shop.test"), services=(WEB,))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ([], {"localhost"}),
        ([project("shop.test", "web.shop.test", "shop.test")], {"localhost", "shop.test"}),
        ([project("shop.test", "mail.other.test")], {"localhost", "shop.test", "mail.other.test"}),
        ([project("fleet.localhost", "web.fleet.localhost")], {"localhost", "fleet.localhost"}),
        ([LIVE], {"localhost", "shop.test", "live.other.test"}),
    ],
)
def test_the_authority_covers_the_configured_names_and_no_more(given, expected):
    assert setup.domains(given) == expected


@pytest.mark.parametrize(("host", "is_left"), [("a.shop.test", True), ("bank.test", False)])
def test_a_held_service_gets_no_page_at_names_that_the_authority_may_not_sign(host, is_left):
    authority = setup.authority_for([project("shop.test")])
    held = Planned(Service("a", Path("/r"), host, would_run=("a runs: x",)), load(Project(Path("/r/x"))), 1)
    assert bool(setup.answerable(authority, [held])) is is_left


def test_the_first_run_creates_one_authority_and_later_ones_use_it(caplog):
    with caplog.at_level("INFO", "devserve"):
        first = setup.authority_for([project("shop.test")])
        again = setup.authority_for([])
    assert again.fingerprint == first.fingerprint
    assert len([message for message in caplog.messages if "was created" in message]) == 1


def test_each_run_says_that_browsers_do_not_trust_the_authority_until_setup_tells_them(home, caplog):
    authority = setup.authority_for([])
    setup.remind_of_trust(authority)
    assert "run `devserve setup` once" in caplog.text
    caplog.clear()
    entry = Entry(Kind.CHROMIUM, Path("/db"), authority.fingerprint, datetime.now(UTC))
    ledger.record(state.home(), lambda known: known.with_entry(entry))
    setup.remind_of_trust(authority)
    assert caplog.text == ""


def test_the_variables_name_the_authority_and_every_service():
    here = project("shop.test", "web.shop.test")
    variables = setup.variables_for(setup.authority_for([here]), here.services, 8443)
    assert Path(variables["NODE_EXTRA_CA_CERTS"]).read_bytes().startswith(b"-----BEGIN CERTIFICATE-----")
    assert variables["DEVSERVE_URL_S0"] == "https://web.shop.test:8443"


def install(projects, answer=True, **options):
    need("certutil", "libnss3-tools")
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


def fingerprint() -> str:
    return authorities.load(state.home(), expired=True).fingerprint


def roots(home: Path) -> set[str]:
    """Return the nicknames of the roots that the browsers' database trusts."""
    listed = certutil(home / ".local/share/pki/nssdb", "-L")
    return set(re.findall(r"devserve [0-9a-f]{16}", listed))


def nickname() -> str:
    return authorities.load(state.home()).root.nickname


def test_a_new_domain_needs_a_new_authority_and_a_no_keeps_the_present_one(home):
    install([project("shop.test")])
    old = fingerprint()
    _, said = install([project("other.test")], answer=False)
    assert "may not sign names below other.test. Make a new one that takes its place?" in said
    assert fingerprint() == old


def test_a_domain_that_the_authority_may_not_sign_leads_to_a_clear_request():
    authority = setup.authority_for([project("shop.test")])
    setup.refuse_unsigned(authority, [project("web.shop.test")])
    with pytest.raises(AuthorityError, match=r"names below other\.test, .*`devserve setup` once"):
        setup.refuse_unsigned(authority, [project("other.test")])


@pytest.mark.parametrize(
    ("host", "is_found", "error", "said"),
    [
        ("docs.shop.test", False, None, ""),
        ("docs.shop.test", True, None, ""),
        ("docs.other.test", False, AuthorityError, r"names below docs\.other\.test, .*`devserve setup` once"),
        ("docs.other.test", True, ConfigError, r"found docs at docs\.other\.test.*a host below shop\.test"),
    ],
)
def test_a_plugins_host_is_setups_unless_it_is_only_found_while_devserve_runs(host, is_found, error, said):
    own = project("shop.test")
    docs = Planned(Service("docs", own.root, host), load(own), 1)
    if is_found:
        docs.hooks.discovered["containers"] = (docs.service,)
    authority = setup.authority_for([own])
    with pytest.raises(error, match=said) if error else nullcontext():
        setup.refuse_unsigned(authority, [own], [docs])


def test_the_next_authority_is_trusted_before_it_takes_over_and_the_old_one_until_the_next_setup(home):
    install([project("shop.test")])
    old = nickname()
    _, said = install([project("other.test")])
    new = nickname()
    assert old != new
    assert set(authorities.load(state.home()).suffixes) == {"localhost", "other.test", "shop.test"}
    assert roots(home) == {old, new}
    assert "stays trusted for what runs now, until the next `devserve setup`" in said
    outcomes, _ = install([project("other.test")])
    assert roots(home) == {new}
    assert [outcome.kind for outcome in outcomes if outcome.state is State.REMOVED] == [Kind.CHROMIUM]
    setup.remove(lambda _: None, lambda _: True)
    assert not (home / ".local/share/pki").exists()


def test_an_authority_that_no_store_has_learned_of_does_not_take_over(home):
    install([project("shop.test")])
    old = nickname()
    database = home / ".local/share/pki/nssdb"
    kept = (database / "cert9.db").read_bytes()
    (database / "cert9.db").write_bytes(b"not a database " * 1000)
    _, said = install([project("other.test")])
    assert nickname() == old
    assert "the present one stays in use" in said
    (database / "cert9.db").write_bytes(kept)
    install([project("other.test")])
    assert nickname() != old
    assert roots(home) == {old, nickname()}


def test_a_proposal_that_is_no_longer_needed_leaves_the_stores(home):
    install([project("shop.test")])
    following = authorities.propose(state.home(), Subject("", "ann", "laptop"), ["shop.test", "other.test"])
    trust.install(state.home(), following, trust.survey(), lambda _: None, groups=["nss"])
    assert len(roots(home)) == 2
    install([project("shop.test")])
    assert roots(home) == {nickname()}
    assert authorities.proposed(state.home()) is None


@pytest.mark.parametrize(("left", "replaced"), [(timedelta(days=91), False), (timedelta(days=89), True)])
def test_ninety_days_before_its_end_the_next_one_is_made(home, left, replaced):
    old, _ = authorities.open_or_create(
        state.home(), Subject("", "ann", "laptop"), ["localhost"], datetime.now(UTC) - LIFE + left
    )
    install([project("localhost")])
    assert (fingerprint() != old.fingerprint) is replaced


def test_an_expired_one_is_followed_by_setup_and_by_nothing_else(home):
    authorities.open_or_create(state.home(), Subject("", "ann", "laptop"), ["localhost"], datetime.now(UTC) - LIFE)
    old = fingerprint()
    with pytest.raises(AuthorityError, match=r"expired on .*`devserve setup`"):
        setup.authority_for([])
    install([project("localhost")])
    assert setup.authority_for([]).fingerprint != old


def test_the_end_of_the_authority_is_announced_in_time(caplog):
    began = datetime.now(UTC) - LIFE + timedelta(days=30)
    authorities.open_or_create(state.home(), Subject("", "ann", "laptop"), ["localhost"], began)
    setup.authority_for([])
    assert "the certificate authority ends on" in caplog.text


def test_teardown_removes_what_setup_made_the_authority_included(home):
    install([project("shop.test")])
    setup.remove(lambda _: None, lambda _: True)
    assert authorities.load(state.home()) is None
    assert not [*state.home().rglob("*.pem")]
    assert not (home / ".local/share/pki").exists()


def test_warnings_come_before_the_authority_is_made(caplog):
    install([project("shop.dev")], dry_run=True)
    assert "HSTS preload" in caplog.text


def test_an_authority_that_cannot_be_read_is_never_replaced():
    setup.authority_for([])
    file = authorities.private_file(state.home())
    file.write_text("damaged")
    with pytest.raises(AuthorityError):
        install([project("shop.test")])
    assert file.read_text() == "damaged"
