"""Root is borrowed once, for the steps that need it; what is the user's stays the user's, under sudo as well."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from support.certificates import need
from support.private_user import BORROWED, HOME, User, private_user

BOTH = ("--yes", "--store", "system", "--store", "nss")
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
STATE = HOME / ".local/share/devserve"


ROOTS_HOME = "ls -A /root /root/.local /root/.local/share 2>/dev/null || true"


@pytest.fixture(scope="module")
def whoever(tmp_path_factory: pytest.TempPathFactory) -> Iterator[User]:
    need("certutil", "libnss3-tools")
    with private_user(tmp_path_factory.mktemp("system")) as user:
        yield user


@pytest.fixture
def user(whoever: User) -> User:
    """A user of a system that has seen no setup yet, or has seen its teardown."""
    whoever.shell(f"rm -rf {HOME}/sudo.log {HOME}/.local")
    return whoever


def roots(user: User) -> int:
    """Return how many certificates the system's bundle has."""
    return int(user.shell(f"grep -c BEGIN {BUNDLE}"))


def test_a_user_becomes_root_once_for_setup_and_once_for_teardown(user: User) -> None:
    if not shutil.which("sudo"):
        pytest.skip("no sudo here; on Debian: apt install sudo")
    before = roots(user)
    done = user.devserve("setup", *BOTH)
    assert done.returncode == 0, done.stderr
    assert roots(user) == before + 1
    undone = user.devserve("teardown", "--yes")
    assert undone.returncode == 0, undone.stderr
    assert roots(user) == before
    assert user.shell(f"cat {HOME}/sudo.log").splitlines() == ["-- sh", "-- sh"]
    assert user.strangers() == []


def test_a_setup_that_needs_no_root_never_asks_for_it(user: User) -> None:
    done = user.devserve("setup", "--yes", "--store", "nss")
    assert done.returncode == 0, done.stderr
    assert user.shell(f"cat {HOME}/sudo.log || true") == ""


def test_under_sudo_the_users_part_is_the_users_and_roots_home_stays_empty(user: User) -> None:
    before, roots_home = roots(user), user.shell(ROOTS_HOME)
    done = user.devserve("setup", *BOTH, prefix=(), **BORROWED, HOME="/root")
    assert done.returncode == 0, done.stderr
    assert roots(user) == before + 1
    assert user.strangers() == []
    assert user.shell(ROOTS_HOME) == roots_home
    assert user.shell(f"stat -c %a {STATE}/private/ca.pem").strip() == "600"
    again = user.devserve("ca", "show")
    assert again.returncode == 0, again.stderr
    undone = user.devserve("teardown", "--yes", prefix=(), **BORROWED, HOME="/root")
    assert undone.returncode == 0, undone.stderr
    assert roots(user) == before
    assert user.strangers() == []
