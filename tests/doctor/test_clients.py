import pytest

from devserve.doctor.clients import BROWSERS, Answer, Client, Target, Told, clients, finding, told
from devserve.doctor.findings import Verdict

TARGET = Target("doctor.localhost", 8443)
ALL = frozenset({"curl", "git", "node", "python3", "java", "chromium"})
ACCEPTED, REFUSED, UNKNOWN = Answer.ACCEPTED, Answer.REFUSED, Answer.UNKNOWN
GIT_ABSENT = (
    "fatal: https://doctor.localhost:8443/.well-known/devserve-ca/info/refs not valid: is this a git repository?"
)
GIT_REFUSED = "fatal: unable to access 'https://x/': server certificate verification failed. CAfile: none CRLfile: none"


def test_only_clients_of_this_machine_are_asked():
    assert [client.name for client in clients(TARGET, frozenset({"curl", "node"}), is_root=False)] == ["curl", "node"]
    assert {client.name for client in clients(TARGET, ALL, is_root=False)} == ALL


def test_each_client_is_led_here_whatever_the_resolver_says():
    for client in clients(TARGET, ALL, is_root=False):
        spoken = " ".join(client.argv) + client.script
        assert "127.0.0.1" in spoken
        assert "doctor.localhost" in spoken


@pytest.mark.parametrize("is_root", [True, False])
def test_only_root_gives_up_the_browsers_sandbox(is_root):
    [browser] = clients(TARGET, frozenset({"chromium"}), is_root=is_root)
    assert ("--no-sandbox" in browser.argv) is is_root


@pytest.mark.parametrize(("port", "url"), [(443, "https://a.test/"), (8443, "https://a.test:8443/")])
def test_the_page_has_a_port_only_where_it_needs_one(port, url):
    assert Target("a.test", port).url.startswith(url)


@pytest.mark.parametrize(
    ("client", "status", "output", "answer", "words"),
    [
        ("curl", 0, "", ACCEPTED, ""),
        ("curl", 60, "curl: (60) SSL certificate problem\nMore details", REFUSED, "curl: (60) SSL certificate problem"),
        ("curl", 77, "curl: (77) error setting certificate file", REFUSED, "curl: (77) error setting certificate file"),
        ("curl", 7, "curl: (7) Failed to connect", UNKNOWN, "curl: (7) Failed to connect"),
        ("git", 128, GIT_ABSENT.replace("certificate", ""), ACCEPTED, ""),
        ("git", 128, "fatal: repository 'https://x/' not found", ACCEPTED, ""),
        ("git", 128, GIT_REFUSED, REFUSED, GIT_REFUSED),
        (
            "git",
            128,
            "fatal: unable to access: Failed to connect",
            UNKNOWN,
            "fatal: unable to access: Failed to connect",
        ),
        ("node", 0, "accepted\n", ACCEPTED, ""),
        ("node", 0, "refused: SELF_SIGNED_CERT_IN_CHAIN", REFUSED, "SELF_SIGNED_CERT_IN_CHAIN"),
        ("node", 0, "failed: ECONNREFUSED", UNKNOWN, "failed: ECONNREFUSED"),
        (
            "python3",
            0,
            "refused: unable to get local issuer certificate",
            REFUSED,
            "unable to get local issuer certificate",
        ),
        ("python3", 1, "", UNKNOWN, "exit status 1"),
        ("java", 0, "refused: PKIX path building failed", REFUSED, "PKIX path building failed"),
        ("java", 1, "error: no compiler\nmore", UNKNOWN, "error: no compiler"),
        ("chromium", 0, "<title>devserve: certificate</title>", ACCEPTED, ""),
        ("chromium", 0, "<div>net::ERR_CERT_AUTHORITY_INVALID devserve</div>", REFUSED, "ERR_CERT_AUTHORITY_INVALID"),
        ("chromium", 0, "<div>ERR_SSL_KEY_USAGE_INCOMPATIBLE</div>", REFUSED, "ERR_SSL_KEY_USAGE_INCOMPATIBLE"),
        ("chromium", 0, "ERR_CONNECTION_REFUSED devserve", UNKNOWN, "ERR_CONNECTION_REFUSED"),
        ("chromium", 1, "", UNKNOWN, "its page stayed empty"),
    ],
)
def test_what_a_client_says_is_understood(client, status, output, answer, words):
    assert told(client, status, output) == Told(answer, words)


@pytest.mark.parametrize(
    ("plain", "with_variables", "verdict", "fix"),
    [
        (Told(ACCEPTED), None, Verdict.GOOD, ""),
        (Told(REFUSED, "x"), Told(ACCEPTED), Verdict.NOTE, "devserve exec -- node"),
        (Told(REFUSED, "x"), Told(REFUSED, "x"), Verdict.BROKEN, "devserve setup"),
        (Told(REFUSED, "x"), None, Verdict.BROKEN, "devserve setup"),
        (Told(UNKNOWN, "x"), None, Verdict.NOTE, ""),
    ],
)
def test_a_client_that_only_the_variables_convince_is_not_broken(plain, with_variables, verdict, fix):
    found = finding(Client("node", ("node",)), plain, with_variables)
    assert found.verdict is verdict
    assert fix in found.fix


def test_a_browser_must_be_started_again():
    [browser] = clients(TARGET, frozenset({BROWSERS[0]}), is_root=False)
    assert "restart the browser" in finding(browser, Told(REFUSED), None).fix
