"""Content-Security-Policy adapted as little as possible, so that the snippet may load and connect (CSP Level 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

NONCE = re.compile(r"'nonce-([A-Za-z0-9+/_-]+={0,2})'")
FALLBACKS = {
    "script-src-elem": ("script-src-elem", "script-src", "default-src"),
    "connect-src": ("connect-src", "default-src"),
}


@dataclass(frozen=True, slots=True)
class Adapted:
    """The policies to send, and the nonce that the snippet's script tags must carry (empty: none)."""

    policies: tuple[str, ...]
    nonce: str = ""


def adapt(policies: Iterable[str], scripts: Iterable[str], sockets: Iterable[str], spare_nonce: str) -> Adapted:
    """Return policies that admit these script and socket origins and block whatever they blocked before.

    A policy that already has a nonce gets nothing for scripts: the tag carries the nonce. Under 'strict-dynamic' host
    sources are ignored (CSP3, section 8.2), so `spare_nonce` is added. Several policies must all agree, therefore one
    nonce serves them all: the first one found, or the spare one.
    """
    parsed = [_parse(policy) for policy in policies]
    nonce = next((found for policy in parsed if (found := _nonce(policy))), "")
    if not nonce and any("'strict-dynamic'" in (_sources(policy, "script-src-elem") or ()) for policy in parsed):
        nonce = spare_nonce
    for policy in parsed:
        _allow_scripts(policy, list(scripts), nonce)
        _allow(policy, "connect-src", sockets)
    return Adapted(tuple(_render(policy) for policy in parsed), nonce)


Policy = dict[str, list[str]]


def _parse(policy: str) -> Policy:
    directives: Policy = {}
    for part in policy.split(";"):
        words = part.split()
        if words:
            directives.setdefault(words[0].lower(), words[1:])  # of a repeated directive the first counts
    return directives


def _render(policy: Policy) -> str:
    return "; ".join(" ".join([name, *sources]) for name, sources in policy.items())


def _governing(policy: Policy, directive: str) -> str:
    """Return the directive that rules here: itself or the first fallback that the policy has; "" when nothing does."""
    return next((name for name in FALLBACKS[directive] if name in policy), "")


def _sources(policy: Policy, directive: str) -> list[str] | None:
    return policy.get(_governing(policy, directive))


def _nonce(policy: Policy) -> str:
    found = NONCE.search(" ".join(_sources(policy, "script-src-elem") or ()))
    return found.group(1) if found else ""


def _allow_scripts(policy: Policy, scripts: list[str], nonce: str) -> None:
    sources = _sources(policy, "script-src-elem")
    if sources is None or f"'nonce-{nonce}'" in sources:
        return
    if "'strict-dynamic'" in sources:
        _allow(policy, "script-src-elem", [f"'nonce-{nonce}'"])
    else:
        _allow(policy, "script-src-elem", scripts)


def _allow(policy: Policy, directive: str, wanted: Iterable[str]) -> None:
    """Add sources to the directive that rules; default-src is copied first: it goes on ruling all else as before."""
    ruling = _governing(policy, directive)
    if not ruling:
        return
    if ruling == "default-src":
        ruling = "script-src" if directive == "script-src-elem" else directive
        policy[ruling] = list(policy["default-src"])
    sources = [source for source in policy[ruling] if source.lower() != "'none'"]
    policy[ruling] = sources + [source for source in wanted if source not in sources]
