from dataclasses import replace
from pathlib import Path

import pytest

from devserve.ca.facts import Facts
from devserve.ca.trust.linux_system import FAMILIES, places, store, stores
from devserve.errors import TrustStoreError
from support.authority import authority

ROOT = authority().root
DEBIAN, FEDORA, ARCH, SUSE = FAMILIES


def facts(*paths: Path, commands: tuple[str, ...] = (), system: str = "Linux", root: str = "/") -> Facts:
    home = Path("/home/me")
    found = frozenset(Path(root) / path for path in paths)
    return Facts(system, home, home, home, found, frozenset(commands), root=Path(root))


@pytest.mark.parametrize(
    ("family", "file", "install", "remove"),
    [
        (
            DEBIAN,
            f"/usr/local/share/ca-certificates/devserve-{ROOT.short}.crt",
            "update-ca-certificates",
            "update-ca-certificates --fresh",
        ),
        (FEDORA, f"/etc/pki/ca-trust/source/anchors/devserve-{ROOT.short}.pem", "update-ca-trust", "update-ca-trust"),
        (
            ARCH,
            f"/etc/ca-certificates/trust-source/anchors/devserve-{ROOT.short}.crt",
            "update-ca-trust",
            "update-ca-trust",
        ),
        (
            SUSE,
            f"/etc/pki/trust/anchors/devserve-{ROOT.short}.pem",
            "update-ca-certificates",
            "update-ca-certificates",
        ),
    ],
    ids=["debian", "fedora", "arch", "suse"],
)
def test_each_family_takes_a_root_its_own_way_as_root(family, file, install, remove):
    [found] = stores(facts(family.anchors, commands=family.refresh), ROOT)
    assert [step.describe() for step in found.install] == [f"write {len(ROOT.pem)} bytes to {file}", install]
    assert [step.describe() for step in found.remove] == [f"rm -f -- {file}", remove]
    assert all(step.needs_root for step in (*found.install, *found.remove))
    assert found.files == (Path(file),)


@pytest.mark.parametrize(
    "machine",
    [
        facts(),
        facts(DEBIAN.anchors),
        facts(commands=DEBIAN.refresh),
        facts(DEBIAN.anchors, commands=FEDORA.refresh),
        facts(DEBIAN.anchors, commands=DEBIAN.refresh, system="Darwin"),
    ],
)
def test_without_both_folder_and_command_there_is_no_store_and_no_noise(machine):
    assert stores(machine, ROOT) == ()


def test_nixos_gets_the_line_for_its_configuration():
    machine = replace(facts(commands=DEBIAN.refresh), texts={Path("/etc/os-release"): 'NAME=NixOS\nID="nixos"\n'})
    [found] = stores(machine, ROOT)
    assert found.obstacle
    assert "`security.pki.certificateFiles = [ ./devserve-ca.pem ];`" in found.fix
    assert "`sudo nixos-rebuild switch`" in found.fix
    assert [step.describe() for step in found.look_up] == ["cat /etc/ssl/certs/ca-certificates.crt"]
    assert (found.install, found.remove) == ((), ())


def test_a_read_only_system_gets_the_line_for_the_one_who_builds_it():
    machine = facts(FEDORA.anchors, commands=FEDORA.refresh)
    [found] = stores(replace(machine, read_only=frozenset({Path("/") / FEDORA.anchors})), ROOT)
    assert "read-only" in found.obstacle
    assert f"`devserve ca export` into /etc/pki/ca-trust/source/anchors/devserve-{ROOT.short}.pem" in found.fix
    assert "`update-ca-trust`" in found.fix


def test_the_look_up_reads_the_bundle_that_clients_read():
    [found] = stores(facts(DEBIAN.anchors, commands=DEBIAN.refresh, root="/prefix"), ROOT)
    assert [step.describe() for step in found.look_up] == ["cat /prefix/etc/ssl/certs/ca-certificates.crt"]
    assert found.is_shown_by(f"others\n{ROOT.pem.decode()}")


def test_an_anchor_file_leads_back_to_its_family():
    [found] = stores(facts(SUSE.anchors, commands=SUSE.refresh), ROOT)
    assert store(found.place, facts(), ROOT) == found


def test_a_file_in_a_strange_folder_is_never_removed():
    with pytest.raises(TrustStoreError, match="/etc/passwd: in no folder of a system's trust store"):
        store(Path("/etc/passwd"), facts(), ROOT)


def test_all_anchor_folders_are_asked_about():
    assert list(places(facts(root="/prefix"))) == [Path("/prefix") / family.anchors for family in FAMILIES]
