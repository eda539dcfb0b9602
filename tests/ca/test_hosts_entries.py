from pathlib import Path

import pytest

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
