"""Content-Security-Policy adapted as little as possible, so that the snippet may load and connect (CSP Level 3)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from devserve.proxy.pages.sources import admitted

NONCE = re.compile(r"'nonce-([a-z0-9+/_-]+={0,2})'", re.IGNORECASE)
STRICT_DYNAMIC = "'strict-dynamic'"
FALLBACKS = {
    "script-src-elem": ("script-src-elem", "script-src", "default-src"),
    "style-src-elem": ("style-src-elem", "style-src", "default-src"),
    "connect-src": ("connect-src", "default-src"),
}
# Of the copy of default-src.
OWN_NAMES = {"script-src-elem": "script-src", "style-src-elem": "style-src", "connect-src": "connect-src"}


@dataclass(frozen=True, slots=True)
class Adapted:
    """The policies to send, the nonce that the snippet's script tags must carry (empty: none), and what was added.

    A policy that admits everything already is the very text that came. `changes` are in the words of a policy.
    """

    policies: tuple[str, ...]
    nonce: str = ""
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Directive:
    """One directive: its name in lower case, its sources, and its text as it stands in the policy."""

    name: str
    sources: tuple[str, ...]
    text: str


Policy = list[Directive]


def adapt(
    policies: Iterable[str],
    scripts: Sequence[str],
    sockets: Sequence[str],
    spare_nonce: str,
    nonce: str = "",
    *,
    styles: Sequence[str] = (),
) -> Adapted:
    """Return policies that admit these scripts, sockets and styles and block whatever else they blocked before.

    A policy that already has a nonce gets nothing for scripts: the tag carries the nonce. Under 'strict-dynamic' host
    sources are ignored (CSP3, section 8.2), so `spare_nonce` is added. Several policies must all agree, therefore one
    nonce serves them all: `nonce` when the tag has it already, else the first one found, else the spare one. A nonce
    is added in no other case: it would switch off an 'unsafe-inline' beside it.
    """
    parsed = [_parse(policy) for policy in policies]
    lists = [_sources(policy, "script-src-elem") for policy in parsed] if scripts else []
    nonce = nonce or next((found for sources in lists if (found := _nonce(sources))), "")
    if not nonce and any(_has(sources, STRICT_DYNAMIC) for sources in lists):
        nonce = spare_nonce
    changes: list[str] = []
    for policy in parsed:
        _allow(policy, "script-src-elem", _wanted_scripts(policy, scripts, nonce), changes)
        _allow(policy, "style-src-elem", styles, changes)
        _allow(policy, "connect-src", sockets, changes)
    texts = tuple(";".join(directive.text for directive in policy) for policy in parsed)
    return Adapted(texts, nonce, tuple(dict.fromkeys(changes)))


def forbids_scripts(policies: Iterable[str]) -> bool:
    """Tell whether a page is in a sandbox without scripts, where no source could help (CSP3, section 6.3.2)."""
    return any(
        directive.name == "sandbox" and not _has(directive.sources, "allow-scripts")
        for policy in policies
        for directive in _parse(policy)
    )


def _parse(policy: str) -> Policy:
    """Return all parts, so that those which nobody changes stay as they were; a name that comes again means nothing."""
    directives: Policy = []
    seen: set[str] = set()
    for part in policy.split(";"):
        name, *sources = part.split() or [""]
        known = name.lower() in seen
        seen.add(name.lower())
        directives.append(Directive("" if known else name.lower(), tuple(sources), part))
    return directives


def _governing(policy: Policy, directive: str) -> Directive | None:
    """Return the directive that rules here: itself or the first fallback that the policy has."""
    named = {part.name: part for part in policy}
    return next((named[name] for name in FALLBACKS[directive] if name in named), None)


def _sources(policy: Policy, directive: str) -> tuple[str, ...] | None:
    governing = _governing(policy, directive)
    return governing.sources if governing else None


def _has(sources: Iterable[str] | None, keyword: str) -> bool:
    return any(source.lower() == keyword for source in sources or ())


def _nonce(sources: Iterable[str] | None) -> str:
    found = (NONCE.fullmatch(source) for source in sources or ())
    return next((match[1] for match in found if match), "")


def _wanted_scripts(policy: Policy, scripts: Sequence[str], nonce: str) -> Sequence[str]:
    sources = _sources(policy, "script-src-elem") or ()
    nonces = [found[1] for source in sources if (found := NONCE.fullmatch(source))]
    if nonce in nonces or not scripts:
        return ()
    return [f"'nonce-{nonce}'"] if _has(sources, STRICT_DYNAMIC) else scripts


def _allow(policy: Policy, directive: str, wanted: Iterable[str], changes: list[str]) -> None:
    """Add sources to the directive that rules; default-src is copied first: it goes on ruling all else as before."""
    ruling = _governing(policy, directive)
    if ruling is None:
        return
    added = [source for source in wanted if not admitted(ruling.sources, source)]
    if not added:
        return
    name = OWN_NAMES[directive] if ruling.name == "default-src" else ruling.name
    sources = (*(source for source in ruling.sources if source.lower() != "'none'"), *added)
    lead = ruling.text[: len(ruling.text) - len(ruling.text.lstrip())]
    spelled = ruling.text.split()[0] if name == ruling.name else name
    changed = replace(ruling, name=name, sources=sources, text=lead + " ".join((spelled, *sources)))
    if name == ruling.name:
        policy[policy.index(ruling)] = changed
    else:
        _append(policy, changed)
    changes.append(" ".join((name, *added)))


def _append(policy: Policy, directive: Directive) -> None:
    if not policy[-1].text.strip():  # the policy ends with a semicolon
        policy.pop()
    policy.append(replace(directive, text=" " + directive.text.strip()))
