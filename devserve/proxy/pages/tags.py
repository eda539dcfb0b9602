"""Tags for a page's head, as values: plugins say what they want in a page, devserve writes the HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Literal

XHTML = "http://www.w3.org/1999/xhtml"  # said on each tag: a page may have a prefix for its own
ATTRIBUTE_OF_SOURCE = {"script": "src", "link": "href", "meta": ""}


@dataclass(frozen=True, slots=True)
class Tag:
    """One element for the head: a script or stylesheet from a URL, or a meta element."""

    name: Literal["script", "link", "meta"]
    attributes: Mapping[str, str] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The URL that it loads, or an empty string."""
        return self.attributes.get(ATTRIBUTE_OF_SOURCE[self.name], "")

    def render(self, nonce: str = "", *, xml: bool = False) -> str:
        """Return the HTML or XHTML, with the page's nonce where one is needed."""
        attributes = {"xmlns": XHTML, **self.attributes} if xml else dict(self.attributes)
        if nonce and self.name == "script":
            attributes["nonce"] = nonce
        text = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
        if self.name == "script":
            return f"<{self.name}{text}></script>"
        return f"<{self.name}{text}/>" if xml else f"<{self.name}{text}>"


def snippet(tags: Iterable[Tag], nonce: str = "", *, xml: bool = False) -> str:
    """Return the tags as they are put into a page; in ASCII, so that any charset of pages can hold them."""
    text = "".join(tag.render(nonce, xml=xml) for tag in tags)
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
