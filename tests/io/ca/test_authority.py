import os
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from devserve.ca import own_files
from devserve.ca.authority import LIFE, Subject, to_pem
from devserve.errors import AuthorityError
from devserve.io.ca import authority as authorities
from devserve.io.ca import bundle
from devserve.io.ca.authority import (
    adopt,
    following_file,
    load,
    open_or_create,
    private_file,
    propose,
    proposed,
    public_file,
    subject_here,
    withdraw,
)
from support.certificates import NOW

SOMEBODY = Subject("Shop Ltd", "ann", "laptop")
SUFFIXES = ("shop.test", "localhost")
# All wait for the pipe's end, then start at once.
PARALLEL = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from devserve.ca.authority import Subject
from devserve.io.ca.authority import open_or_create
gate, opener = os.pipe()
for number in range(50):
    if os.fork() == 0:
        os.close(opener)
        os.read(gate, 1)
        subject = Subject("", "ann", str(number))
        made, created = open_or_create(Path(sys.argv[1]), subject, ["a.test"], datetime.now(UTC))
        os.write(1, f"{made.fingerprint} {created}\\n".encode())
        os._exit(0)
os.close(opener)
assert all(os.wait()[1] == 0 for _ in range(50))
"""


@pytest.fixture
def home(tmp_path) -> Path:
    folder = tmp_path / "a home"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def made(home):
    return open_or_create(home, SOMEBODY, SUFFIXES, NOW)[0]


def files(home: Path) -> dict[str, int]:
    return {str(path.relative_to(home)): stat.S_IMODE(path.lstat().st_mode) for path in home.rglob("*")}


def test_there_is_none_before_the_first_run(home):
    assert load(home) is None
    assert files(home) == {}


def test_the_first_run_makes_one_and_the_next_reads_it(home):
    first, created = open_or_create(home, SOMEBODY, SUFFIXES, NOW)
    again, created_again = open_or_create(home, SOMEBODY, ("other.test",), NOW)
    assert (created, created_again) == (True, False)
    assert to_pem(again) == to_pem(first)
    assert load(home, NOW).fingerprint == first.fingerprint


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_the_key_is_its_owners_alone_and_the_certificate_everyones(home, umask):
    before = os.umask(umask)
    try:
        open_or_create(home, SOMEBODY, SUFFIXES, NOW)
    finally:
        os.umask(before)
    assert files(home) == {
        "ca.lock": 0o600,
        "private": 0o700,
        "private/ca.pem": 0o600,
        "public": 0o700,
        "public/ca.pem": 0o644,
    }


def test_the_public_file_has_no_key_and_comes_back_when_it_is_lost(home, made):
    assert public_file(home).read_bytes() == made.root.pem
    public_file(home).unlink()
    open_or_create(home, SOMEBODY, SUFFIXES, NOW)
    assert public_file(home).read_bytes() == made.root.pem


def test_fifty_first_runs_at_once_make_one(home):
    command = [sys.executable, "-c", PARALLEL, str(home)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=True)
    fingerprints, created = zip(*(line.split() for line in done.stdout.splitlines()), strict=True)
    assert len(fingerprints) == 50
    assert set(fingerprints) == {load(home).fingerprint}
    assert created.count("True") == 1
    assert sorted(files(home)) == ["ca.lock", "private", "private/ca.pem", "public", "public/ca.pem"]


def test_what_a_crash_left_of_a_key_is_gone_after_the_next_first_run(home):
    private_file(home).parent.mkdir(mode=0o700)
    (private_file(home).parent / ".ca.pem.1234abcd.new").write_bytes(b"half a key")
    open_or_create(home, SOMEBODY, SUFFIXES, NOW)
    assert [path.name for path in private_file(home).parent.iterdir()] == ["ca.pem"]


def a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir(mode=0o700)


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path, 0o600)


def a_link(path: Path) -> None:
    path.rename(path.with_name("elsewhere.pem"))
    path.symlink_to("elsewhere.pem")


def a_link_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere.pem")


def a_file_for_a_folder(path: Path) -> None:
    path.unlink()
    path.parent.rmdir()
    path.parent.write_text("")


def a_linked_folder(path: Path) -> None:
    moved = path.parent.rename(path.parent.with_name("moved"))
    path.parent.symlink_to(moved)


def another_owner(path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(path, 12345, -1)


def a_repository_above(path: Path) -> None:
    (path.parent.parent.parent / ".git").mkdir()


def a_worktree_here(path: Path) -> None:
    (path.parent.parent / ".git").write_text("gitdir: elsewhere\n")


SPOILT = {
    "empty": (lambda path: path.write_bytes(b""), "cut off or damaged"),
    "truncated": (lambda path: path.write_bytes(path.read_bytes()[:300]), "cut off or damaged"),
    "readable by the group": (lambda path: path.chmod(0o640), r"mode 640.*chmod 600"),
    "readable by all": (lambda path: path.chmod(0o604), r"mode 604.*chmod 600"),
    "a folder open to all": (lambda path: path.parent.chmod(0o755), r"mode 755.*chmod 700"),
    "a directory": (a_directory, "not a file"),
    "a pipe": (a_pipe, "not a file"),
    "a link": (a_link, "symbolic link"),
    "a link to nothing": (a_link_to_nothing, "symbolic link"),
    "a file for its folder": (a_file_for_a_folder, "cannot be read: Not a directory"),
    "a link for its folder": (a_linked_folder, "not a folder"),
    "another's": (another_owner, r"belongs to user 12345.*chown"),
    "in a repository": (a_repository_above, r"git repository.*DEVSERVE_HOME"),
    "in a work tree": (a_worktree_here, r"git repository.*DEVSERVE_HOME"),
}


@pytest.mark.parametrize(("spoil", "complaint"), SPOILT.values(), ids=SPOILT)
def test_one_that_must_not_be_used_is_refused_and_never_made_anew(home, made, spoil, complaint):
    spoil(private_file(home))
    before = files(home)
    for attempt in (lambda: load(home, NOW), lambda: open_or_create(home, SOMEBODY, SUFFIXES, NOW)):
        with pytest.raises(AuthorityError, match=complaint) as caught:
            attempt()
        assert str(home / "private") in str(caught.value)
    assert files(home) == before
    assert public_file(home).read_bytes() == made.root.pem


def test_an_expired_one_is_refused_and_never_made_anew(home):
    made, _ = open_or_create(home, SOMEBODY, SUFFIXES, NOW - LIFE + timedelta(seconds=1))
    with pytest.raises(AuthorityError, match=r"expired on .*`devserve setup`"):
        open_or_create(home, SOMEBODY, SUFFIXES, NOW + timedelta(seconds=1))
    assert private_file(home).read_bytes() == to_pem(made)


def test_none_is_made_inside_a_repository(home):
    (home.parent / ".git").mkdir()
    with pytest.raises(AuthorityError, match="git repository"):
        open_or_create(home, SOMEBODY, SUFFIXES, NOW)
    assert not list(home.rglob("*.pem"))


def test_the_present_one_stays_until_the_next_one_is_adopted(home, made):
    following = propose(home, SOMEBODY, (*SUFFIXES, "more.test"), NOW)
    assert "more.test" in following.suffixes
    assert load(home, NOW).fingerprint == made.fingerprint != following.fingerprint
    assert public_file(home).read_bytes() == made.root.pem
    adopt(home)
    assert load(home, NOW).fingerprint == following.fingerprint
    assert public_file(home).read_bytes() == following.root.pem


def test_the_old_key_is_gone_once_the_next_one_is_adopted(home, made):
    propose(home, SOMEBODY, SUFFIXES, NOW)
    assert files(home)["private/next.pem"] == 0o600
    adopt(home)
    assert sorted(files(home)) == ["ca.lock", "private", "private/ca.pem", "public", "public/ca.pem"]


def test_what_was_proposed_is_proposed_again_while_it_will_do(home, made):
    first = propose(home, SOMEBODY, (*SUFFIXES, "more.test"), NOW)
    again = propose(home, SOMEBODY, (*SUFFIXES, "more.test"), NOW)
    other = propose(home, SOMEBODY, (*SUFFIXES, "other.test"), NOW)
    assert first.fingerprint == again.fingerprint != other.fingerprint
    assert proposed(home).fingerprint == other.fingerprint


def test_without_a_proposal_nothing_is_adopted_or_withdrawn(home, made):
    adopt(home)
    withdraw(home)
    assert proposed(home) is None
    assert load(home, NOW).fingerprint == made.fingerprint


def test_a_proposal_can_be_withdrawn(home, made):
    propose(home, SOMEBODY, SUFFIXES, NOW)
    withdraw(home)
    assert proposed(home) is None


def test_a_damaged_proposal_is_named_and_not_made_anew(home, made):
    following_file(home).write_bytes(b"garbage")
    following_file(home).chmod(0o600)
    with pytest.raises(AuthorityError, match=r"next\.pem: .*cut off or damaged"):
        propose(home, SOMEBODY, SUFFIXES, NOW)
    with pytest.raises(AuthorityError, match=r"next\.pem"):
        adopt(home)
    assert load(home, NOW).fingerprint == made.fingerprint


def test_a_proposal_that_is_refused_changes_nothing(home, made):
    with pytest.raises(AuthorityError, match="top-level domain"):
        propose(home, SOMEBODY, ("com",), NOW)
    assert private_file(home).read_bytes() == to_pem(made)


def test_one_whose_life_is_over_is_read_only_by_wish(home):
    made, _ = open_or_create(home, SOMEBODY, SUFFIXES, NOW - LIFE + timedelta(seconds=1))
    assert load(home, NOW + timedelta(seconds=1), expired=True).fingerprint == made.fingerprint


def test_the_provision_for_teardown_names_the_same_files(home, made):
    provision = own_files.provision(private_file(home), made.root)
    assert {step.path for step in provision.remove} == {
        private_file(home),
        following_file(home),
        public_file(home),
        bundle.bundle_file(home),
    }


def test_the_subject_is_who_runs_devserve_where(monkeypatch):
    monkeypatch.setenv("LOGNAME", "ann")
    here = subject_here("Shop Ltd")
    assert (here.organization, here.user) == ("Shop Ltd", "ann")
    assert here.machine


def test_a_user_without_a_name_has_a_number(monkeypatch):
    def nobody() -> str:
        raise KeyError("getpwuid(): uid not found")

    monkeypatch.setattr(authorities.getpass, "getuser", nobody)
    assert subject_here("").user == str(os.getuid())
