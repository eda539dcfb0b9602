"""All policies of one page, those of its head fields and those of its <meta> elements, so that the snippet may run."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from html import escape
from urllib.parse import urlsplit

from devserve.http1 import Headers
from devserve.proxy.pages.attributes import attributes
from devserve.proxy.pages.csp import adapt
from devserve.proxy.pages.markup import Token
from devserve.proxy.pages.tags import Tag

FIELD = b"Content-Security-Policy"  # Content-Security-Policy-Report-Only blocks nothing and is left alone
KEY = FIELD.lower()


def in_fields(headers: Headers) -> list[str]:
    """Return the policies of a response's fields; several may be in one line."""
    return [policy for line in headers.all(KEY) for policy in line.decode("latin-1").split(",")]


def scripts_of(tags: Iterable[Tag]) -> list[str]:
    """Return the source expressions that admit the scripts among the tags."""
    return _sources(tag for tag in tags if tag.name == "script")


def styles_of(tags: Iterable[Tag]) -> list[str]:
    """Return the source expressions that admit the stylesheets among the tags."""
    return _sources(tag for tag in tags if tag.name == "style" or (tag.name == "link" and _is_stylesheet(tag)))


def _is_stylesheet(tag: Tag) -> bool:
    return "stylesheet" in tag.attributes.get("rel", "").lower().split()


def _sources(tags: Iterable[Tag]) -> list[str]:
    """Return each tag's origin, 'self' for the page's own host, or the hash of its text; each once."""
    return list(dict.fromkeys(_source(tag) for tag in tags if tag.source or tag.text))


def _source(tag: Tag) -> str:
    if not tag.source:
        digest = hashlib.sha256(tag.content.encode("ascii")).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"
    url = urlsplit(tag.source)
    return f"{url.scheme}://{url.netloc}" if url.netloc else "'self'"


class Policies:
    """What the policies of a page need for the snippet, found out as they come."""

    def __init__(self, tags: Sequence[Tag], sockets: Sequence[str], spare_nonce: str) -> None:
        self._tags = tags
        self._sockets = sockets
        self._spare_nonce = spare_nonce
        self.nonce = ""  # for the snippet's script tags
        self.changes: tuple[str, ...] = ()  # in the words of a policy

    def __repr__(self) -> str:
        return f"<Policies {'; '.join(self.changes) or 'unchanged'}>"

    def adapt_fields(self, headers: Headers) -> None:
        """Change the lines of a response's policies that need it, each in its place among the others of its name."""
        lines = headers.all(KEY)
        counts = [line.count(b",") + 1 for line in lines]
        scripts, styles = scripts_of(self._tags), styles_of(self._tags)
        adapted = adapt(in_fields(headers), scripts, self._sockets, self._spare_nonce, styles=styles)
        self.nonce = adapted.nonce
        if not adapted.changes:
            return
        self.changes = adapted.changes
        headers.remove(FIELD)
        policies = iter(adapted.policies)
        for count in counts:
            headers.add(FIELD, ",".join(next(policies) for _ in range(count)).encode("latin-1").strip())

    def adapt_meta(self, token: Token, to_come: Sequence[Tag]) -> str:
        """Return a <meta> element as it is sent. A policy governs only what follows it (CSP3, section 3.3).

        So it has to admit the tags that are still to come; sockets connect later in any case.
        """
        found = attributes(token.text)
        kind, content = found.get("http-equiv"), found.get("content")
        if kind is None or content is None or kind.value.strip().lower() != KEY.decode():
            return token.text
        scripts, styles = scripts_of(to_come), styles_of(to_come)
        adapted = adapt([content.value], scripts, self._sockets, self._spare_nonce, self.nonce, styles=styles)
        self.nonce = adapted.nonce
        if not adapted.changes:
            return token.text
        self.changes = tuple(dict.fromkeys((*self.changes, *adapted.changes)))
        written = f'{content.name}="{escape(adapted.policies[0])}"'
        return token.text[: content.start] + written + token.text[content.end :]


def policy_note(service: str, changes: Sequence[str]) -> str:
    """Return what is logged about policies that were adapted."""
    return (
        f"{service}: the tags of devserve needed more than the Content-Security-Policy allows; it added, here only: "
        f"{'; '.join(changes)}. A page that loads such a script in production needs the same words there"
        ' (csp = "leave" keeps the policy as it is)'
    )
