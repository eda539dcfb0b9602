import pytest

from devserve import errors
from devserve.errors import (
    ConfigError,
    DevserveError,
    LocalProtocolError,
    NotAllowedError,
    ProtocolError,
    RemoteProtocolError,
    StreamLostError,
    UsageError,
)

NOBODYS = ConfigError | UsageError | StreamLostError  # what a user wrote, and what a peer did: no failure of devserve's

OWN = [
    each
    for each in vars(errors).values()
    if isinstance(each, type) and issubclass(each, Exception) and not issubclass(each, NOBODYS)
]


@pytest.mark.parametrize("kind", [ConfigError, UsageError, NotAllowedError])
def test_wrong_usage_and_configuration_exit_with_2(kind):
    assert kind.exit_status == 2


@pytest.mark.parametrize("kind", OWN, ids=lambda kind: kind.__name__)
def test_what_fails_while_running_exits_with_1(kind):
    assert issubclass(kind, DevserveError)
    assert kind.exit_status == 1


def test_a_configuration_error_joins_its_problems_and_keeps_them():
    error = ConfigError("a.toml:1:1: one", "a.toml:2:1: two")
    assert str(error) == "a.toml:1:1: one\na.toml:2:1: two"
    assert error.problems == ("a.toml:1:1: one", "a.toml:2:1: two")


def test_a_peers_mistake_carries_the_status_to_answer_with():
    assert RemoteProtocolError("too long", 431).status == 431
    assert RemoteProtocolError("no").status == 400


def test_both_sides_mistakes_break_the_protocol():
    assert issubclass(RemoteProtocolError, ProtocolError)
    assert issubclass(LocalProtocolError, ProtocolError)
