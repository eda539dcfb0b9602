"""Never root while serving: what `sudo devserve run` gives up once the ports are bound (DESIGN 5.8)."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping


def caller(environment: Mapping[str, str]) -> tuple[int, int] | None:
    """Return the user and the group that called sudo; None where nobody did, or root itself."""
    user_id, group_id = environment.get("SUDO_UID", ""), environment.get("SUDO_GID", "")
    if os.geteuid() != 0 or not user_id.isdigit() or not group_id.isdigit() or user_id == "0":
        return None
    return int(user_id), int(group_id)


def drop(environment: Mapping[str, str]) -> str:
    """Become the user that called sudo; return that user's name, or "" when there was nothing to give up.

    HOME and the XDG folders are the caller's from then on, so that nothing of the user's is owned by root.
    """
    called = caller(environment)
    if called is None:
        return ""
    user_id, group_id = called
    user = pwd.getpwuid(user_id)
    os.initgroups(user.pw_name, group_id)
    os.setgid(group_id)
    os.setuid(user_id)
    os.environ.update(HOME=user.pw_dir, USER=user.pw_name, LOGNAME=user.pw_name)
    for name in [name for name in os.environ if name.startswith(("XDG_", "SUDO_"))]:
        del os.environ[name]
    return user.pw_name
