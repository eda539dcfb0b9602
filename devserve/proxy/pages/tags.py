"""Tags for a page, as values: plugins say what they want in a page and where, devserve writes the HTML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Literal, TypeAlias, get_args
from urllib.parse import urlsplit

Position: TypeAlias = Literal["head-prepend", "head", "body-prepend", "body"]

POSITIONS: tuple[Position, ...] = get_args(Position)  # in the order of a page
XHTML = "http://www.w3.org/1999/xhtml"  # said on each tag: a page may have a prefix for its own
ATTRIBUTE_OF_SOURCE = {"script": "src", "link": "href", "meta": "", "style": ""}
WITH_TEXT = ("script", "style")
# What would end the element, or have its end tag be read as text (HTML, section 13.2.5.20).
ENDING = {"script": re.compile(r"</script|<!--", re.IGNORECASE), "style": re.compile(r"</style", re.IGNORECASE)}
ATTRIBUTE = re.compile(r"[^\s\"'<>/=\x00-\x1f\x7f]+")  # HTML, section 13.1.2.3
OTHERS = re.compile(r"[^\x00-\x7f]")


@dataclass(frozen=True, slots=True)
class Tag:
    """One element for a page: a script or stylesheet, from a URL or with its text here, or a meta element.

    `position` is the start of the head or its end, the start of the body or its end. Raises ValueError for what is no
    such element.
    """

    name: Literal["script", "style", "link", "meta"]
    attributes: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    position: Position = "head-prepend"

    def __post_init__(self) -> None:
        if self.name not in ATTRIBUTE_OF_SOURCE:
            raise ValueError(f"a Tag is one of {', '.join(ATTRIBUTE_OF_SOURCE)}, not {self.name!r}")
        if self.position not in POSITIONS:
            raise ValueError(f"the position of a Tag is one of {', '.join(POSITIONS)}, not {self.position!r}")
        if wrong := [name for name in self.attributes if not ATTRIBUTE.fullmatch(name)]:
            raise ValueError(f"{wrong[0]!r} is not the name of an attribute")
        urlsplit(self.source)  # it goes into policies
        if self.text and self.name not in WITH_TEXT:
            raise ValueError(f"a Tag with a text is one of {', '.join(WITH_TEXT)}, not {self.name!r}")
        if self.text and (found := ENDING[self.name].search(self.text)):
            raise ValueError(f"the text of a {self.name} cannot have {found[0]!r} in it; write it in two pieces")

    @property
    def source(self) -> str:
        """The URL that it loads, or an empty string."""
        return self.attributes.get(ATTRIBUTE_OF_SOURCE[self.name], "")

    @property
    def content(self) -> str:
        """The text in ASCII, by the escapes of its language: so that any charset of pages can hold it."""
        if self.name == "script":
            return OTHERS.sub(lambda found: json.dumps(found[0])[1:-1], self.text)
        return OTHERS.sub(lambda found: f"\\{ord(found[0]):x} ", self.text)

    def render(self, nonce: str = "", *, xml: bool = False) -> str:
        """Return the HTML or XHTML, with the page's nonce where one is needed."""
        attributes = {"xmlns": XHTML, **self.attributes} if xml else dict(self.attributes)
        if nonce and self.name == "script":
            attributes["nonce"] = nonce
        start = self.name + "".join(f' {name}="{escape(value)}"' for name, value in attributes.items())
        if self.name in WITH_TEXT:
            return f"<{start}>{escape(self.content, quote=False) if xml else self.content}</{self.name}>"
        return f"<{start}/>" if xml else f"<{start}>"


def snippet(tags: Iterable[Tag], nonce: str = "", *, xml: bool = False) -> str:
    """Return the tags as they are put into a page; in ASCII, so that any charset of pages can hold them."""
    text = "".join(tag.render(nonce, xml=xml) for tag in tags)
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")
