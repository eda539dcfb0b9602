from datetime import UTC, datetime
from pathlib import Path

import pytest

from devserve.app import checkup, setup
from devserve.app.checkup import Ports
from devserve.ca import leaf
from devserve.config.values import Project, Service
from devserve.doctor.findings import Verdict
from devserve.errors import UsageError
from devserve.io import state
from devserve.io.ca import authority as authorities
from devserve.io.doctor import handshakes, measure
from devserve.io.run.ports import free_port
from support.authority import authority

HOSTS = ["web.shop.test", "localhost"]


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch) -> Path:
    """A home without stores, and a machine whose only client is Python."""
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("DEVSERVE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("DEVSERVE_HOSTS_FILE", str(tmp_path / "hosts"))
    (tmp_path / "hosts").write_text("127.0.0.1 localhost\n")
    monkeypatch.setattr(handshakes, "COMMANDS", ("python3",))
    monkeypatch.setattr(measure, "said_by", lambda *argv: "")
    return tmp_path


def found(findings) -> dict[str, Verdict]:
    return {each.subject: each.verdict for each in findings}


def whole() -> dict[str, Verdict]:
    return found(checkup.whole(HOSTS, Ports(free_port(), 0)))


def test_without_a_ca_that_is_said_and_the_rest_is_measured_all_the_same():
    seen = whole()
    assert seen["authority"] is Verdict.BROKEN
    assert seen["open files"]
    assert seen["localhost"] is Verdict.GOOD
    assert "python3" not in seen


def test_nothing_is_changed(home):
    before = sorted(home.rglob("*"))
    whole()
    assert sorted(home.rglob("*")) == before


def test_with_a_ca_each_client_is_asked_and_each_name_looked_up():
    setup.authority_for([Project(Path("/r/devserve.toml"), "shop.test")])
    seen = whole()
    assert seen["authority"] is Verdict.GOOD
    assert seen["limits"] is Verdict.GOOD
    assert seen["python3"] is Verdict.NOTE
    assert seen["web.shop.test"] is Verdict.BROKEN


def test_a_name_that_the_ca_may_not_sign_is_broken():
    setup.authority_for([])
    assert whole()["limits"] is Verdict.BROKEN


def test_a_ca_that_cannot_be_used_is_said_in_its_own_words():
    setup.authority_for([])
    authorities.private_file(state.place()).write_text("damaged")
    [said] = [each for each in checkup.whole(HOSTS, Ports(free_port(), 0)) if each.subject == "authority"]
    assert "cut off or damaged" in said.said


@pytest.mark.parametrize(
    ("content", "words"),
    [("127.0.0.1 localhost\n# END devserve\n", "markers are damaged"), (None, "cannot be read: No such file")],
)
def test_a_damaged_hosts_file_is_broken_and_named_once(home, content, words):
    file = home / "hosts"
    file.unlink() if content is None else file.write_text(content)
    [said] = [each for each in checkup.whole(HOSTS, Ports(free_port(), 0)) if each.subject == "hosts file"]
    assert words in said.said
    assert said.said.count(str(file)) <= 2  # once more in the command that mends it


def test_whatever_holds_the_port_is_looked_at():
    setup.authority_for([])
    own = authorities.load(state.place())
    with handshakes.listener(leaf.mint(own, "devserve.localhost", datetime.now(UTC))) as target:
        seen = found(checkup.whole([], Ports(target.port, 0)))
    assert seen["devserve.localhost"] is Verdict.GOOD
    assert seen[f"port {target.port}"] is Verdict.GOOD
    with handshakes.listener(leaf.mint(authority(), "devserve.localhost", datetime.now(UTC))) as target:
        seen = found(checkup.whole([], Ports(target.port, 0)))
    assert seen["issuer"] is Verdict.BROKEN


def test_one_page_is_explained():
    setup.authority_for([])
    said = checkup.page(f"https://web.localhost:{free_port()}/", ["web.localhost"])
    assert [each.verdict for each in said][-1] is Verdict.BROKEN
    assert "nothing answers" in said[-1].said


@pytest.mark.parametrize("url", ["http://web.test", "https://", "https://web.test:99999", "ftp://x"])
def test_only_an_https_url_can_be_explained(url):
    with pytest.raises(UsageError, match="is no https URL"):
        checkup.page(url, [])


@pytest.mark.skipif(not Path("/proc/sys/fs/inotify").exists(), reason="inotify is Linux's")
def test_the_watches_of_each_repository_are_counted(home):
    for folder in ("shop/src/a", "shop/node_modules/b", "mail"):
        (home / folder).mkdir(parents=True)
    services = [
        Service(name, home / folder, name) for name, folder in (("web", "shop"), ("api", "shop"), ("mail", "mail"))
    ]
    said = {each.subject: each.said for each in checkup.whole(HOSTS, Ports(free_port(), 0), services)}
    assert said["file watches for web, api"].startswith("3 folders to watch")
    assert said["file watches for mail"].startswith("1 folder to watch")
