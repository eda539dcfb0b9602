"""Chrome's Local Network Access: what a public page may do with pages of this machine (WICG local-network-access)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping

from devserve.doctor.findings import Finding, Verdict

TOPIC = "embedding"
ASKS_SINCE = 142  # frames and requests
SPLIT_SINCE = 145  # the permission is `loopback-network` of its own
SOCKETS_SINCE = 147  # WebSockets too
ALLOWING = "LocalNetworkAccessAllowedForUrls"
OPTING_OUT = "LocalNetworkAccessRestrictionsTemporaryOptOut"


def version(says: str) -> int:
    """Return the major version that `chromium --version` tells; 0 when it tells none."""
    found = re.search(r"\b(\d+)\.\d+\.\d+", says)
    return int(found[1]) if found else 0


def finding(browser: str, major: int, policies: Mapping[str, object]) -> Finding:
    """Return what a browser does when a public page embeds, or connects to, a page that leads to this machine."""
    subject = f"{browser} {major or '?'}"
    if major < ASKS_SINCE:
        said = "does not ask before public pages reach pages of this machine" if major else "tells no version"
        return Finding(TOPIC, subject, Verdict.GOOD if major else Verdict.NOTE, said, measured="--version")
    if policies.get(OPTING_OUT) is True:
        return Finding(TOPIC, subject, Verdict.GOOD, f"does not ask: {OPTING_OUT} is set", measured="policies")
    allowed = policies.get(ALLOWING)
    if isinstance(allowed, list) and allowed:
        pages = ", ".join(map(str, allowed))
        return Finding(TOPIC, subject, Verdict.GOOD, f"lets pages of {pages} reach this machine", measured="policies")
    reach = "embed, load or open a socket to" if major >= SOCKETS_SINCE else "embed or load"
    permission = "loopback-network" if major >= SPLIT_SINCE else "local-network-access"
    return Finding(
        TOPIC,
        subject,
        Verdict.NOTE,
        f"asks before a public page may {reach} a page of this machine; pages from devserve itself are not concerned",
        f"Allow it once at the prompt, or set the policy {ALLOWING};"
        f' a public frame in between needs allow="{permission}"',
        "--version and policies",
    )


def merged(texts: Iterable[str]) -> dict[str, object]:
    """Return what policy files say together; those that are no JSON objects say nothing, as to the browser."""
    policies: dict[str, object] = {}
    for text in texts:
        try:
            document = json.loads(text)
        except ValueError:
            continue
        if isinstance(document, dict):
            policies.update(document)
    return policies
