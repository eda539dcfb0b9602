import socket
import threading
from datetime import UTC, datetime

from devserve.ca import leaf
from devserve.io.doctor.handshakes import listener
from devserve.io.doctor.shown import seen
from devserve.io.run.ports import free_port
from support.authority import authority

HOST = "web.localhost"


def test_the_certificate_that_is_shown_is_seen_without_being_believed():
    with listener(leaf.mint(authority(), HOST, datetime.now(UTC))) as target:
        found = seen("other.localhost", target.port, ["::1", "127.0.0.1"], authority().root)
    assert found.certificate is not None
    assert found.certificate.names == (HOST,)
    assert "pid" in found.holder


def test_nothing_that_answers_is_said():
    found = seen(HOST, free_port(), [], authority().root)
    assert found.connection_error == "Connection refused"


def test_what_does_not_speak_tls_is_said():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def refuse() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(1000)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

        thread = threading.Thread(target=refuse)
        thread.start()
        found = seen(HOST, server.getsockname()[1], ["127.0.0.1"], authority().root)
        thread.join()
    assert found.certificate is None
    assert found.tls_error
