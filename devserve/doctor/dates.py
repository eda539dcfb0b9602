"""The CA's life, its names and this machine's clock."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from devserve.ca.names import within
from devserve.doctor.findings import Finding, Verdict

TOPIC = "certificates"
SOON = timedelta(days=90)


def life(begins: datetime, ends: datetime, now: datetime) -> Finding:
    """Return how the CA's validity and the clock stand to each other."""
    if now < begins:
        said = f"the clock says {now:%Y-%m-%d %H:%M} UTC, before the CA was made ({begins:%Y-%m-%d %H:%M} UTC)"
        return Finding(
            TOPIC, "clock", Verdict.BROKEN, said, "Set the clock: `sudo timedatectl set-ntp true`", "the clock"
        )
    if ends <= now:
        said = f"expired on {ends:%Y-%m-%d}"
        return Finding(
            TOPIC, "authority", Verdict.BROKEN, said, "Run `devserve teardown`, then `devserve setup`", "the clock"
        )
    left = f"valid until {ends:%Y-%m-%d}, {(ends - now).days} days from now"
    if ends - now < SOON:
        return Finding(TOPIC, "authority", Verdict.NOTE, left, "Run `devserve setup` in time", "the clock")
    return Finding(TOPIC, "authority", Verdict.GOOD, left, measured="the clock")


def coverage(hosts: Iterable[str], suffixes: Iterable[str]) -> Finding:
    """Return whether the CA may sign every configured name."""
    permitted = tuple(suffixes)
    outside = sorted({host for host in hosts if not any(within(host, suffix) for suffix in permitted)})
    below = f"may sign names below {', '.join(permitted)}"
    if outside:
        said = f"{below}, and so not {', '.join(outside)}"
        return Finding(TOPIC, "limits", Verdict.BROKEN, said, "Run `devserve setup` to add the domain", "the CA")
    return Finding(TOPIC, "limits", Verdict.GOOD, below, measured="the CA")


def synchronized(says: str) -> Finding | None:
    """Return how the clock is kept, from what `timedatectl show -p NTPSynchronized --value` says; None: unknown."""
    match says.strip():
        case "yes":
            return Finding(TOPIC, "clock", Verdict.GOOD, "kept by a time server", measured="timedatectl")
        case "no":
            said = "kept by no time server; certificates are refused once it is far off"
            return Finding(TOPIC, "clock", Verdict.NOTE, said, "Run `sudo timedatectl set-ntp true`", "timedatectl")
        case _:
            return None
