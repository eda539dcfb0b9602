"""The command that measures what works on this machine."""

from __future__ import annotations

import click

from devserve.app import checkup
from devserve.cli.here import names_of, services_here
from devserve.cli.options import HTTP_PORT, HTTPS_PORT, JSON
from devserve.cli.plugins import findings
from devserve.doctor.findings import as_json as as_text
from devserve.doctor.findings import exit_status


@click.command()
@click.argument("url", required=False)
@JSON
@HTTPS_PORT
@HTTP_PORT
@click.pass_context
def doctor(context: click.Context, url: str | None, as_json: bool, https_port: int, http_port: int) -> None:
    """Measure what works on this machine; each finding has its fix.

    With a URL: why this page is red. Nothing is changed. Exit status 1 when something is broken.
    """
    services = services_here(context.obj)
    names = names_of(services)
    found = checkup.page(url, names) if url else checkup.whole(names, checkup.Ports(https_port, http_port), services)
    if not url:
        found += findings()
    if as_json:
        click.echo(as_text(found))
    else:
        context.obj.findings(found)
    context.exit(exit_status(found))
