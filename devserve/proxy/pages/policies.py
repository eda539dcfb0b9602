"""All policies of one page, those of its head fields and those of its <meta> elements, so that the snippet may run."""

from __future__ import annotations

from collections.abc import Sequence
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


def script_origin(tag: Tag) -> str:
    """Return the source expression that admits a tag's script: its origin, or 'self' for the page's own host."""
    url = urlsplit(tag.source)
    return f"{url.scheme}://{url.netloc}" if url.netloc else "'self'"


class Policies:
    """What the policies of a page need for the snippet, found out as they come."""

    def __init__(self, tags: Sequence[Tag], sockets: Sequence[str], spare_nonce: str) -> None:
        self._scripts = [script_origin(tag) for tag in tags if tag.name == "script"]
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
        adapted = adapt(in_fields(headers), self._scripts, self._sockets, self._spare_nonce)
        self.nonce = adapted.nonce
        if not adapted.changes:
            return
        self.changes = adapted.changes
        headers.remove(FIELD)
        policies = iter(adapted.policies)
        for count in counts:
            headers.add(FIELD, ",".join(next(policies) for _ in range(count)).encode("latin-1").strip())

    def adapt_meta(self, token: Token, *, before_snippet: bool) -> str:
        """Return a <meta> element as it is sent. A policy governs only what follows it (CSP3, section 3.3).

        So scripts are to be admitted when the snippet is still to come; its sockets connect later in any case.
        """
        found = attributes(token.text)
        kind, content = found.get("http-equiv"), found.get("content")
        if kind is None or content is None or kind.value.strip().lower() != KEY.decode():
            return token.text
        scripts = self._scripts if before_snippet else []
        adapted = adapt([content.value], scripts, self._sockets, self._spare_nonce, self.nonce)
        if before_snippet:
            self.nonce = adapted.nonce
        if not adapted.changes:
            return token.text
        self.changes = tuple(dict.fromkeys((*self.changes, *adapted.changes)))
        written = f'{content.name}="{escape(adapted.policies[0])}"'
        return token.text[: content.start] + written + token.text[content.end :]


def policy_note(service: str, changes: Sequence[str]) -> str:
    """Return what is logged about policies that were adapted."""
    return (
        f"{service}: live reload needed more than the Content-Security-Policy allows; devserve added, here only: "
        f"{'; '.join(changes)}. A page that loads such a script in production needs the same words there"
        ' (csp = "leave" keeps the policy as it is)'
    )
