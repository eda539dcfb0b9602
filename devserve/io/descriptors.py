"""How many files and sockets this process may have open."""

from __future__ import annotations

import resource

WANTED = 1 << 16


def allow_many() -> None:
    """Raise the soft limit as far as the hard one lets it: an open page is three descriptors, macOS begins at 256."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
