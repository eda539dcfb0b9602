"""How many files this process may have open: each exchange needs two, and macOS begins with 256."""

from __future__ import annotations

import resource

ENOUGH = 64 * 1024  # three for each page that is connected; services inherit it


def allow_files() -> int:
    """Raise the soft limit of open files as far as the hard one lets us; return what it is now."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):  # macOS: the kernel's own limit may be below the hard one
        return soft
    return wanted
