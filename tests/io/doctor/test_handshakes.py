import shutil
import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from devserve.ca import leaf
from devserve.doctor.clients import Target
from devserve.doctor.findings import Verdict
from devserve.io.doctor import handshakes
from devserve.io.doctor.handshakes import answers_with, ask_all, listener
from support.authority import authority

HOST = "doctor.localhost"


def minted(now: datetime | None = None) -> leaf.Leaf:
    return leaf.mint(authority(), HOST, now or datetime.now(UTC))


def ask(monkeypatch, command: str, made: leaf.Leaf | None = None):
    if shutil.which(command) is None:
        pytest.skip(f"no {command} here")
    monkeypatch.setattr(handshakes, "COMMANDS", (command,))
    with listener(made or minted()) as target:
        [found] = ask_all(target, authority().root)
    return found


@pytest.mark.parametrize("command", ["curl", "git", "node", "python3"])
def test_a_client_that_does_not_know_the_ca_is_convinced_by_the_variables(monkeypatch, command):
    found = ask(monkeypatch, command)
    assert found.verdict is Verdict.NOTE, found
    assert "accepts it with the variables" in found.said


@pytest.mark.parametrize("command", ["curl", "git", "python3"])
def test_a_client_that_knows_the_ca_accepts(monkeypatch, tmp_path, command):
    (tmp_path / "ca.pem").write_bytes(authority().root.pem)
    for name in ("CURL_CA_BUNDLE", "GIT_SSL_CAINFO", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "ca.pem"))
    found = ask(monkeypatch, command)
    assert (found.verdict, found.said) == (Verdict.GOOD, "accepts the certificate")


def test_java_accepts_once_its_store_has_the_ca(monkeypatch, tmp_path):
    if not shutil.which("keytool"):
        pytest.skip("no keytool here")
    (tmp_path / "ca.pem").write_bytes(authority().root.pem)
    store = tmp_path / "cacerts"
    subprocess.run(
        ["keytool", "-importcert", "-noprompt", "-keystore", str(store), "-storepass", "changeit", "-file", "ca.pem"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
        timeout=60,
    )
    options = f"-Djavax.net.ssl.trustStore={store} -Djavax.net.ssl.trustStorePassword=changeit"
    monkeypatch.setenv("JAVA_TOOL_OPTIONS", options)
    assert ask(monkeypatch, "java").verdict is Verdict.GOOD


@pytest.mark.parametrize("command", ["curl", "git", "node", "python3", "java"])
def test_an_expired_certificate_is_refused_whatever_the_variables(monkeypatch, command):
    found = ask(monkeypatch, command, minted(datetime.now(UTC) - timedelta(days=200)))
    assert found.verdict is Verdict.BROKEN, found
    assert "refuses the certificate" in found.said


def test_a_client_that_hangs_holds_nobody_up(monkeypatch, tmp_path):
    hanging = tmp_path / "curl"
    hanging.write_text("#!/bin/sh\nexec sleep 60\n")
    hanging.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(handshakes, "PATIENCE", 0.2)
    found = ask(monkeypatch, "curl")
    assert (found.verdict, found.said) == (Verdict.NOTE, "could not be asked (it did not end in time)")


def test_a_listener_of_ours_is_told_from_any_other():
    with listener(minted()) as target:
        assert answers_with(authority().root, target) is True
        assert answers_with(authority().root, Target("other.localhost", target.port)) is False
    assert answers_with(authority().root, target) is False
