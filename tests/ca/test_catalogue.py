from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from devserve.ca import catalogue
from devserve.ca.facts import Facts
from devserve.ca.ledger import Entry
from devserve.ca.low_ports import DROP_IN, low_ports
from devserve.ca.provisions import Kind
from devserve.ca.trust import nss
from devserve.errors import TrustStoreError
from support.authority import authority

HOME = Path("/home/me")
FIREFOX = HOME / ".mozilla/firefox"
ANCHORS = Path("/usr/local/share/ca-certificates")
DEBIAN = Facts(
    "Linux",
    HOME,
    HOME / ".config",
    HOME / ".local/share",
    paths=frozenset({ANCHORS, FIREFOX / "abc.default/cert9.db"}),
    commands=frozenset({"update-ca-certificates", "certutil"}),
    texts={
        FIREFOX / "profiles.ini": "[Profile0]\nPath=abc.default\nIsRelative=1\n",
        Path("/proc/sys/net/ipv4/ip_unprivileged_port_start"): "1024\n",
    },
)
KEYCHAIN = Path("/Library/Keychains/System.keychain")
MAC = replace(DEBIAN, system="Darwin", commands=frozenset({"security"}), paths=frozenset({KEYCHAIN}))


@pytest.mark.parametrize(
    ("facts", "groups", "kinds"),
    [
        (DEBIAN, ("system", "nss"), [Kind.LINUX_SYSTEM, Kind.CHROMIUM, Kind.FIREFOX]),
        (DEBIAN, ("nss",), [Kind.CHROMIUM, Kind.FIREFOX]),
        (DEBIAN, ("system",), [Kind.LINUX_SYSTEM]),
        (DEBIAN, (), []),
        (MAC, ("system", "nss"), [Kind.MACOS]),
    ],
)
def test_a_machine_has_the_stores_of_its_system(facts, groups, kinds):
    assert [store.kind for store in catalogue.trust_stores(facts, authority().root, groups)] == kinds


@pytest.mark.parametrize("facts", [DEBIAN, MAC])
def test_each_provision_is_found_again_from_its_ledger_entry(facts):
    root = authority().root
    for provision in (*catalogue.trust_stores(facts, root), *low_ports(facts)):
        entry = Entry(
            provision.kind, provision.place, provision.sha256, datetime.now(UTC), certificate=root.pem.decode()
        )
        again = catalogue.recorded(entry, facts)
        assert (again.place, again.remove, again.look_up) == (provision.place, provision.remove, provision.look_up)


def test_a_database_that_setup_made_is_discarded_by_teardown():
    place, pem = HOME / ".local/share/pki/nssdb", authority().root.pem.decode()
    entry = Entry(Kind.CHROMIUM, place, "ab" * 32, datetime.now(UTC), certificate=pem, made=(place,))
    assert catalogue.recorded(entry, DEBIAN).remove[-1] == nss.discard(place)
    assert nss.discard(place) not in catalogue.recorded(replace(entry, made=()), DEBIAN).remove


def test_a_certificate_that_the_ledger_lost_is_named():
    entry = Entry(Kind.CHROMIUM, HOME / ".pki/nssdb", "ab" * 32, datetime.now(UTC), certificate="garbage")
    with pytest.raises(TrustStoreError, match=r"nssdb: the ledger's certificate is damaged"):
        catalogue.recorded(entry, DEBIAN)


def test_every_place_that_the_stores_ask_about_is_surveyed():
    asked = set(catalogue.places(DEBIAN))
    assert set(DEBIAN.paths) | {Path("/") / DROP_IN, HOME / ".pki/nssdb"} <= asked


def test_every_text_that_the_stores_read_is_surveyed():
    assert set(DEBIAN.texts) <= set(catalogue.text_files(DEBIAN))
