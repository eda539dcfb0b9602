import subprocess
from pathlib import Path

import pytest

from devserve.ca.hosts_block import with_names
from devserve.ca.hosts_entries import DEVSERVE, hosts_entries, provision
from devserve.ca.provisions import Kind

HOSTS = Path("/etc/hosts")


@pytest.mark.parametrize(
    ("hosts", "system", "names"),
    [
        (["web.shop.test", "api.shop.test", "web.shop.test"], "Linux", ("api.shop.test", "web.shop.test")),
        (["web.localhost", "localhost"], "Linux", ()),
        (["web.localhost", "localhost"], "Darwin", ("web.localhost",)),
        ([], "Linux", ()),
    ],
)
def test_only_names_that_need_an_entry_get_one(hosts, system, names):
    found = hosts_entries(HOSTS, hosts, system)
    assert [each.install[0].argv[len(DEVSERVE) :] for each in found] == (
        [("hosts", "--write", "--file", "/etc/hosts", *names)] if names else []
    )


def test_writing_and_removing_need_root_and_looking_does_not():
    entries = provision(HOSTS, ("web.test",), "Linux")
    assert [step.needs_root for step in (*entries.install, *entries.remove)] == [True, True]
    assert [step.needs_root for step in (*entries.look_up, *entries.verify)] == [False, False]


def test_all_repositories_share_one_entry_of_the_ledger():
    one, other = provision(HOSTS, ("web.test",), "Linux"), provision(HOSTS, (), "Linux")
    assert (one.kind, one.place, one.sha256) == (other.kind, other.place, other.sha256)
    assert one.kind is Kind.HOSTS
    assert one.remove == other.remove


def test_macos_is_told_to_forget_what_it_knows():
    entries = provision(HOSTS, ("web.test",), "Darwin")
    assert [step.argv[0] for step in entries.install[1:]] == ["dscacheutil", "killall"]
    assert entries.install[1:] == entries.remove[1:]


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (with_names(b"127.0.0.1 localhost", ["web.test", "api.test"]), 0),
        (with_names(b"127.0.0.1 localhost\r\n", ["web.test", "api.test"]), 0),
        (with_names(b"127.0.0.1 localhost\n", ["web.test"]), 1),
        (b"127.0.0.1 web.test\n127.0.0.1 api.test\n::1 api.test\n", 1),
        (b"127.0.0.1 my-web.test\n::1 my-web.test\n127.0.0.1 api.test\n::1 api.test\n", 1),
        (b"", 1),
    ],
)
def test_it_works_only_when_each_name_has_both_lines(tmp_path, content, status):
    file = tmp_path / "a hosts file"
    file.write_bytes(content)
    [step] = provision(file, ("api.test", "web.test"), "Linux").verify
    assert subprocess.run(step.argv, check=False, timeout=10, capture_output=True).returncode == status
