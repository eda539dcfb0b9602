import plistlib
from pathlib import Path

from devserve.ca.facts import Facts
from devserve.ca.launchd import AGENT, LABEL, agent, provision

HOME = Path("/Users/ann")
PLACE = HOME / AGENT
MAC = Facts("Darwin", HOME, HOME, HOME, commands=frozenset({"launchctl"}))
FILE = agent(HOME / "shop & co", ("/v/python", "-m", "devserve", "run"), (("PATH", "/bin"),))


def test_launchd_binds_both_ports_on_loopback_alone():
    sockets = plistlib.loads(FILE)["Sockets"]
    assert {name: [(each["SockNodeName"], each["SockServiceName"]) for each in sockets[name]] for name in sockets} == {
        "https": [("127.0.0.1", "443"), ("::1", "443")],
        "http": [("127.0.0.1", "80"), ("::1", "80")],
    }


def test_devserve_is_started_in_the_folder():
    read = plistlib.loads(FILE)
    assert (read["Label"], read["WorkingDirectory"]) == (LABEL, "/Users/ann/shop & co")
    assert read["ProgramArguments"] == ["/v/python", "-m", "devserve", "run"]
    assert read["EnvironmentVariables"] == {"PATH": "/bin"}


def test_nothing_needs_root_and_all_of_it_is_undone():
    made = provision(PLACE, MAC, FILE)
    assert not any(step.needs_root for step in (*made.install, *made.remove))
    assert [step.describe() for step in made.remove] == [f"launchctl unload -w {PLACE}", f"rm -f -- {PLACE}"]
    assert made.is_shown_by(FILE.decode())
    assert provision(PLACE, MAC).is_shown_by(FILE.decode())
