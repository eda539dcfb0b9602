"""Whatever goes in: at most one request reaches the upstream per request understood, or the connection is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from devserve.io.loop import new_loop
from support.conformance_mutations import CHUNKS, FRAMINGS, Attack, assembled, attack
from support.conformance_stage import Stage, staged
from support.wire import cut_at

SEED = 20261122
FEW, MANY = 2_000, 100_000
LINES = [line.removesuffix(b"\r\n").decode("latin-1") for line in FRAMINGS]
MESSAGES = st.builds(
    assembled,
    method=st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "CONNECT", "get", "G ET", ""]),
    target=st.sampled_from(["/", "/a b", "*", "http://web.test/", "http://evil.test", "//", "/\x00", "web.test:80"]),
    fields=st.lists(st.sampled_from([*LINES, "Host: web.test", "X: y", "X : y", ": y", "X"]), max_size=5).map(
        lambda lines: ["Host: web.test", *lines]
    ),
    body=st.lists(st.sampled_from(CHUNKS) | st.binary(max_size=20), max_size=4).map(b"".join),
)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    with staged(loop_factory=new_loop) as set_stage:
        yield set_stage


def test_damaged_requests_reach_the_upstream_whole_or_not_at_all(stage):
    assert stage.runner.run(attack(stage, SEED, FEW)) > FEW // 20  # else nothing was tested


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_a_hundred_thousand_damaged_requests(stage):
    assert stage.runner.run(attack(stage, SEED + 1, MANY)) > MANY // 20


@settings(
    max_examples=150, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(wire=st.lists(MESSAGES, min_size=1, max_size=3).map(b"".join), places=st.lists(st.integers(0, 300), max_size=4))
def test_messages_put_together_at_random_reach_the_upstream_whole_or_not_at_all(stage, wire, places):
    stage.runner.run(Attack(wire, cut_at(wire, places)).run(stage))
    stage.check()


def test_a_request_that_arrived_twice_is_noticed():
    once, wire = (b"GET", b"/", b""), b"GET / HTTP/1.1\r\nHost: web.test\r\n\r\n"
    with pytest.raises(AssertionError, match="reached the upstream"):
        Attack(wire, []).judge([once], [once, once])
    with pytest.raises(AssertionError, match="h11 reads"):
        Attack(wire, []).judge([once, once], [once, once])
    Attack(wire * 2, []).judge([once, once], [once, once])


def test_a_proxy_that_does_not_answer_is_noticed(monkeypatch):
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    monkeypatch.setattr("support.conformance_mutations.HANG", 0.1)
    wire = b"GET / HTTP/1.1\r\nHost: web.test\r\n\r\n"
    with staged(script) as set_stage, pytest.raises(AssertionError, match="hangs"):
        set_stage.run(Attack(wire, [wire]).run(set_stage))
