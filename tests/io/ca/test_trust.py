import os
import shutil
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from devserve.ca.authority import Subject, create
from devserve.ca.ledger import Entry, Ledger, Progress
from devserve.ca.low_ports import low_ports
from devserve.ca.provisions import Kind, State
from devserve.errors import TrustStoreError
from devserve.io.ca import authority as authorities
from devserve.io.ca import ledger, trust
from devserve.io.ca.root_shell import RootShell
from support.authority import authority
from support.trust_machine import Machine, certutil, keytool, new_machine, states

ROOT = authority().root
CHROMIUM, FIREFOX, SYSTEM, PORTS = Kind.CHROMIUM, Kind.FIREFOX, Kind.LINUX_SYSTEM, Kind.LOW_PORTS
JAVA, WINDOWS = Kind.JAVA, Kind.WINDOWS


@pytest.fixture
def machine(tmp_path, monkeypatch) -> Machine:
    return new_machine(tmp_path, monkeypatch)


def install(machine: Machine, made=None, **options):
    return trust.install(machine.home, made or authority(), machine.facts(), machine.announced.append, **options)


def remove(machine: Machine, **options):
    return trust.remove(machine.home, machine.facts(), machine.announced.append, **options)


def test_every_browser_trusts_the_root_afterwards(machine):
    profiles = machine.firefox("abc.default", "def.work")
    assert states(install(machine)) == [(CHROMIUM, State.DONE), (FIREFOX, State.DONE), (FIREFOX, State.DONE)]
    for database in (machine.chromium, *profiles):
        assert ROOT.nickname in certutil(database, "-L")
        assert "valid" in certutil(database, "-V", "-u", "L", "-n", ROOT.nickname)
    assert [entry.progress for entry in ledger.read(machine.home)] == [Progress.DONE] * 3


def test_each_command_is_announced_before_it_runs(machine):
    def confirm(question: str) -> bool:
        assert "1 place" in question
        assert not machine.chromium.exists()
        return True

    install(machine, confirm=confirm)
    assert machine.announced[0] == f"# Chromium and Chrome ({machine.chromium})"
    assert [line.split()[0] for line in machine.announced[1:]] == ["mkdir", "certutil", "certutil"]


def test_a_second_setup_finds_all_in_place_and_asks_nothing(machine):
    install(machine)
    before, entries = machine.files(), ledger.read(machine.home)
    machine.announced.clear()
    assert states(install(machine, confirm=pytest.fail)) == [(CHROMIUM, State.ALREADY)]
    assert machine.announced == []
    assert machine.files() == before
    assert ledger.read(machine.home) == entries


def test_a_dry_run_tells_all_and_changes_nothing(machine):
    before = machine.files()
    assert states(install(machine, dry_run=True, confirm=pytest.fail)) == [(CHROMIUM, State.PLANNED)]
    assert any("certutil" in line for line in machine.announced)
    assert machine.files() == before


def test_a_no_changes_nothing(machine):
    before = machine.files()
    assert states(install(machine, confirm=lambda _: False)) == [(CHROMIUM, State.DECLINED)]
    assert machine.files() == before


def test_only_the_chosen_group_is_touched(machine):
    machine.debian()
    assert states(install(machine, groups=("nss",))) == [(CHROMIUM, State.DONE)]
    assert ROOT.pem.decode() not in machine.bundle.read_text()


def test_a_store_that_fails_stops_no_other(machine):
    [broken, fine] = machine.firefox("abc.default", "def.work")
    (broken / "cert9.db").write_bytes(b"not a database " * 1000)
    outcomes = install(machine)
    assert states(outcomes) == [(CHROMIUM, State.DONE), (FIREFOX, State.FAILED), (FIREFOX, State.DONE)]
    assert str(broken) in str(outcomes[1])
    assert "SEC_ERROR" in outcomes[1].reason
    assert "`devserve setup`" in outcomes[1].fix
    assert ROOT.nickname in certutil(fine, "-L")


def test_a_database_with_a_password_fails_at_once_and_is_cleaned_by_teardown(machine):
    [profile] = machine.firefox("abc.default", password="a secret of Ann's")
    before = certutil(profile, "-L")
    outcomes = install(machine, groups=("nss",))
    assert states(outcomes) == [(CHROMIUM, State.DONE), (FIREFOX, State.FAILED)]
    assert "PASSWORD" in outcomes[1].reason
    assert states(remove(machine)) == [(FIREFOX, State.REMOVED), (CHROMIUM, State.REMOVED)]
    assert certutil(profile, "-L") == before


def test_without_certutil_the_others_go_on_and_the_package_is_named(machine, monkeypatch):
    machine.debian()
    machine.firefox("abc.default")
    monkeypatch.setattr(trust.shutil, "which", lambda name, **_: None if name == "certutil" else f"/usr/bin/{name}")
    outcomes = install(machine)
    assert states(outcomes)[0] == (SYSTEM, State.DONE)
    assert states(outcomes)[-1] == (FIREFOX, State.FAILED)
    assert "libnss3-tools" in outcomes[-1].fix


def test_without_certutil_and_browser_there_is_no_failure(machine, monkeypatch):
    monkeypatch.setattr(trust.shutil, "which", lambda *_, **__: None)
    outcomes = install(machine, confirm=pytest.fail)
    assert states(outcomes) == [(CHROMIUM, State.ABSENT)]
    assert outcomes[0].ok


def test_the_system_trusts_the_root_and_afterwards_is_as_it_was(machine):
    machine.debian()
    before = machine.bundle.read_bytes()
    assert states(install(machine, groups=("system",))) == [(SYSTEM, State.DONE)]
    assert ROOT.pem.decode() in machine.bundle.read_text()
    assert states(install(machine, groups=("system",))) == [(SYSTEM, State.ALREADY)]
    assert states(remove(machine)) == [(SYSTEM, State.REMOVED)]
    assert machine.bundle.read_bytes() == before
    assert [path.name for path in machine.anchors.iterdir()] == ["company.crt"]


def test_an_anchor_that_a_crash_left_is_removed(machine):
    machine.debian()
    machine.command("update-ca-certificates", "#!/bin/sh\necho disk on fire >&2\nexit 1\n")
    outcomes = install(machine, groups=("system",))
    assert states(outcomes) == [(SYSTEM, State.FAILED)]
    assert "disk on fire" in outcomes[0].reason
    machine.command("update-ca-certificates", "#!/bin/sh\n")
    assert states(remove(machine)) == [(SYSTEM, State.REMOVED)]
    assert [path.name for path in machine.anchors.iterdir()] == ["company.crt"]


def test_a_refresh_that_does_nothing_is_seen_by_the_look_up(machine):
    machine.debian()
    machine.command("update-ca-certificates", "#!/bin/sh\n")
    outcomes = install(machine, groups=("system",))
    assert states(outcomes) == [(SYSTEM, State.FAILED)]
    assert "look-up does not find it" in outcomes[0].reason


def test_a_file_that_somebody_changed_is_left_alone(machine):
    machine.debian()
    install(machine, groups=("system",))
    [anchor] = machine.anchors.glob("devserve-*.crt")
    anchor.write_text("somebody else's\n")
    [outcome] = remove(machine)
    assert (outcome.kind, outcome.state) == (SYSTEM, State.FAILED)
    assert "has been changed since devserve wrote it" in outcome.reason
    assert anchor.read_text() == "somebody else's\n"
    assert [entry.kind for entry in ledger.read(machine.home)] == [SYSTEM]


def test_a_file_that_is_not_ours_is_never_written_over(machine):
    machine.debian()
    anchor = machine.anchors / f"{ROOT.file_name}.crt"
    anchor.write_text("somebody else's\n")
    [outcome] = install(machine, groups=("system",))
    assert (outcome.state, anchor.read_text()) == (State.FAILED, "somebody else's\n")
    assert ledger.read(machine.home) == Ledger()


def test_half_an_anchor_that_a_crash_left_is_ours(machine):
    machine.debian()
    install(machine, groups=("system",))
    [anchor] = machine.anchors.glob("devserve-*.crt")
    anchor.write_bytes(ROOT.pem[:100])
    assert states(remove(machine)) == [(SYSTEM, State.REMOVED)]
    assert not anchor.exists()


def test_what_is_written_into_a_file_is_shown(machine):
    machine.debian()
    install(machine, groups=("system",), dry_run=True)
    assert "+ -----BEGIN CERTIFICATE-----" in machine.announced


def test_teardown_leaves_no_database_that_setup_made(machine):
    before = machine.files()
    install(machine)
    remove(machine)
    left = {name for name in machine.files() if ".devserve" not in name} - set(before)
    assert left == set()
    assert not machine.chromium.parent.exists()


def test_a_database_that_somebody_has_used_since_stays(machine):
    install(machine)
    other = create(Subject("", "ann", "laptop"), ["shop.test"], datetime.now(UTC)).root
    certutil(machine.chromium, "-A", "-t", "C,,", "-n", "mine", "-a", stdin=other.pem)
    assert states(remove(machine)) == [(CHROMIUM, State.REMOVED)]
    assert "mine" in certutil(machine.chromium, "-L")


def test_nixos_is_told_what_to_write_and_afterwards_is_content(machine):
    (machine.root / "etc/ssl/certs").mkdir(parents=True)
    (machine.root / "etc/os-release").write_text("ID=nixos\n")
    [outcome] = install(machine, groups=("system",))
    assert outcome.state is State.FAILED
    assert "security.pki.certificateFiles" in outcome.fix
    machine.bundle.write_bytes(ROOT.pem)
    assert states(install(machine, groups=("system",))) == [(SYSTEM, State.ALREADY)]
    assert remove(machine) == []


def test_java_trusts_the_root_and_afterwards_does_not(machine):
    cacerts = machine.java()
    (installed,) = install(machine, groups=("java",))
    assert (installed.kind, installed.state) == (JAVA, State.DONE)
    assert "does not heed the limits of a root" in str(installed)
    assert ROOT.file_name in keytool(cacerts)
    (removed,) = remove(machine)
    assert (removed.kind, removed.state) == (JAVA, State.REMOVED)
    assert str(removed).endswith(": removed. Restart Java programs")  # nothing to be careful of is left
    listed = keytool(cacerts)
    assert "company" in listed
    assert ROOT.file_name not in listed


def test_windows_is_asked_by_the_path_that_it_knows(machine):
    log = machine.windows()
    assert states(install(machine, groups=("system",))) == [(WINDOWS, State.DONE)]
    assert log.read_text().startswith(f"-user -addstore Root \\\\wsl.localhost\\Debian{machine.user}")
    assert states(install(machine, groups=("system",))) == [(WINDOWS, State.ALREADY)]
    assert states(remove(machine)) == [(WINDOWS, State.REMOVED)]
    assert log.read_text().splitlines()[-1] == f"-user -delstore Root {ROOT.sha1}"
    assert not list(machine.user.glob(".devserve-*.crt"))


def test_sudo_is_run_once_for_all_that_needs_root(machine, monkeypatch):
    machine.debian()
    machine.closed_ports()
    sudo = machine.folder / "sudo.log"
    machine.command("sudo", f'#!/bin/sh\nshift\necho "$*" >> "{sudo}"\nexec "$@"\n')
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    shell = RootShell()
    done = install(machine, groups=("system",), also=low_ports(machine.facts()), shell=shell)
    undone = remove(machine, shell=shell)
    shell.close()
    assert states(done) == [(SYSTEM, State.DONE), (PORTS, State.DONE)]
    assert states(undone) == [(PORTS, State.REMOVED), (SYSTEM, State.REMOVED)]
    assert sudo.read_text() == "sh\n"


def test_users_commands_include_those_that_debian_keeps_from_a_users_path(machine, monkeypatch):
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert not Path("/usr/sbin/update-ca-certificates").exists() or "update-ca-certificates" in machine.facts().commands


def test_a_root_that_cannot_be_removed_stays_in_the_ledger(machine):
    machine.debian()
    install(machine)
    machine.command("update-ca-certificates", "#!/bin/sh\nexit 1\n")
    assert states(remove(machine)) == [(CHROMIUM, State.REMOVED), (SYSTEM, State.FAILED)]
    assert [entry.kind for entry in ledger.read(machine.home)] == [SYSTEM]


def test_teardown_needs_neither_the_ca_nor_its_files(machine):
    made, _ = authorities.open_or_create(machine.home, Subject("", "ann", "laptop"), ["shop.test"], datetime.now(UTC))
    [profile] = machine.firefox("abc.default")
    before = certutil(profile, "-L")
    install(machine, made)
    assert made.root.nickname in certutil(profile, "-L")
    shutil.rmtree(machine.home / "private")
    shutil.rmtree(machine.home / "public")
    assert states(remove(machine)) == [(FIREFOX, State.REMOVED), (CHROMIUM, State.REMOVED)]
    assert certutil(profile, "-L") == before
    assert not machine.chromium.exists()
    assert ledger.read(machine.home) == Ledger()
    assert remove(machine, confirm=pytest.fail) == []


def test_a_dry_teardown_and_a_declined_one_change_nothing(machine):
    install(machine)
    before = machine.files()
    assert states(remove(machine, dry_run=True, confirm=pytest.fail)) == [(CHROMIUM, State.PLANNED)]
    assert states(remove(machine, confirm=lambda _: False)) == [(CHROMIUM, State.DECLINED)]
    assert machine.files() == before


def test_a_store_that_went_away_is_struck_from_the_ledger(machine):
    install(machine)
    shutil.rmtree(machine.chromium)
    assert states(remove(machine)) == [(CHROMIUM, State.REMOVED)]
    assert ledger.read(machine.home) == Ledger()


def test_a_root_that_somebody_removed_already_is_struck_from_the_ledger(machine):
    install(machine)
    certutil(machine.chromium, "-D", "-n", ROOT.nickname)
    machine.announced.clear()
    assert states(remove(machine, confirm=pytest.fail)) == [(CHROMIUM, State.REMOVED)]
    assert machine.announced == []


def test_a_planned_entry_is_undone_like_one_that_is_done(machine):
    install(machine)
    [entry] = ledger.read(machine.home)
    planned = Entry(entry.kind, entry.place, entry.sha256, entry.when, certificate=entry.certificate)
    ledger.record(machine.home, lambda known: known.with_entry(planned))
    assert states(remove(machine)) == [(CHROMIUM, State.REMOVED)]
    assert not machine.chromium.exists()


def test_a_ledger_that_was_lost_is_filled_by_the_next_setup(machine):
    install(machine)
    ledger.ledger_file(machine.home).unlink()
    assert states(install(machine)) == [(CHROMIUM, State.ALREADY)]
    assert states(remove(machine)) == [(CHROMIUM, State.REMOVED)]


def test_a_damaged_ledger_stops_setup_before_the_first_step(machine):
    ledger.ledger_file(machine.home).write_text("{ cut")
    with pytest.raises(TrustStoreError, match=r"ledger\.json"):
        install(machine)
    assert not machine.chromium.exists()
    assert ledger.ledger_file(machine.home).read_text() == "{ cut"


def test_one_root_can_be_removed_and_another_stay(machine):
    new = create(Subject("", "ann", "laptop"), ["shop.test"], datetime.now(UTC))
    install(machine)
    install(machine, new)
    assert states(remove(machine, only={ROOT.sha256})) == [(CHROMIUM, State.REMOVED)]
    listed = certutil(machine.chromium, "-L")
    assert new.root.nickname in listed
    assert ROOT.nickname not in listed


def test_a_root_that_lost_its_trust_is_seen_and_trusted_again(machine):
    install(machine)
    certutil(machine.chromium, "-M", "-n", ROOT.nickname, "-t", ",,")
    look = partial(trust.looked_up, machine.facts(), ROOT)
    assert states(look()) == [(CHROMIUM, State.MISSING)]
    assert states(install(machine)) == [(CHROMIUM, State.DONE)]
    assert states(look()) == [(CHROMIUM, State.ALREADY)]


def test_looking_up_changes_nothing(machine):
    before = machine.files()
    [outcome] = trust.looked_up(machine.facts(), ROOT)
    assert (outcome.state, outcome.reason) == (State.MISSING, "it is not there yet")
    assert "`devserve setup`" in outcome.fix
    assert machine.files() == before


def test_low_ports_are_opened_and_closed_again(machine):
    value = machine.closed_ports()
    also = low_ports(machine.facts())
    assert states(install(machine, groups=(), also=also)) == [(PORTS, State.DONE)]
    assert value.read_text() == "80\n"
    assert states(trust.looked_up(machine.facts(), ROOT, also))[-1] == (PORTS, State.ALREADY)
    assert states(remove(machine)) == [(PORTS, State.REMOVED)]
    assert value.read_text() == "1024\n"
    assert not list((machine.root / "etc/sysctl.d").iterdir())


def test_ports_that_a_restart_closed_are_opened_again(machine):
    value = machine.closed_ports()
    install(machine, groups=(), also=low_ports(machine.facts()))
    value.write_text("1024\n")
    assert states(install(machine, groups=(), also=low_ports(machine.facts()))) == [(PORTS, State.DONE)]
    assert value.read_text() == "80\n"


def test_the_survey_obeys_the_users_folders(machine, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setenv("XDG_CONFIG_HOME", "/config")
    facts = machine.facts()
    assert (facts.home, facts.data_home, facts.config_home) == (machine.user, Path("/data"), Path("/config"))
    assert "certutil" in facts.commands
