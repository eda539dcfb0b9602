"""Never root while serving: what `sudo devserve run` gives up once the ports are bound (DESIGN 5.8)."""

from __future__ import annotations

import os
import pwd
from collections.abc import Mapping


def are_borrowed(environment: Mapping[str, str]) -> bool:
    """Tell whether we are root only because a user called sudo."""
    user_id, group_id = environment.get("SUDO_UID", ""), environment.get("SUDO_GID", "")
    return os.geteuid() == 0 and user_id.isdigit() and group_id.isdigit() and user_id != "0"


def drop(environment: Mapping[str, str]) -> str:
    """Become the user that called sudo; return that user's name, or "" when there was nothing to give up.

    HOME and the XDG folders are the caller's from then on, so that nothing of the user's is owned by root.
    """
    if not are_borrowed(environment):
        return ""
    user_id, group_id = int(environment["SUDO_UID"]), int(environment["SUDO_GID"])
    user = pwd.getpwuid(user_id)
    os.initgroups(user.pw_name, group_id)
    os.setgid(group_id)
    os.setuid(user_id)
    os.environ.update(HOME=user.pw_dir, USER=user.pw_name, LOGNAME=user.pw_name)
    for name in [name for name in os.environ if name.startswith(("XDG_", "SUDO_"))]:
        del os.environ[name]
    return user.pw_name
