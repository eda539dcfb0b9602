"""The commands about the certificate authority."""

from __future__ import annotations

import json

import click

from devserve.ca.authority import Authority
from devserve.cli.options import JSON
from devserve.cli.terminal import Terminal
from devserve.errors import UsageError
from devserve.io import state
from devserve.io.ca import authority as authorities


@click.group()
def ca() -> None:
    """Show or export the certificate authority."""


@ca.command()
@JSON
@click.pass_obj
def show(terminal: Terminal, as_json: bool) -> None:
    """Show the authority's name, limits, expiry and fingerprint."""
    authority = _authority()
    facts = {
        "name": authority.common_name,
        "signs": list(authority.suffixes),
        "expires": authority.not_after.isoformat(),
        "sha256": authority.fingerprint,
        "file": str(authorities.public_file(state.place())),
    }
    if as_json:
        click.echo(json.dumps(facts, indent=2))
        return
    for name, value in facts.items():
        terminal.note(f"{name:<8} {', '.join(value) if isinstance(value, list) else value}")


@ca.command()
def export() -> None:
    """Print the public certificate as PEM."""
    click.echo(_authority().root.pem.decode(), nl=False)


def _authority() -> Authority:
    authority = authorities.load(state.place())
    if authority is None:
        raise UsageError("there is no certificate authority yet; `devserve setup` creates it")
    return authority
