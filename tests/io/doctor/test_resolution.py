import socket
import threading

import pytest

from devserve.doctor.names import Resolved
from devserve.io.doctor import resolution
from devserve.io.doctor.resolution import in_background, resolve, resolve_all


def test_a_name_of_this_machine_leads_here():
    assert "127.0.0.1" in resolve("localhost").addresses


@pytest.mark.parametrize("host", ["no-such-name.invalid", "a" * 64 + ".test", ""])
def test_a_name_that_leads_nowhere_has_an_error(host):
    resolved = resolve(host)
    if host:
        assert (resolved.addresses, bool(resolved.error)) == ((), True)
    assert resolved.host == host


def test_every_name_is_asked_once_and_answers_come_in_order(monkeypatch):
    asked: list[str] = []
    monkeypatch.setattr(resolution, "resolve", lambda host: asked.append(host) or Resolved(host, ("::1",)))
    hosts = [f"s{number}.test" for number in range(50)]
    assert [each.host for each in resolve_all([*hosts, *hosts])] == hosts
    assert sorted(asked) == sorted(hosts)


def test_a_resolver_that_does_not_answer_holds_nobody_up(monkeypatch):
    silent = threading.Event()
    monkeypatch.setattr(resolution, "resolve", lambda host: silent.wait(10) and Resolved(host))
    assert resolve_all(["web.test"], patience=0.02) == [Resolved("web.test")]
    silent.set()


def test_in_the_background_the_answers_are_told():
    told, done = [], threading.Event()
    in_background(["localhost"], lambda resolved: (told.extend(resolved), done.set()))
    assert done.wait(10)
    assert [each.host for each in told] == ["localhost"]


def test_no_names_ask_nobody(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", pytest.fail)
    in_background([], pytest.fail)
    assert resolve_all([]) == []
