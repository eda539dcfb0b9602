"""How each client that can be scripted is asked whether it trusts a page, and what its answer means."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from devserve.doctor.findings import Finding, Verdict

TOPIC = "clients"
PATH = "/.well-known/devserve-ca"
SCRIPT = "{script}"  # in a command: a file with the client's script
FOLDER = "{folder}"  # in a command: an empty folder that exists while it runs
PYTHON = """
import socket, ssl, sys
host, port = sys.argv[1], int(sys.argv[2])
try:
    with socket.create_connection(("127.0.0.1", port), 5) as plain:
        with ssl.create_default_context().wrap_socket(plain, server_hostname=host):
            print("accepted")
except ssl.SSLError as error:
    print("refused:", getattr(error, "verify_message", "") or error.reason)
"""
NODE = """
const [host, port] = process.argv.slice(-2)
const socket = require('tls').connect({ host: '127.0.0.1', port: Number(port), servername: host })
socket.setTimeout(5000, () => socket.destroy(new Error('no answer')))
socket.on('secureConnect', () => { console.log('accepted'); socket.destroy() })
socket.on('error', error => console.log(/CERT|ISSUER|SELF_SIGNED|ALTNAME|SSL/.test(error.code) ? 'refused:' : 'failed:',
  error.code || error.message))
"""
JAVA = """
import java.net.Socket;
import javax.net.ssl.*;
class Probe {
  public static void main(String[] given) throws Exception {
    Socket plain = new Socket("127.0.0.1", Integer.parseInt(given[1]));
    SSLSocketFactory factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
    SSLSocket socket = (SSLSocket) factory.createSocket(plain, given[0], plain.getPort(), true);
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.setSoTimeout(5000);
    try {
      socket.startHandshake();
      System.out.println("accepted");
    } catch (SSLException error) {
      System.out.println("refused: " + error.getMessage());
    }
  }
}
"""
CHROMIUM_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--user-data-dir={FOLDER}",
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "brave-browser", "microsoft-edge")
ENOUGH_FOR_CURL = {60: "refused", 77: "refused"}  # curl's exit status: the certificate, or the file with roots


class Answer(Enum):
    """What a client did when it was shown the certificate."""

    ACCEPTED = auto()
    REFUSED = auto()
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class Target:
    """Where a page answers on this machine."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """The page's address."""
        return f"https://{self.host}{'' if self.port == 443 else f':{self.port}'}{PATH}"


@dataclass(frozen=True, slots=True)
class Client:
    """A client: the command that shows what it does, and whether our variables can make it trust the CA."""

    name: str
    argv: tuple[str, ...]
    script: str = ""  # the text of SCRIPT
    by_variables: bool = True
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A client's answer and its own words."""

    answer: Answer
    words: str = ""


def clients(target: Target, commands: frozenset[str], *, is_root: bool) -> list[Client]:
    """Return each client that is among the commands of this machine."""
    host, port = target.host, str(target.port)
    leads_here = f"{host}:{port}:127.0.0.1"
    sandbox = ("--no-sandbox",) if is_root else ()
    known = [
        Client("curl", ("curl", "-sS", "-o", "/dev/null", "-m", "5", "--resolve", leads_here, target.url)),
        Client("git", ("git", "-c", f"http.curloptResolve={leads_here}", "ls-remote", target.url)),
        Client("node", ("node", "-e", NODE, "--", host, port)),
        Client("python3", ("python3", "-c", PYTHON, host, port)),
        Client("java", ("java", "--source", "11", SCRIPT, host, port), JAVA, by_variables=False),
        *(
            Client(
                browser,
                (
                    browser,
                    *CHROMIUM_FLAGS,
                    *sandbox,
                    f"--host-resolver-rules=MAP {host} 127.0.0.1",
                    "--dump-dom",
                    target.url,
                ),
                by_variables=False,
                hint=" and restart the browser",
            )
            for browser in BROWSERS
        ),
    ]
    return [client for client in known if client.name in commands]


def told(client: str, status: int, output: str) -> Told:
    """Return what a client's exit status and output mean."""
    words = output.strip()
    if client == "curl":
        said = Answer.ACCEPTED if status == 0 else Answer.REFUSED if status in ENOUGH_FOR_CURL else Answer.UNKNOWN
        return Told(said, _first_line(words))
    if client == "git":
        return _git_told(status, words)
    if client in BROWSERS:
        return _browser_told(words)
    for start, answer in (("accepted", Answer.ACCEPTED), ("refused:", Answer.REFUSED)):
        if words.startswith(start):
            return Told(answer, _first_line(words.removeprefix(start).strip()))
    return Told(Answer.UNKNOWN, _first_line(words) or f"exit status {status}")


def finding(client: Client, plain: Told, with_variables: Told | None) -> Finding:
    """Return how a client stands, from its answer by itself and the one with the variables of `devserve env`."""
    by = f"a handshake by {client.name}"
    why = f" ({plain.words})" if plain.words else ""
    if plain.answer is Answer.ACCEPTED:
        return Finding(TOPIC, client.name, Verdict.GOOD, "accepts the certificate", measured=by)
    if plain.answer is Answer.UNKNOWN:
        return Finding(TOPIC, client.name, Verdict.NOTE, f"could not be asked{why}", measured=by)
    if with_variables is not None and with_variables.answer is Answer.ACCEPTED:
        said = "refuses it by itself, accepts it with the variables of `devserve env`; devserve's services have them"
        fix = f"Start it as `devserve exec -- {client.name} …`"
        return Finding(TOPIC, client.name, Verdict.NOTE, said, fix, by)
    return Finding(
        TOPIC, client.name, Verdict.BROKEN, f"refuses the certificate{why}", f"Run `devserve setup`{client.hint}", by
    )


def _git_told(status: int, words: str) -> Told:
    if re.search(r"certificate|SSL", words):
        return Told(Answer.REFUSED, _first_line(words))
    # There is no repository: what it complains about came through TLS.
    spoke = status == 0 or re.search(r"not found|not valid|returned error|info/refs", words)
    return Told(Answer.ACCEPTED if spoke else Answer.UNKNOWN, "" if spoke else _first_line(words))


def _browser_told(words: str) -> Told:
    error = re.search(r"\b(?:net::)?(ERR_[A-Z_]+)", words)
    if error and error[1].startswith(("ERR_CERT", "ERR_SSL")):
        return Told(Answer.REFUSED, error[1])
    if error or "devserve" not in words:
        return Told(Answer.UNKNOWN, error[1] if error else "its page stayed empty")
    return Told(Answer.ACCEPTED)


def _first_line(words: str) -> str:
    return words.splitlines()[0][:200] if words else ""
