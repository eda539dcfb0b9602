"""Hosts as certificates carry them: lower-case A-labels (RFC 5890) or IP addresses (RFC 5280, section 4.2.1.6)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

from devserve.config.hosts import host_name
from devserve.errors import AuthorityError

Identity = str | IPv4Address | IPv6Address


def identify(host: str) -> Identity:
    """Return the address that `host` spells, or its name in lower-case A-labels. Raises AuthorityError."""
    try:
        address = ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return dns_name(host)
    if "%" in host:
        raise AuthorityError(f'no certificate for "{host}": none can carry a zone; leave out the part from "%" on')
    return address


def dns_name(host: str) -> str:
    """Return a DNS name in lower-case A-labels, without the root's dot; never a wildcard. Raises AuthorityError."""
    try:
        return host_name(host)
    except ValueError as error:
        expected, *fix = error.args
        edit = f"; {fix[0]}" if fix and fix[0] else "; correct it in devserve.toml"
        raise AuthorityError(f'no certificate for "{host}": it needs {expected}{edit}') from error


def within(name: str, suffix: str) -> bool:
    """True when a DNS name is a suffix or lies below it (RFC 5280, section 4.2.1.10)."""
    return name == suffix or name.endswith(f".{suffix}")
