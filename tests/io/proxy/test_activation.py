import json
import os
import shutil
import socket
import subprocess
import sys

import pytest

from devserve.errors import ListenError
from devserve.io.proxy import activation
from devserve.io.proxy.activation import bound_to, from_launchd, inherited
from devserve.io.run.ports import free_port

LOOPBACK = ("127.0.0.1", "::1")
SHOW = """
import json, os
from devserve.io.proxy.activation import bound_to, inherited
given = inherited(os.environ)
addresses = [each.getsockname()[:2] for each in given]
kept = [name for name in os.environ if name.startswith("LISTEN_")]
inheritable = [os.get_inheritable(each.fileno()) for each in given]
print(json.dumps([addresses, kept, inheritable, bound_to(int(os.environ["WANTED"]), given, ["127.0.0.1"]).port]))
"""
LIBRARY = """
#include <errno.h>
#include <stdlib.h>
#include <string.h>
int launch_activate_socket(const char *name, int **descriptors, size_t *count) {
  if (strcmp(name, "https")) return strcmp(name, "broken") ? ESRCH : EALREADY;
  *descriptors = malloc(2 * sizeof(int));
  (*descriptors)[0] = 7;
  (*descriptors)[1] = 9;
  *count = 2;
  return 0;
}
"""


def test_systemd_hands_its_sockets_over_once_and_no_child_sees_them():
    if not shutil.which("systemd-socket-activate"):
        pytest.skip("no systemd-socket-activate here")
    port = free_port()
    waiting = subprocess.Popen(
        ["systemd-socket-activate", "-l", f"127.0.0.1:{port}", "-E", "WANTED", sys.executable, "-c", SHOW],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "WANTED": str(port)},
    )
    with waiting:
        while b"Listening" not in waiting.stderr.readline():
            assert waiting.poll() is None
        with socket.create_connection(("127.0.0.1", port), 10):
            told = json.loads(waiting.communicate(timeout=30)[0])
    assert told == [[["127.0.0.1", port]], [], [False], port]


@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"LISTEN_FDS": "1"},
        {"LISTEN_FDS": "1", "LISTEN_PID": "1"},  # meant for another process
        {"LISTEN_FDS": "x", "LISTEN_PID": str(os.getpid())},
        {"LISTEN_FDS": "", "LISTEN_PID": str(os.getpid())},
    ],
)
def test_without_a_word_to_this_process_nothing_is_taken(environment):
    before = dict(environment)
    assert inherited(environment) == []
    assert environment == before


def given(monkeypatch, descriptor: int) -> dict[str, str]:
    monkeypatch.setattr(activation, "FIRST", descriptor)
    return {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid()), "LISTEN_FDNAMES": "https", "HOME": "/h"}


def test_what_was_said_leaves_the_environment(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        environment = given(monkeypatch, os.dup(server.fileno()))
        [taken] = inherited(environment)
        assert (environment, taken.getsockname()) == ({"HOME": "/h"}, server.getsockname())
        taken.close()


def test_a_descriptor_that_does_not_listen_is_refused(monkeypatch):
    with socket.socket() as idle, socket.socket(socket.AF_UNIX) as local:
        for strange in (idle, local):
            copy = os.dup(strange.fileno())
            with pytest.raises(ListenError, match="no listening TCP socket"):
                inherited(given(monkeypatch, copy))


def test_a_descriptor_that_is_closed_is_refused(monkeypatch):
    with pytest.raises(ListenError, match="Bad file descriptor"):
        inherited(given(monkeypatch, 987))


@pytest.mark.parametrize(
    ("address", "asked", "turns_away"),
    [("127.0.0.1", LOOPBACK, False), ("0.0.0.0", LOOPBACK, True), ("0.0.0.0", ("0.0.0.0",), False)],
)
def test_sockets_wider_than_asked_for_turn_others_away(address, asked, turns_away):
    with socket.create_server((address, 0)) as server:
        port = server.getsockname()[1]
        bound = bound_to(port, [server], asked)
        assert (bound.port, bound.loopback_only, list(bound.sockets)) == (port, turns_away, [server])
        assert bound_to(port + 1, [server], asked) is None


def test_launchd_hands_over_by_name(tmp_path):
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler here, so no stand-in for macOS's library")
    (tmp_path / "library.c").write_text(LIBRARY)
    library = str(tmp_path / "library.so")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, str(tmp_path / "library.c")], check=True, timeout=60)
    assert from_launchd("https", library) == [7, 9]
    assert from_launchd("http", library) == []
    with pytest.raises(ListenError, match="does not hand over the socket broken"):
        from_launchd("broken", library)
