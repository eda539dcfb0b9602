import pytest

from devserve.doctor.findings import Verdict
from devserve.doctor.machine import PortState, Watches, files, needed_watches, port, silent_files, watches


@pytest.mark.parametrize(
    ("number", "state", "verdict", "said", "fix"),
    [
        (443, PortState.FREE, Verdict.GOOD, "can be bound", ""),
        (443, PortState.OURS, Verdict.GOOD, "a running devserve", ""),
        (443, PortState.FORBIDDEN, Verdict.BROKEN, "would take 8443", "devserve setup"),
        (80, PortState.FORBIDDEN, Verdict.NOTE, "plain http would be off", "devserve setup"),
        (443, PortState.TAKEN, Verdict.BROKEN, "taken by nginx (pid 7)", "--https-port"),
        (80, PortState.TAKEN, Verdict.NOTE, "taken by nginx (pid 7)", "--http-port"),
    ],
)
def test_each_state_of_a_port_has_its_verdict_and_fix(number, state, verdict, said, fix):
    found = port(number, state, "nginx (pid 7)", "Linux")
    assert found.verdict is verdict
    assert said in found.said
    assert fix in found.fix
    assert bool(fix) is bool(found.fix)


@pytest.mark.parametrize(
    ("soft", "hard", "verdict", "fix"),
    [
        (256, -1, Verdict.NOTE, "ulimit -n 65536"),
        (256, 4096, Verdict.NOTE, "ulimit -n 4096"),
        (1024, 4096, Verdict.GOOD, ""),
        (-1, -1, Verdict.GOOD, ""),
    ],
)
def test_few_open_files_are_noted(soft, hard, verdict, fix):
    found = files(soft, hard)
    assert found.verdict is verdict
    assert fix in found.fix


@pytest.mark.parametrize(
    ("found", "verdict", "fix"),
    [
        (Watches(10, 65536, 2, 128), Verdict.GOOD, ""),
        (Watches(10, 8192, 2, 128), Verdict.NOTE, "max_user_watches"),
        (Watches(60000, 65536, 2, 128), Verdict.BROKEN, "max_user_watches"),
        (Watches(10, 65536, 120, 128), Verdict.BROKEN, "max_user_instances"),
    ],
)
def test_watches_that_run_out_are_broken(found, verdict, fix):
    seen = watches(found)
    assert seen.verdict is verdict
    assert fix in seen.fix


def test_the_watches_that_services_need_are_told_with_their_largest_folders():
    found = needed_watches("mail, web", ["", "src", "src/a", "docs"], 100, 8192)
    assert (found.verdict, found.subject) == (Verdict.GOOD, "file watches for mail, web")
    assert found.said == "4 folders to watch, 100 watches free; src has 2, docs has 1"


def test_too_few_watches_for_a_service_are_broken():
    found = needed_watches("web", ["", "src", "docs"], 2, 8192)
    assert found.verdict is Verdict.BROKEN
    assert "`sudo sysctl fs.inotify.max_user_watches=524288`" in found.fix


def test_a_file_system_that_tells_nothing_is_noted():
    found = silent_files("web", "/mnt/c/shop", "9p")
    assert found.verdict is Verdict.NOTE
    assert "/mnt/c/shop is on 9p" in found.said
