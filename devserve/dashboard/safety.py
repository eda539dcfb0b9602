"""Who may look at the dashboard, and who may order something there (DESIGN 5)."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from ipaddress import ip_address

TOKEN_FIELD = "X-Devserve-Token"  # noqa: S105 - the name of a field
# Scripts and styles from here alone, no script in the page, in nobody's frame; text becomes markup nowhere.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self';"
    " frame-ancestors 'none'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script';"
    " trusted-types 'none'"
)
FIELDS: Mapping[str, str] = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
ELSEWHERE = "The dashboard answers on this machine alone."
OTHER_SITE = "Another site's page asked; open the dashboard itself."
NO_ORIGIN = "The dashboard's socket is for its own page."
NO_TOKEN = f"Orders need the field {TOKEN_FIELD} that the page has: load it again."


def refusal(headers: Mapping[str, str], own: str) -> str:
    """Return why nobody may read this, or "". `own` is the origin that was asked: scheme, host and port.

    The proxy has written X-Forwarded-For: it cannot be made up. Sec-Fetch-Site is what browsers say of who asks.
    """
    if not _is_here(headers.get("X-Forwarded-For", "")):
        return ELSEWHERE
    origin = headers.get("Origin")
    if origin is not None and origin != own:
        return OTHER_SITE
    navigates = headers.get("Sec-Fetch-Mode") == "navigate" and headers.get("Sec-Fetch-Dest") == "document"
    if headers.get("Sec-Fetch-Site", "none") not in ("same-origin", "none") and not navigates:
        return OTHER_SITE
    return ""


def order_refusal(headers: Mapping[str, str], own: str, token: str) -> str:
    """Return why this is no order, or "": a page of another site can neither read the token nor send the field."""
    if said := refusal(headers, own):
        return said
    given = headers.get(TOKEN_FIELD, "")
    return "" if hmac.compare_digest(given.encode(), token.encode()) else NO_TOKEN


def socket_refusal(headers: Mapping[str, str], own: str) -> str:
    """Return why a socket is refused, or "": browsers always send an Origin, and it must be the page's own."""
    return refusal(headers, own) or ("" if headers.get("Origin") == own else NO_ORIGIN)


def _is_here(address: str) -> bool:
    try:
        found = ip_address(address.strip().removeprefix("::ffff:"))
    except ValueError:
        return False
    return found.is_loopback
