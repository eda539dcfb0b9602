import os
import subprocess
from pathlib import Path

import pytest

from devserve.ca.hosts_block import names_in, with_names
from devserve.errors import HostsFileError
from devserve.io.ca import hosts_file
from devserve.io.ca.hosts_file import BACKUP, MOST_BYTES
from support.hosts import USUAL, edit, editor, mounted

NAMES = ("api.shop.test", "web.shop.test")
MADE = with_names(USUAL, NAMES)


@pytest.fixture
def hosts(tmp_path) -> Path:
    file = tmp_path / "hosts"
    file.write_bytes(USUAL)
    file.chmod(0o644)
    return file


def left(hosts: Path) -> list[str]:
    return sorted(file.name for file in hosts.parent.iterdir())


def test_names_are_added_once_and_taken_out_again(hosts):
    assert hosts_file.add(hosts, NAMES) is True
    assert hosts.read_bytes() == MADE
    assert hosts_file.add(hosts, NAMES) is False
    assert hosts_file.remove(hosts) is True
    assert hosts.read_bytes() == USUAL
    assert hosts_file.remove(hosts) is False
    assert left(hosts) == ["hosts"]


def test_what_was_there_before_is_kept_beside_it(hosts):
    hosts_file.add(hosts, NAMES)
    assert (hosts.parent / f"hosts{BACKUP}").read_bytes() == USUAL


def test_nothing_is_written_where_nothing_changes(hosts):
    hosts_file.add(hosts, NAMES)
    before = hosts.stat()
    hosts_file.add(hosts, NAMES[:1])
    assert (hosts.stat().st_ino, hosts.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_mode_and_labels_stay(hosts):
    hosts.chmod(0o640)
    try:
        os.setxattr(hosts, "user.label", b"net_conf_t")
    except (OSError, AttributeError):
        pytest.skip("no extended attributes here")
    hosts_file.add(hosts, NAMES)
    assert hosts.stat().st_mode & 0o777 == 0o640
    assert (hosts.parent / f"hosts{BACKUP}").stat().st_mode & 0o777 == 0o640
    assert os.getxattr(hosts, "user.label") == b"net_conf_t"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_the_owner_stays(hosts):
    os.chown(hosts, 65534, 65534)
    hosts_file.add(hosts, NAMES)
    assert (hosts.stat().st_uid, hosts.stat().st_gid) == (65534, 65534)


def test_a_symbolic_link_stays_one_and_its_file_is_edited(hosts, tmp_path):
    link = tmp_path / "etc" / "hosts"
    link.parent.mkdir()
    link.symlink_to("../hosts")
    hosts_file.add(link, NAMES)
    assert link.is_symlink()
    assert hosts.read_bytes() == MADE
    hosts_file.remove(link)
    assert (left(link), hosts.read_bytes()) == (["hosts"], USUAL)


def test_a_second_name_of_the_file_sees_the_change_too(hosts, tmp_path):
    other = tmp_path / "other"
    other.hardlink_to(hosts)
    hosts_file.add(hosts, NAMES)
    assert other.read_bytes() == MADE
    hosts_file.remove(hosts)
    assert other.read_bytes() == USUAL


def make_nothing(path: Path) -> None:
    path.unlink()


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def make_fifo(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_circle(path: Path) -> None:
    path.unlink()
    path.symlink_to(path)


def make_huge(path: Path) -> None:
    os.truncate(path, MOST_BYTES + 1)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (make_nothing, r"cannot be read: No such file or directory\. Make it: `printf .* sudo tee .*/hosts`"),
        (make_folder, "not a file, so no hosts file"),
        (make_fifo, "not a file, so no hosts file"),
        (make_huge, "over 16 MiB"),
    ],
)
@pytest.mark.parametrize("change", [lambda path: hosts_file.add(path, NAMES), hosts_file.remove], ids=["add", "remove"])
def test_what_cannot_be_read_is_never_taken_for_empty(hosts, make, said, change):
    make(hosts)
    before = hosts.lstat() if os.path.lexists(hosts) else None
    with pytest.raises(HostsFileError, match=said):
        change(hosts)
    assert (hosts.lstat() if before else os.path.lexists(hosts)) == (before or False)
    assert left(hosts) in ([], ["hosts"])


def test_a_link_to_itself_is_said(hosts):
    make_circle(hosts)
    with pytest.raises(HostsFileError, match="cannot be read: Too many levels of symbolic links"):
        hosts_file.add(hosts, NAMES)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_a_file_that_may_not_be_read_or_written_is_said_and_stays(hosts, tmp_path):
    nobody = ("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups")
    for folder in (tmp_path, *tmp_path.parents):  # nobody must be able to come here
        if not folder.stat().st_mode & 0o001 and folder.owner() == "root" and folder.is_relative_to("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o011)
    refused = edit(hosts, *NAMES, wrapper=nobody)
    assert refused.returncode == 1
    assert "Permission denied" in refused.stderr
    hosts.chmod(0o600)
    unread = edit(hosts, *NAMES, wrapper=nobody)
    assert "cannot be read: Permission denied" in unread.stderr
    assert hosts.read_bytes() == USUAL


def test_damaged_markers_are_said_with_the_file(hosts):
    hosts.write_bytes(USUAL + b"# END devserve\n")
    with pytest.raises(HostsFileError, match=rf"{hosts}: devserve's markers are damaged \(line 6 of 6\)"):
        hosts_file.add(hosts, NAMES)
    assert hosts.read_bytes() == USUAL + b"# END devserve\n"


@pytest.mark.parametrize("count", [8])
def test_whoever_edits_at_once_every_name_gets_in(hosts, count):
    editors = [
        subprocess.Popen(editor(hosts, f"s{number}.shop.test"), stderr=subprocess.PIPE) for number in range(count)
    ]
    assert [each.communicate(timeout=30)[1] for each in editors] == [b""] * count
    assert names_in(hosts.read_bytes()) == {f"s{number}.shop.test" for number in range(count)}
    hosts_file.remove(hosts)
    assert (hosts.read_bytes(), left(hosts)) == (USUAL, ["hosts"])


def test_what_somebody_else_writes_meanwhile_is_not_lost(hosts, monkeypatch):
    real, others = hosts_file.state.write_atomic, iter([b"10.0.0.7 first\n", b"10.0.0.8 second\n"])

    def write_atomic(path, data, mode):
        real(path, data, mode)
        with hosts.open("ab") as file:
            file.write(next(others, b""))

    monkeypatch.setattr(hosts_file.state, "write_atomic", write_atomic)
    hosts_file.add(hosts, NAMES)
    assert hosts.read_bytes() == with_names(USUAL + b"10.0.0.7 first\n10.0.0.8 second\n", NAMES)


def test_somebody_who_never_stops_writing_is_said(hosts, monkeypatch):
    real = hosts_file.state.write_atomic

    def write_atomic(path, data, mode):
        real(path, data, mode)
        with hosts.open("ab") as file:
            file.write(b"#\n")

    monkeypatch.setattr(hosts_file.state, "write_atomic", write_atomic)
    with pytest.raises(HostsFileError, match="keeps changing this file"):
        hosts_file.add(hosts, NAMES)
    assert hosts.read_bytes().startswith(USUAL)


def test_a_bind_mount_which_forbids_replacing_is_written_in_place(hosts, tmp_path):
    bound = mounted(f"mount --bind '{hosts}' '{hosts}'")
    inode = hosts.stat().st_ino
    assert edit(hosts, *NAMES, wrapper=bound).stderr == ""
    assert (hosts.read_bytes(), hosts.stat().st_ino) == (MADE, inode)
    assert left(hosts) == ["hosts", f"hosts{BACKUP}"]
    with hosts.open("ab") as file:
        file.write(b"10.0.0.7 later\n")
    assert edit(hosts, wrapper=bound).stderr == ""
    assert hosts.read_bytes() == USUAL + b"10.0.0.7 later\n"
    assert left(hosts) == ["hosts"]


@pytest.mark.parametrize("bind", ["", " && mount --bind '{0}/hosts' '{0}/hosts'"], ids=["replaced", "in place"])
def test_a_full_disk_leaves_the_file_as_it_was(tmp_path, bind):
    disk = tmp_path / "disk"
    disk.mkdir()
    big = USUAL + b"#" * (4096 - len(USUAL) - 1) + b"\n"
    (tmp_path / "big").write_bytes(big)
    # Three pages: the file, its backup, and none for what is written.
    script = (
        f"mount -t tmpfs -o size=8k none '{disk}' && cp '{tmp_path}/big' '{disk}/hosts'{bind.format(disk)}\n"
        f'"$@" 2>"{tmp_path}/said" || true; cp "{disk}/hosts" "{tmp_path}/after"\n'
        f'ls -A "{disk}" > "{tmp_path}/left"; set -- true'
    )
    edit(disk / "hosts", *NAMES, wrapper=mounted(script))
    said = (tmp_path / "said").read_text()
    assert "No space left on device" in said
    assert "df " in said
    assert (tmp_path / "after").read_bytes() == big
    assert "hosts" in (tmp_path / "left").read_text().split()
    assert "devserve-new" not in (tmp_path / "left").read_text()


@pytest.mark.parametrize("blank", [1, 60])
@pytest.mark.parametrize(
    ("before", "backup"), [(USUAL, USUAL), (USUAL, MADE)], ids=["while growing", "while shrinking"]
)
def test_blank_lines_of_an_interrupted_write_in_place_are_taken_away(hosts, blank, before, backup):
    hosts.write_bytes(before + b"\n" * blank)
    (hosts.parent / f"hosts{BACKUP}").write_bytes(backup)
    hosts_file.add(hosts, NAMES)
    assert hosts.read_bytes() == MADE


def test_the_place_can_be_another_one(monkeypatch):
    assert hosts_file.place() == Path("/etc/hosts")
    monkeypatch.setenv("DEVSERVE_HOSTS_FILE", "/mnt/c/Windows/System32/drivers/etc/hosts")
    assert hosts_file.place() == Path("/mnt/c/Windows/System32/drivers/etc/hosts")
