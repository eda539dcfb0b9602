import asyncio
import contextlib
import socket
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from devserve.config.values import Origin, Ready, Service
from devserve.io.run import probes
from devserve.io.run.ports import queued
from devserve.io.run.probes import answers, takes_from
from support.running import on_both_loops, until

TCP, HTTP = Ready(), Ready("http", http="/health")
ANSWERS = {"ok": b"HTTP/1.1 200 OK\r\n\r\n", "busy": b"HTTP/1.1 503 Busy\r\n\r\n", "ssh": b"SSH-2.0-x\r\n", "none": b""}


def a_service(ready):
    return Service(name="web", root=Path("/r"), host="web.localhost", ready=ready)


@on_both_loops
def test_a_listening_socket_is_served_once_its_queue_is_empty(run):
    async def test():
        with socket.create_server(("127.0.0.1", 0)) as listener:
            origin = Origin(port=listener.getsockname()[1])
            waiting = asyncio.ensure_future(takes_from(listener, origin))  # noqa: TID251 - looked at while it waits
            await until(lambda: queued(listener))
            assert not waiting.done()
            listener.accept()[0].close()
            await waiting

    run(test())


class Server:
    """Answers every connection with the same bytes, and keeps what it was asked."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    async def serve(self, reader, writer):
        with contextlib.suppress(ConnectionError):
            self.asked.append(await reader.read(4096))
            writer.write(self.answer)
            await writer.drain()
            writer.close()


async def probed(ready, answer, **server_options):
    server = Server(answer)
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0, **server_options) as listener:
        port = listener.sockets[0].getsockname()[1]
        scheme = "https" if server_options else "http"
        return await answers(a_service(ready), Origin(scheme, port=port)), server.asked


@pytest.mark.parametrize(
    ("ready", "answer", "expected"),
    [
        (TCP, "ok", True),
        (TCP, "none", True),
        (HTTP, "ok", True),
        (HTTP, "busy", False),
        (HTTP, "ssh", False),
        (HTTP, "none", False),
    ],
)
@on_both_loops
def test_looks_whether_a_service_answers(run, ready, answer, expected):
    assert run(probed(ready, ANSWERS[answer]))[0] is expected


@on_both_loops
def test_asks_for_the_services_host(run):
    _, asked = run(probed(HTTP, ANSWERS["ok"]))
    assert asked == [b"GET /health HTTP/1.1\r\nHost: web.localhost\r\nAccept: */*\r\nConnection: close\r\n\r\n"]


@on_both_loops
def test_a_line_without_end_is_no_answer(run):
    assert run(probed(HTTP, b"x" * 200_000))[0] is False


@pytest.mark.parametrize("ready", [TCP, HTTP])
@on_both_loops
def test_where_nobody_listens_nobody_answers(run, ready):
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        origin = Origin(port=bound.getsockname()[1])
        assert run(answers(a_service(ready), origin)) is False


@on_both_loops
def test_a_service_that_takes_the_request_and_says_nothing_is_not_waited_for(run, monkeypatch):
    monkeypatch.setattr(probes, "LONGEST_LOOK", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        origin = Origin(port=silent.getsockname()[1])
        assert run(answers(a_service(HTTP), origin)) is False


@on_both_loops
def test_looks_at_a_unix_socket(run, tmp_path):
    async def test():
        path = str(tmp_path / "app.sock")
        async with await asyncio.start_unix_server(Server(ANSWERS["ok"]).serve, path):
            return await answers(a_service(HTTP), Origin(unix_path=path))

    assert run(test()) is True


@on_both_loops
def test_a_services_own_certificate_need_not_be_trusted(run, own_certificate):
    assert run(probed(HTTP, ANSWERS["ok"], ssl=own_certificate))[0] is True


@pytest.fixture
def own_certificate(tmp_path):
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    certificate = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = tmp_path / "own.pem"
    file.write_bytes(certificate + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def test_a_service_that_listens_on_the_other_loopback_address_is_seen():
    async def scenario() -> bool:
        try:
            server = await asyncio.start_server(lambda _, writer: writer.close(), "::1", 0)
        except OSError:
            pytest.skip("this machine has no IPv6")
        origin = Origin(port=server.sockets[0].getsockname()[1])
        found = await answers(Service("web", Path("/repository"), "web.test"), origin)
        server.close()
        return found

    assert asyncio.run(scenario())
