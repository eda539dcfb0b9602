import os
import socket
import subprocess
import sys
from contextlib import closing

import psutil
import pytest

from devserve.errors import ServiceError
from devserve.io.run import ports

LISTENS = "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); input()"


def listening(family=socket.AF_INET, address="127.0.0.1"):
    return closing(socket.create_server((address, 0), family=family))


def test_a_free_port_is_one_that_can_be_listened_on():
    with closing(socket.create_server(("127.0.0.1", ports.free_port()))) as server:
        assert server.getsockname()[1] > 1023


def test_free_ports_are_not_given_twice():
    taken = set()
    for _ in range(100):
        taken.add(ports.free_port(taken))
    assert len(taken) == 100


def test_a_port_that_was_already_given_is_not_given_again(monkeypatch):
    given, following = ports.free_port(), ports.free_port()
    answers = iter([given, given, following])
    real = socket.socket.getsockname
    monkeypatch.setattr(socket.socket, "getsockname", lambda self: (real(self)[0], next(answers)), raising=False)
    assert ports.free_port({given}) == following


@pytest.mark.parametrize(
    ("family", "address"),
    [
        (socket.AF_INET, "127.0.0.1"),
        (socket.AF_INET, "0.0.0.0"),
        (socket.AF_INET6, "::1"),
        (socket.AF_INET6, "::"),
    ],
)
def test_a_listener_at_any_address_of_this_machine_holds_its_port(family, address):
    with listening(family, address) as server:
        port = server.getsockname()[1]
        assert not ports.is_free(port)
    assert ports.is_free(port)


def test_a_connection_that_is_closed_does_not_hold_a_port():
    with listening() as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            accepted, _ = server.accept()
            accepted.close()  # first, so that TIME_WAIT is on the server's side
            assert client.recv(1) == b""
    assert ports.is_free(port)


def test_a_machine_without_ipv6_has_free_ports(monkeypatch):
    monkeypatch.setattr(ports, "ADDRESSES", [(socket.AF_INET6, "2001:db8::1")])
    assert ports.is_free(50_000)


@pytest.fixture
def stranger():
    """A process that listens on a port, and the port."""
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", LISTENS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        yield process, int(process.stdout.readline())
        process.stdin.close()


def test_a_taken_port_is_told_with_its_holder_and_the_fix(stranger):
    process, port = stranger
    name = psutil.Process(process.pid).name()
    assert ports.holder(port) == f"{name} (pid {process.pid})"
    with pytest.raises(ServiceError) as caught:
        ports.check_free("web", port)
    assert str(caught.value) == (
        f"web: port {port} is taken by {name} (pid {process.pid}). End it with `kill {process.pid}`, "
        "or set another port in [services.web]."
    )


def test_a_taken_port_whose_holder_may_not_be_seen_is_told_with_how_to_find_it(stranger, monkeypatch):
    def denied(kind):
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", denied)
    _, port = stranger
    assert ports.holder(port) is None
    with pytest.raises(ServiceError, match=rf"taken by another process\. Find it with `sudo lsof -nP -iTCP:{port} "):
        ports.check_free("web", port)


def test_connections_wait_in_the_queue_of_a_listening_socket():
    with ports.listen("web", ports.free_port()) as listener:
        assert ports.queued(listener) == 0
        with socket.create_connection(listener.getsockname()):
            assert ports.queued(listener) == (1 if sys.platform == "linux" else 0)
            listener.accept()[0].close()
            assert ports.queued(listener) == 0


def test_a_port_that_cannot_be_listened_on_is_told(stranger, monkeypatch):
    with pytest.raises(ServiceError, match=r"web: port \d+ is taken by"):
        ports.listen("web", stranger[1])

    def forbidden(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket, "create_server", forbidden)
    with pytest.raises(ServiceError, match=r"web: port \d+ cannot be listened on: Permission denied. Set another port"):
        ports.listen("web", ports.free_port())


def test_a_free_port_has_no_holder_and_is_no_problem():
    port = ports.free_port()
    ports.check_free("web", port)
    assert ports.holder(port) is None


def test_the_ports_of_a_group_are_those_its_processes_listen_on(stranger):
    process, port = stranger
    assert ports.listened_on(process.pid) == [port]
    assert ports.listened_on(os.getpid() + 2**22) == []
