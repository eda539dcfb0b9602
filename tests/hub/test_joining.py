import pytest

from devserve.errors import RemoteProtocolError
from devserve.hub.joining import PROTOCOL, Port, Welcome, join, lease_in, welcome, welcome_in
from devserve.hub.leases import Claim, Lease

LEASE = Lease(7, "/src/mail", "devserve run /src/mail", (Claim("mail.test", "/", "mail"),), "branch")


def test_a_lease_is_asked_for():
    assert lease_in(join(LEASE, "1.2"), "1.2") == LEASE


@pytest.mark.parametrize(
    ("protocol", "older"),
    [(PROTOCOL - 1, "this devserve (1.2)"), (PROTOCOL + 1, "the one that serves the ports (1.3)")],
)
def test_of_two_versions_the_older_one_is_to_be_updated(protocol, older):
    with pytest.raises(RemoteProtocolError) as caught:
        lease_in({**join(LEASE, "1.2"), "join": protocol}, "1.3")
    assert str(caught.value).endswith(f"Update {older}, then start it again.")


@pytest.mark.parametrize(
    "granted", [Welcome(Port(443, 2, loopback_only=False)), Welcome(Port(8443, 1, True), Port(8080, 1, True))]
)
def test_ports_are_granted(granted):
    assert welcome_in(welcome(granted)) == granted


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"refused": "it is taken"}, "it is taken"),
        ({}, "gave no answer that this one understands"),
        ({"welcome": [443], "http": None}, "no port in it"),
        ({"welcome": [443, "2", True], "http": None}, "no port in it"),
    ],
)
def test_what_grants_nothing_says_why(message, said):
    with pytest.raises(RemoteProtocolError, match=said):
        welcome_in(message)


@pytest.mark.parametrize("message", [{}, {"join": "1"}, {"join": PROTOCOL, "version": "1", "lease": 3}])
def test_what_asks_for_no_lease_is_refused(message):
    with pytest.raises(RemoteProtocolError):
        lease_in(message, "1.2")
