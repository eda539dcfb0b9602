"""Other people's verifiers, each asked the same: do you accept this leaf for its host, if you trust this authority?"""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from devserve.ca.authority import Authority
from devserve.ca.leaf import Leaf
from support.certificates import is_address, need, openssl_says, python_says

ACCEPTED = "OK"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK"
NODE = """
const [host, port, ca] = process.argv.slice(1);
const lookup = (name, options, done) => options.all ? done(null, [{address: '127.0.0.1', family: 4}])
                                                    : done(null, '127.0.0.1', 4);
require('https').get({host, port, lookup, agent: false, ca: require('fs').readFileSync(ca)}, (answer) => {
  answer.setEncoding('utf8').on('data', (text) => process.stdout.write(text));
}).on('error', (error) => { console.error(error.message); process.exitCode = 1; });
"""
JAVA = """
import java.net.URI;
import java.net.http.*;
public class Probe {
  public static void main(String[] given) throws Exception {
    var request = HttpRequest.newBuilder(URI.create(given[0])).build();
    System.out.print(HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body());
  }
}
"""


@contextmanager
def served(leaf: Leaf, folder: Path) -> Iterator[int]:
    """Answer with this leaf's certificate on a port of 127.0.0.1 as long as the block lasts; yield the port."""
    file = folder / "served.pem"
    file.write_bytes(leaf.key_pem + leaf.chain_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                connection.settimeout(10)
                with suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
                    tls.recv(4096)
                    tls.sendall(ANSWER)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        yield int(listener.getsockname()[1])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)


def said(command: Sequence[str], **options: str) -> str:
    """Return what a client says: OK, the body that `served` answers with, or else its complaint."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, check=False, **options)
    return done.stdout.strip() if done.returncode == 0 else f"{done.stderr}{done.stdout}"


def written(authority: Authority, folder: Path) -> str:
    (folder / "ca.pem").write_bytes(authority.root.pem)
    return str(folder / "ca.pem")


def certtool_says(authority: Authority, leaf: Leaf, folder: Path) -> str:
    """GnuTLS."""
    (folder / "chain.pem").write_bytes(leaf.chain_pem)
    command = [need("certtool", "gnutls-bin"), "--verify", "--load-ca-certificate", written(authority, folder)]
    verdict = said([*command, f"--verify-hostname={leaf.host}", "--infile", str(folder / "chain.pem")])
    return ACCEPTED if "Verified. The certificate is trusted." in verdict.splitlines()[-1] else verdict


def curl_says(authority: Authority, leaf: Leaf, folder: Path) -> str:
    """curl, in a whole exchange."""
    with served(leaf, folder) as port:
        command = [need("curl", "curl"), "--silent", "--show-error", "--noproxy", "*", "--cacert"]
        where = ["--connect-to", f"{leaf.host}:{port}:127.0.0.1:{port}", f"https://{leaf.host}:{port}/"]
        return said([*command, written(authority, folder), *where])


def node_says(authority: Authority, leaf: Leaf, folder: Path) -> str:
    """Node's https."""
    with served(leaf, folder) as port:
        return said(
            [need("node", "nodejs", needed=False), "-e", NODE, leaf.host, str(port), written(authority, folder)]
        )


def java_says(authority: Authority, leaf: Leaf, folder: Path) -> str:
    """Java's HttpClient, with a trust store that its keytool made."""
    if is_address(leaf.host) or leaf.host.startswith("xn--"):
        pytest.skip("one name is enough: each start of Java takes seconds")
    home = jdk()
    (folder / "Probe.java").write_text(JAVA)
    (folder / "hosts").write_text(f"127.0.0.1 {leaf.host}\n")
    store = ["-keystore", str(folder / "roots.p12"), "-storepass", "changeit"]
    added = [f"{home}/bin/keytool", "-importcert", "-noprompt", *store, "-file", written(authority, folder)]
    subprocess.run(added, capture_output=True, timeout=50, check=True)
    trust = ["-Djavax.net.ssl.trustStore=roots.p12", "-Djavax.net.ssl.trustStorePassword=changeit"]
    with served(leaf, folder) as port:
        java = [f"{home}/bin/java", "-Djdk.net.hosts.file=hosts", *trust, "Probe.java"]
        return said([*java, f"https://{leaf.host}:{port}/"], cwd=str(folder))


def jdk() -> Path:
    """Return a JDK's home; without one the test is skipped."""
    compiler = shutil.which("javac")
    if compiler is None:
        pytest.skip("no JDK here; on Debian: apt install default-jdk-headless")
    return Path(compiler).resolve().parent.parent


VERIFIERS = {
    "openssl verify -x509_strict": openssl_says,
    "Python's ssl, strict": python_says,
    "GnuTLS certtool": certtool_says,
    "curl": curl_says,
    "Node": node_says,
    "Java's HttpClient": java_says,
}
# PKIX in Java takes a trust anchor for a name and a key: the constraints in its certificate are not looked at.
HEEDLESS = {"Java's HttpClient"}
ENFORCING = {name: verifier for name, verifier in VERIFIERS.items() if name not in HEEDLESS}
