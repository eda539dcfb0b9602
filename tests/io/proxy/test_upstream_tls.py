import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID

from devserve.ca import leaf
from devserve.config.values import UpstreamTls
from devserve.errors import UpstreamError
from devserve.io.proxy.sni import context_of
from devserve.io.proxy.upstream_tls import context_for, failure
from support.authority import authority

NOW = datetime.now(UTC)


class SelfMade:
    """A certificate that vouches for itself, as `openssl req -x509` once made them: no extension but the name."""

    def __init__(self, folder: Path, name: str, days: int = 1) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW - timedelta(days=2))
            .not_valid_after(NOW + timedelta(days=days))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
            .sign(key, hashes.SHA256())
        )
        self._key = key
        self.certificate = folder / f"{name}.pem"
        self.certificate.write_bytes(certificate.public_bytes(Encoding.PEM))
        self.key = self.key_file(folder / f"{name}.key", NoEncryption())

    def key_file(self, file: Path, encryption: KeySerializationEncryption) -> Path:
        file.write_bytes(self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
        return file

    def server(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


def of_authority(name: str) -> ssl.SSLContext:
    """Return a server's context with a certificate of the tests' authority."""
    return context_of(leaf.mint(authority(), name, NOW))


def shaken(client_context: ssl.SSLContext, server_context: ssl.SSLContext, name: str) -> ssl.SSLObject:
    """Shake hands through memory; return the server's side. Raises what the client says."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server, client, server):
        with suppress(ssl.SSLWantReadError):
            side.do_handshake()
    return server


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    file = tmp_path / "ca.pem"
    file.write_bytes(authority().root.pem)
    return file


def test_a_certificate_of_the_named_authority_is_accepted(ca):
    shaken(context_for(UpstreamTls(ca=ca)), of_authority("web.test"), "web.test")


def test_a_self_made_certificate_is_accepted_when_it_is_named_itself(tmp_path):
    made = SelfMade(tmp_path, "web.test")
    shaken(context_for(UpstreamTls(ca=made.certificate)), made.server(), "web.test")


def test_whoever_answers_is_believed_without_verification(tmp_path):
    shaken(context_for(UpstreamTls(verify=False)), SelfMade(tmp_path, "other.test", days=-1).server(), "web.test")


@pytest.mark.parametrize(
    ("name", "days", "trusted", "remedy"),
    [
        ("web.test", 1, False, "ca = "),
        ("other.test", 1, True, "server_name = "),
        ("web.test", -1, True, "verify = false"),
    ],
)
def test_a_certificate_that_is_refused_names_its_remedy(tmp_path, ca, name, days, trusted, remedy):
    made = SelfMade(tmp_path, name, days)
    context = context_for(UpstreamTls(ca=made.certificate if trusted else ca))
    with pytest.raises(ssl.SSLError) as caught:
        shaken(context, made.server(), "web.test")
    assert failure(caught.value).startswith("its certificate was refused: ")
    assert remedy in failure(caught.value)


def test_the_system_trusts_no_authority_of_ours():
    with pytest.raises(ssl.SSLCertVerificationError):
        shaken(context_for(UpstreamTls()), of_authority("web.test"), "web.test")


def test_asks_for_http_1_1(tmp_path):
    made = SelfMade(tmp_path, "web.test")
    server = made.server()
    server.set_alpn_protocols(["h2", "http/1.1"])
    assert shaken(context_for(UpstreamTls(verify=False)), server, "web.test").selected_alpn_protocol() == "http/1.1"


def test_shows_its_certificate_to_a_server_that_asks(tmp_path):
    made, client = SelfMade(tmp_path, "web.test"), SelfMade(tmp_path, "developer.test")
    server = made.server()
    server.verify_mode = ssl.CERT_REQUIRED
    server.load_verify_locations(client.certificate)
    settings = UpstreamTls(verify=False, client_cert=client.certificate, client_key=client.key)
    peer = shaken(context_for(settings), server, "web.test").getpeercert()
    assert ("DNS", "developer.test") in peer["subjectAltName"]


def test_certificate_and_key_may_be_in_one_file(tmp_path):
    made = SelfMade(tmp_path, "web.test")
    both = tmp_path / "both.pem"
    both.write_bytes(made.key.read_bytes() + made.certificate.read_bytes())
    context_for(UpstreamTls(client_cert=both))


def test_a_key_with_a_password_is_refused_instead_of_asking_on_the_terminal(tmp_path):
    made = SelfMade(tmp_path, "web.test")
    locked = made.key_file(tmp_path / "locked.key", BestAvailableEncryption(b"secret"))
    with pytest.raises(UpstreamError, match=r"has a password; name one without"):
        context_for(UpstreamTls(client_cert=made.certificate, client_key=locked))


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"ca": "nowhere.pem"}, "no such file"),
        ({"ca": "."}, "is a directory"),
        ({"ca": "empty.pem"}, "no certificate"),
        ({"client_cert": "nowhere.pem"}, "no such file"),
        ({"client_cert": "empty.pem"}, "PEM"),
        ({"client_cert": "a.test.pem", "client_key": "b.test.key"}, "belong together"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(tmp_path, settings, reason):
    SelfMade(tmp_path, "a.test")
    SelfMade(tmp_path, "b.test")
    (tmp_path / "empty.pem").touch()
    paths = {key: tmp_path / name for key, name in settings.items()}
    with pytest.raises(UpstreamError, match=reason) as caught:
        context_for(UpstreamTls(**paths))
    assert str(next(iter(paths.values()))) in str(caught.value)


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("WRONG_VERSION_NUMBER", "it does not speak TLS; write http:// in upstream"),
        ("TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "it does not speak HTTP/1.1; turn that on there"),
        ("SSLV3_ALERT_HANDSHAKE_FAILURE", "the TLS handshake failed: sslv3 alert handshake failure"),
    ],
)
def test_a_handshake_that_failed_is_put_into_words(reason, sentence):
    error = ssl.SSLError(1, "[SSL] (_ssl.c:1006)")
    error.reason = reason
    assert failure(error) == sentence
