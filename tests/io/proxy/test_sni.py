import ssl
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from devserve.ca import leaf
from devserve.ca.authority import Subject, create
from devserve.errors import AuthorityError
from devserve.io.proxy.sni import Certificates, NamedSSLObject, context_of
from support.authority import authority, trusting


def shown(certificates: Certificates, name: str | None) -> tuple[dict, str]:
    """Shake hands through memory; return the certificate that the client saw and the name that the server noted."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client_context = trusting()
    client_context.check_hostname = name is not None
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    server = certificates.context.wrap_bio(to_server, to_client, server_side=True)
    assert isinstance(server, NamedSSLObject)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                if side is client:
                    raise
    return client.getpeercert(), server.server_name


@pytest.fixture
def certificates() -> Certificates:
    made = Certificates(partial(leaf.mint, authority()))
    made.add(["web.test", "api.test"])
    return made


@pytest.mark.parametrize("name", ["web.test", "api.test", "WEB.test"])
def test_each_name_has_its_own_leaf(certificates, name):
    certificate, noted = shown(certificates, name)
    assert certificate["subjectAltName"] == (("DNS", name.lower()),)
    assert noted == name.lower()


@pytest.mark.parametrize("name", ["other.test", "sub.web.test", None])
def test_an_unknown_name_gets_the_alert_that_says_so(certificates, name):
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
        shown(certificates, name)


def test_a_removed_name_is_unknown_again(certificates):
    certificates.remove(["web.test"])
    with pytest.raises(ssl.SSLError, match=r"(?i)unrecognized.name"):
        shown(certificates, "web.test")


def test_a_name_outside_the_authority_is_refused_when_it_is_added(certificates):
    with pytest.raises(AuthorityError, match=r"shop\.example"):
        certificates.add(["shop.example"])


class Later(Executor):
    """A worker that works when it is told to."""

    def __init__(self) -> None:
        self.jobs: list[Callable[[], object]] = []

    def submit(self, job, /, *arguments, **options) -> Future:
        self.jobs.append(partial(job, *arguments, **options))
        return Future()

    def work(self) -> None:
        while self.jobs:
            self.jobs.pop(0)()


@dataclass
class Stage:
    """Certificates whose clock and worker a test moves."""

    now: datetime
    life: timedelta = timedelta(days=2000)
    minted: list[datetime] = field(default_factory=list)
    worker: Later = field(default_factory=Later)

    def __post_init__(self) -> None:
        self.started = self.now
        self.certificates = Certificates(self._mint, lambda: self.now, self.worker)
        self.certificates.add(["web.test"])
        self.worker.work()

    def _mint(self, host: str, at: datetime) -> leaf.Leaf:
        if at > self.started + self.life:
            raise AuthorityError("the certificate authority expired")
        self.minted.append(at)
        return leaf.mint(LASTING, host, at)

    def handshake(self, days: float) -> timedelta:
        """Shake hands so many days after the start; return what is left of the leaf's life then."""
        self.now = self.started + timedelta(days=days)
        self.minted.clear()
        server = self.certificates.context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True)
        assert self.certificates.context.sni_callback(server, "web.test", self.certificates.context) is None
        return self.certificates._lines["web.test"].shown.leaf.not_after - self.now


LASTING = create(Subject("Tests", "somebody", "machine"), ["test"], datetime.now(UTC))


@pytest.fixture
def stage() -> Stage:
    return Stage(datetime.now(UTC))


@pytest.mark.parametrize("days", [0, 1, 59, 60, 61, 89, 90, 91, 120, 149])
def test_a_handshake_signs_nothing_and_shows_a_leaf_that_is_good_for_days(stage, days):
    left = stage.handshake(days)
    assert stage.minted == []
    assert timedelta(0) < left < timedelta(days=90)


@pytest.mark.parametrize("days", [60, 91, 149])
def test_what_the_worker_makes_carries_on_from_there(stage, days):
    stage.handshake(days)
    assert len(stage.worker.jobs) == 1
    stage.handshake(days)
    assert len(stage.worker.jobs) == 1
    stage.worker.work()
    left = stage.handshake(days + 59)
    assert stage.minted == []
    assert left > timedelta(days=29)


@pytest.mark.parametrize("days", [200, 1000, -30])
def test_after_a_sleep_of_months_or_a_clock_that_went_back_the_first_handshake_has_a_fresh_leaf(stage, days):
    left = stage.handshake(days)
    assert len(stage.minted) == 1
    assert left > timedelta(days=89)
    stage.worker.work()
    stage.handshake(days + 80)
    assert stage.minted == []


def test_a_slow_signer_keeps_no_handshake_waiting():
    slow = threading.Event()
    stage = Stage(datetime.now(UTC))
    mint = stage.certificates._mint
    stage.certificates._mint = lambda host, at: slow.wait(10) and mint(host, at)
    with ThreadPoolExecutor(1) as worker:
        stage.certificates._worker = worker
        left = stage.handshake(91)
        assert not slow.is_set()
        slow.set()
    assert left > timedelta(days=50)


def test_when_the_authority_ends_the_last_leaf_is_shown_to_the_end_and_the_log_says_why(caplog):
    stage = Stage(datetime.now(UTC), life=timedelta(days=10))
    assert stage.handshake(70) > timedelta(days=19)
    stage.worker.work()
    assert stage.handshake(91) < timedelta(0)
    assert "the certificate authority expired" in caplog.text


def test_a_leaf_is_renewed_at_a_handshake_by_the_wall_clock():
    times = [datetime.now(UTC) - timedelta(days=61)]
    worker = Later()
    certificates = Certificates(partial(leaf.mint, authority()), lambda: times[-1], worker)
    certificates.add(["web.test"])
    worker.work()
    old, _ = shown(certificates, "web.test")
    times.append(datetime.now(UTC))
    new, _ = shown(certificates, "web.test")
    assert ssl.cert_time_to_seconds(new["notAfter"]) > ssl.cert_time_to_seconds(old["notAfter"])


def test_before_the_worker_has_begun_a_leaf_that_is_still_good_is_shown():
    times = [datetime.now(UTC) - timedelta(days=61)]
    certificates = Certificates(partial(leaf.mint, authority()), lambda: times[-1], Later())
    certificates.add(["web.test"])
    times.append(datetime.now(UTC))
    old, _ = shown(certificates, "web.test")
    assert ssl.cert_time_to_seconds(old["notAfter"]) > datetime.now(UTC).timestamp()


def test_what_the_worker_has_not_begun_is_left_undone_at_the_end():
    begun, going_on = threading.Event(), threading.Event()
    worker = ThreadPoolExecutor(1)
    worker.submit(lambda: begun.set() or going_on.wait(10))
    certificates = Certificates(partial(leaf.mint, authority()), worker=worker)
    certificates.add(["web.test", "api.test"])
    begun.wait(10)
    certificates.close()
    going_on.set()
    worker.shutdown(wait=True)
    assert all(line.successor is None for line in certificates._lines.values())


def test_no_key_is_left_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    context_of(leaf.mint(authority(), "web.test", datetime.now(UTC)))
    assert list(tmp_path.iterdir()) == []
