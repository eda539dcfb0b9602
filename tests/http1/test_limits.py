"""The bounds are as promised: RFC 9112 asks for a target of 8000 bytes."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from devserve.http1.limits import DEFAULT_LIMITS, Limits


def test_defaults_accept_what_the_standard_asks_for() -> None:
    assert DEFAULT_LIMITS.target >= 8000
    assert DEFAULT_LIMITS.head > DEFAULT_LIMITS.target


def test_limits_cannot_be_changed_while_connections_use_them() -> None:
    with pytest.raises(FrozenInstanceError):
        DEFAULT_LIMITS.head = 1  # type: ignore[misc]


def test_single_limits_can_be_chosen() -> None:
    assert Limits(fields=3) == Limits(head=65536, fields=3)
