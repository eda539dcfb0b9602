from dataclasses import dataclass

import pytest

from devserve.proxy.pool import IDLE_SECONDS, MOST_IDLE, IdlePool


@dataclass
class Connection:
    name: str
    usable: bool = True


@pytest.fixture
def pool() -> IdlePool[Connection]:
    return IdlePool()


def test_takes_the_connection_that_was_used_last(pool):
    pool.put("origin", Connection("first"), now=0)
    pool.put("origin", Connection("second"), now=1)
    assert pool.take("origin", now=2).name == "second"
    assert pool.take("origin", now=2).name == "first"
    assert pool.take("origin", now=2) is None


def test_origins_do_not_share_connections(pool):
    pool.put("one", Connection("x"), now=0)
    assert pool.take("other", now=0) is None


def test_takes_no_connection_that_has_heard_from_its_peer_or_waited_too_long(pool):
    gone, old = Connection("gone"), Connection("old")
    pool.put("origin", old, now=0)
    pool.put("origin", gone, now=IDLE_SECONDS)
    gone.usable = False
    assert pool.take("origin", now=IDLE_SECONDS) is None
    assert list(pool.expired(now=IDLE_SECONDS)) == [old, gone]  # to be closed: nobody else has them


def test_takes_an_older_one_when_the_last_has_heard_from_its_peer(pool):
    older, gone = Connection("older"), Connection("gone")
    pool.put("origin", older, now=0)
    pool.put("origin", gone, now=1)
    gone.usable = False
    assert pool.take("origin", now=2) is older
    assert list(pool.all()) == [gone]


def test_keeps_a_bounded_number(pool):
    kept = [pool.put("origin", Connection(str(number)), now=0) for number in range(MOST_IDLE + 1)]
    assert kept == [True] * MOST_IDLE + [False]


def test_does_not_keep_what_is_unusable(pool):
    assert not pool.put("origin", Connection("x", usable=False), now=0)


def test_gives_out_what_has_expired_once(pool):
    gone = Connection("gone")
    pool.put("origin", Connection("old"), now=0)
    pool.put("origin", gone, now=IDLE_SECONDS - 1)
    pool.put("origin", Connection("young"), now=IDLE_SECONDS - 1)
    gone.usable = False
    assert [connection.name for connection in pool.expired(now=IDLE_SECONDS)] == ["old", "gone"]
    assert [connection.name for connection in pool.all()] == ["young"]
    assert repr(pool) == "<IdlePool 1 idle>"
    assert [connection.name for connection in pool.expired(now=3 * IDLE_SECONDS)] == ["young"]
    assert list(pool.all()) == []
