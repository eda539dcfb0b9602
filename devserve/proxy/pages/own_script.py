"""A page's own tag for livereload.js: from where it loads the script, and whether that can work."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from urllib.parse import SplitResult, urlsplit

from devserve.proxy.pages.attributes import Attribute, attributes
from devserve.proxy.pages.markup import Kind, Token, Tokenizer

SCRIPTS = ("livereload.js", "zlivereload.js")  # what livereload.js itself looks for to find its options
CLASSIC = ("", "module", "text/javascript", "application/javascript")  # other types are data
REPLACED = 'data-devserve="loaded at its proxied address"'


class Standing(Enum):
    """What becomes of a page's own tag."""

    NONE = auto()  # it loads something else
    STALE = auto()  # an http:// port of a livereload server: mixed content, or nothing for a page from the proxy
    PROXIED = auto()  # the very script that the snippet loads
    ELSEWHERE = auto()  # some other address that may work


@dataclass(frozen=True, slots=True)
class Address:
    """How a page was asked for, and where its livereload.js comes from."""

    scheme: str
    port: int
    livereload: str  # an origin

    def standing(self, source: str) -> Standing:
        """Tell what a script's source is."""
        try:
            url = urlsplit(source.strip())
            port = url.port
        except ValueError:
            return Standing.NONE
        if url.path.rpartition("/")[2] not in SCRIPTS:
            return Standing.NONE
        if not url.netloc:
            return Standing.ELSEWHERE
        if self._is_proxied(url):
            return Standing.PROXIED
        mixed = url.scheme == "http" and self.scheme == "https"
        other_port = url.scheme != "https" and port is not None and port != self.port
        return Standing.STALE if mixed or other_port else Standing.ELSEWHERE

    def _is_proxied(self, url: SplitResult) -> bool:
        return f"{url.scheme or self.scheme}://{url.netloc.lower()}" == self.livereload


def script_source(token: Token) -> Attribute | None:
    """Return where a token's script is loaded from; None when the token loads none."""
    if token.kind is not Kind.START or token.name != "script" or token.inert:
        return None
    found = attributes(token.text)
    return found.get("src") if _value(found, "type").strip().lower() in CLASSIC else None


def loads_itself(page: str, address: Address, *, xml: bool = False) -> bool:
    """Tell whether a whole page has a tag for livereload.js that can work."""
    if not any(name in page for name in SCRIPTS):
        return False
    tokenizer = Tokenizer(xml=xml)
    sources = [script_source(token) for part in (tokenizer.feed(page), tokenizer.close()) for token in part]
    working = (Standing.PROXIED, Standing.ELSEWHERE)
    return any(source is not None and address.standing(source.value) in working for source in sources)


def disarmed(token: Token, source: Attribute) -> str:
    """Return a tag that loads nothing any more: the snippet's does, from its proxied address."""
    return token.text[: source.start] + REPLACED + token.text[source.end :]


def _value(found: Mapping[str, Attribute], name: str) -> str:
    attribute = found.get(name)
    return attribute.value if attribute else ""
