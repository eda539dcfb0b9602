"""Domains that work badly, or say too much, for development: each warning says why and what to use instead."""

from __future__ import annotations

import functools
from collections.abc import Iterable

from publicsuffixlist import PublicSuffixList

# Top-level domains on the browsers' HSTS preload list, as of January 2025. No library that is kept up ships the list,
# and these few do not leave it.
HTTPS_ONLY = frozenset(
    {
        *(
            "amazon",
            "android",
            "app",
            "audible",
            "azure",
            "bank",
            "bing",
            "boo",
            "channel",
            "chrome",
            "dad",
            "day",
            "dev",
        ),
        *("eat", "esq", "fire", "fly", "foo", "fujitsu", "gle", "gmail", "google", "hangout", "hotmail", "imdb", "ing"),
        *("insurance", "kindle", "meet", "meme", "microsoft", "mov", "new", "nexus", "office", "page", "phd", "play"),
        *("prime", "prof", "rsvp", "search", "silk", "skype", "windows", "xbox", "youtube", "zappos", "zip"),
    }
)
INSTEAD = 'a name below ".test" has no such rule'


def warnings(domains: Iterable[str]) -> list[str]:
    """Return a sentence for each thing that a developer should know about these domains before using them."""
    return [sentence for domain in sorted(domains) for sentence in _about(domain)]


def is_public_suffix(domain: str) -> bool:
    """True when people who do not know each other have names directly below a domain: com, co.uk, github.io."""
    return bool(_suffixes().publicsuffix(domain, accept_unknown=False) == domain)


def _about(domain: str) -> Iterable[str]:
    if domain == "local" or domain.endswith(".local"):
        yield (
            f'{domain}: ".local" belongs to multicast DNS (RFC 6762), so looking names up may take seconds or fail;'
            f" {INSTEAD}"
        )
    if (top := domain.rpartition(".")[2]) in HTTPS_ONLY:
        yield (
            f'{domain}: every browser has ".{top}" on its list of names for HTTPS only (HSTS preload), so http://'
            f" cannot work there, and no certificate error can be clicked away; {INSTEAD}"
        )
    if _suffixes().privatesuffix(domain, accept_unknown=False) == domain:
        yield (
            f"{domain}: a whole domain of the internet, so on this machine the certificate authority can pose as each"
            f' of its sites; set project.domain to a name below it, such as "dev.{domain}", or to one below ".test"'
        )


@functools.cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
