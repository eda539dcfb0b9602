"""The wall clock moves under a running devserve: each handshake shows a leaf that is valid, connections live on."""

from __future__ import annotations

import http.client
import socket
import ssl
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store

from support.certificates import need
from support.fleet_home import new_home, repository
from support.fleet_running import free_port, running
from support.fleet_stage import export_ca

HOST = "web.clock.localhost"
CONFIGURATION = f"""
[project]
domain = "clock.localhost"
[services.web]
command = ["{sys.executable}", "-m", "http.server", "--bind", "127.0.0.1", "$PORT"]
"""
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@dataclass
class Stage:
    """devserve behind a clock that a test sets."""

    port: int
    clock: Path
    root: x509.Certificate

    def move(self, offset: timedelta) -> None:
        """Set the clock so far from the real one."""
        self.clock.with_suffix(".new").write_text(f"{offset.total_seconds():+.0f}\n")
        self.clock.with_suffix(".new").replace(self.clock)

    def connect(self) -> http.client.HTTPSConnection:
        """Shake hands without a look at the certificate."""
        connection = http.client.HTTPSConnection(HOST, self.port, timeout=10, context=heedless())
        bare = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        connection.sock = heedless().wrap_socket(bare, server_hostname=HOST)
        return connection

    def leaf(self, offset: timedelta) -> x509.Certificate:
        """Return what a new handshake shows, verified as of the moved clock."""
        connection = self.connect()
        der = connection.sock.getpeercert(binary_form=True)
        connection.close()
        shown = x509.load_der_x509_certificate(der)
        policy = PolicyBuilder().store(Store([self.root])).time(datetime.now(UTC) + offset)
        policy.build_server_verifier(x509.DNSName(HOST)).verify(shown, [])
        return shown


def heedless() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def asks(connection: http.client.HTTPSConnection) -> int:
    connection.request("GET", "/", headers={"Host": HOST})
    answer = connection.getresponse()
    answer.read()
    return answer.status


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    need("faketime", "faketime")
    library = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        pytest.skip("libfaketime is not where Debian puts it")
    folder, port = tmp_path_factory.mktemp("clock"), free_port()
    home, root = new_home(folder), repository(folder, CONFIGURATION)
    ca = x509.load_pem_x509_certificate(made_before(home, root).read_bytes())
    clock = folder / "clock"
    clock.write_text("+0\n")
    home.extra.update(
        LD_PRELOAD=str(library),
        FAKETIME_TIMESTAMP_FILE=str(clock),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
    )
    with running(home, "--https-port", str(port), "--http-port", "0", cwd=root) as devserve:
        devserve.wait_ready("web")
        yield Stage(port, clock, ca)


def made_before(home, root: Path) -> Path:
    """Make the authority by the real clock; return its certificate's file."""
    home.devserve("env", cwd=root)
    return export_ca(home, root)


def test_before_at_and_after_the_end_of_a_leaf_while_a_connection_stays_open(stage: Stage) -> None:
    connection = stage.connect()
    assert asks(connection) == 200
    first = stage.leaf(timedelta(0))
    end = first.not_valid_after_utc - datetime.now(UTC)
    serials = []
    for offset in (end - 31 * DAY, end - SECOND, end, end + SECOND, end + 58 * DAY, end + 200 * DAY, timedelta(0)):
        stage.move(offset)
        serials.append(stage.leaf(offset).serial_number)
        assert asks(connection) == 200, offset
    before, renewed, *_ = serials
    assert before == first.serial_number
    assert renewed != before  # at a third of the remaining life, without a restart
    connection.close()
