from pathlib import Path

from devserve.ca.facts import Facts
from devserve.ca.trust.macos import places, stores
from support.authority import authority

HOME = Path("/Users/me")
KEYCHAIN = "/Library/Keychains/System.keychain"
ROOT = authority().root
FILE = f"/Users/me/.devserve-{ROOT.short}.pem"


def facts(system: str = "Darwin", commands: tuple[str, ...] = ("security",)) -> Facts:
    return Facts(system, HOME, HOME, HOME, frozenset({Path(KEYCHAIN)}), frozenset(commands))


def test_the_root_is_added_as_admin_for_tls_and_for_node():
    [store] = stores(facts(), ROOT)
    assert [step.describe() for step in store.install] == [
        f"write {len(ROOT.pem)} bytes to {FILE}",
        f"security add-trusted-cert -d -r trustRoot -p ssl -p basic -k {KEYCHAIN} {FILE}",
        f"rm -f -- {FILE}",
    ]
    assert [step.needs_root for step in store.install] == [False, True, False]


def test_trust_is_removed_before_the_certificate_which_its_fingerprint_names():
    [store] = stores(facts(), ROOT)
    assert [step.describe() for step in store.remove] == [
        f"write {len(ROOT.pem)} bytes to {FILE}",
        f"security remove-trusted-cert -d {FILE}",
        f"security delete-certificate -Z {ROOT.sha256.upper()} -t {KEYCHAIN}",
        f"rm -f -- {FILE}",
    ]


def test_the_look_up_lists_the_keychain_and_the_verification_asks_as_the_user():
    [store] = stores(facts(), ROOT)
    assert [step.describe() for step in store.look_up] == [f"security find-certificate -a -p {KEYCHAIN}"]
    assert f"security verify-cert -c {FILE} -L -p ssl" in [step.describe() for step in store.verify]
    assert not any(step.needs_root for step in (*store.look_up, *store.verify))


def test_a_mac_without_its_command_is_told_so():
    [store] = stores(facts(commands=()), ROOT)
    assert "security" in store.obstacle


def test_another_root_without_a_keychain_leaves_this_machines_alone():
    assert stores(Facts("Darwin", HOME, HOME, HOME, commands=frozenset({"security"})), ROOT) == ()


def test_other_systems_have_no_keychain():
    assert stores(facts("Linux"), ROOT) == ()
    assert list(places(facts())) == [Path(KEYCHAIN)]
