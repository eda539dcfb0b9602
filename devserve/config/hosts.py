"""Names of hosts and services: checked, and written as they go on the wire."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address
from urllib.parse import urlsplit

LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")  # RFC 1123, section 2.1
MOST_OF_LABEL = 63
MOST_CHARACTERS = 253  # RFC 1035, section 2.3.4, without the root's length octet
DEVIATIONS = "ßς\u200c\u200d"  # browsers (IDNA 2008) and Python's codec (IDNA 2003) encode these in two ways
HOST_IS = 'a host name such as "shop.test"'
HOST_FIELD_IS = 'a host such as "staging.example.com" or "localhost:3001"'
SERVICE_IS = "one label of a host name: lower-case letters, digits and hyphens, 63 at most"


def host_name(text: str) -> str:
    """Return a host name as browsers send it: lower case, A-labels (RFC 5890, section 2.3.2.1), no trailing dot.

    Raises:
        ValueError: what a host name is, and the edit that makes one of this text if there is one.
    """
    if bare := bare_host(text):
        raise ValueError("a host name without scheme, port or path", f'write "{bare}"')
    if "*" in text:
        raise ValueError("one exact host name", "write each name in host and aliases")
    labels = a_labels(text.removesuffix("."))
    if labels[-1].isdigit():  # what ends in a number is an IPv4 address (WHATWG URL, section 3.5)
        raise ValueError("a host name, which an address is not", 'write a name such as "shop.test"')
    for label in labels:
        if not LABEL.fullmatch(label):
            suggestion = f'write "{text.replace("_", "-")}"' if LABEL.fullmatch(label.replace("_", "-")) else ""
            raise ValueError(f"{HOST_IS}: labels of letters, digits and hyphens with dots between", suggestion)
    name = ".".join(labels)
    if len(name) > MOST_CHARACTERS:
        raise ValueError(f"a host name of at most {MOST_CHARACTERS} characters")
    return name


def bare_host(text: str) -> str:
    """Return the host inside a URL or a host with port, or nothing if the text is neither."""
    if not any(mark in text for mark in (":", "/")):
        return ""
    try:
        return urlsplit(text if "://" in text else f"//{text}").hostname or ""
    except ValueError:
        return ""


def host_field(text: str) -> str:
    """Return the value of a Host field: a name or an address, perhaps with a port (RFC 9110, section 7.2).

    Raises:
        ValueError: what such a value is, and the edit that makes one of this text if there is one.
    """
    _, is_url, rest = text.rpartition("://")
    try:
        parts = urlsplit(f"//{rest}")
        port = "" if parts.port is None else f":{parts.port}"
    except ValueError:
        raise ValueError(f"{HOST_FIELD_IS}, with a port from 1 to 65535") from None
    if parts.username is not None or not parts.hostname or parts.port == 0 or "%" in rest:
        raise ValueError(HOST_FIELD_IS)
    value = written_host(parts.hostname) + port
    if is_url or rest != parts.netloc:
        raise ValueError("a host without scheme or path", f'write "{value}"')
    return value


def written_host(host: str) -> str:
    """Return a host name, or an address as it is written in a URL (RFC 3986, section 3.2.2)."""
    try:
        address = ip_address(host)
    except ValueError:
        return host_name(host)
    return f"[{address}]" if isinstance(address, IPv6Address) else str(address)


def a_labels(text: str) -> list[str]:
    """Return the labels of a name in lower case, the international ones encoded (RFC 3490, section 4.1)."""
    if any(character in text for character in DEVIATIONS):
        raise ValueError("a host name that all browsers encode alike", 'write its "xn--" form')
    try:
        return text.encode("idna").decode("ascii").lower().split(".")
    except UnicodeError:
        raise ValueError(f"{HOST_IS}: labels of 1 to 63 characters with dots between") from None


def service_name(text: str) -> str:
    """Return a service's name, which begins its host and stands in front of its log lines."""
    if not LABEL.fullmatch(text):
        likely = label_like(text)
        raise ValueError(SERVICE_IS, f'write "{likely}"' if likely else "")
    return text


def label_like(text: str) -> str:
    """Return the label that is most like a text, or nothing."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:MOST_OF_LABEL].strip("-")
