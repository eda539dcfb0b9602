"""Tags for a page's head, as values: plugins say what they want in a page, devserve writes the HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Literal

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

    def render(self, nonce: str = "") -> str:
        """Return the HTML, with the page's nonce where one is needed."""
        attributes = dict(self.attributes)
        if nonce and self.name == "script":
            attributes["nonce"] = nonce
        text = "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
        return f"<{self.name}{text}></script>" if self.name == "script" else f"<{self.name}{text}>"


def snippet(tags: Iterable[Tag], nonce: str = "") -> bytes:
    """Return the tags as the bytes that are put into a page; ASCII, so that any ASCII-based charset can hold them."""
    return "".join(tag.render(nonce) for tag in tags).encode("ascii", "xmlcharrefreplace")
