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


def is_trusted(user: User, root: str) -> bool:
    """Tell whether the system's bundle has a root."""
    return root in user.shell(f"cat {BUNDLE}")


def test_a_user_becomes_root_once_for_setup_and_once_for_teardown(user: User) -> None:
    if not shutil.which("sudo"):
        pytest.skip("no sudo here; on Debian: apt install sudo")
    done = user.devserve("setup", *BOTH)
    assert done.returncode == 0, done.stderr
    root = user.devserve("ca", "export").stdout
    assert is_trusted(user, root)
    undone = user.devserve("teardown", "--yes")
    assert undone.returncode == 0, undone.stderr
    assert not is_trusted(user, root)
    assert user.shell(f"cat {HOME}/sudo.log").splitlines() == ["-- sh", "-- sh"]
    assert user.strangers() == []


def test_a_setup_that_needs_no_root_never_asks_for_it(user: User) -> None:
    done = user.devserve("setup", "--yes", "--store", "nss")
    assert done.returncode == 0, done.stderr
    assert user.shell(f"cat {HOME}/sudo.log || true") == ""


def test_under_sudo_the_users_part_is_the_users_and_roots_home_stays_empty(user: User) -> None:
    roots_home = user.shell(ROOTS_HOME)
    done = user.devserve("setup", *BOTH, prefix=(), **BORROWED, HOME="/root")
    assert done.returncode == 0, done.stderr
    assert user.strangers() == []
    assert user.shell(ROOTS_HOME) == roots_home
    assert user.shell(f"stat -c %a {STATE}/private/ca.pem").strip() == "600"
    root = user.devserve("ca", "export").stdout
    assert is_trusted(user, root)
    undone = user.devserve("teardown", "--yes", prefix=(), **BORROWED, HOME="/root")
    assert undone.returncode == 0, undone.stderr
    assert not is_trusted(user, root)
    assert user.strangers() == []
