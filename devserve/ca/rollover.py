"""When one certificate authority has to follow another, and which of them may."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from devserve.ca.authority import Authority
from devserve.ca.names import within

OVERLAP = timedelta(days=90)  # a leaf's whole life: none is cut short because its authority ends


def missing(authority: Authority, wanted: Iterable[str]) -> list[str]:
    """Return the domains that the authority may not sign."""
    return [domain for domain in sorted(wanted) if not any(within(domain, suffix) for suffix in authority.suffixes)]


def reason(authority: Authority, wanted: Iterable[str], now: datetime) -> str:
    """Return why a new authority is needed; nothing when it is not."""
    if lacking := missing(authority, wanted):
        return f"the present one may not sign names below {', '.join(lacking)}"
    if authority.not_after <= now:
        return f"the present one expired on {authority.not_after:%Y-%m-%d}"
    if authority.not_after - now < OVERLAP:
        return f"the present one ends on {authority.not_after:%Y-%m-%d}"
    return ""


def reminder(authority: Authority, now: datetime) -> str:
    """Return what a developer should know about the authority's end; nothing while it is far."""
    if authority.not_after - now >= OVERLAP:
        return ""
    return (
        f"the certificate authority ends on {authority.not_after:%Y-%m-%d};"
        " run `devserve setup` before, so that browsers trust the next one in time"
    )
