"""Options that several commands have."""

from __future__ import annotations

import click

HTTPS_PORT = click.option("--https-port", default=443, show_default=True, type=click.IntRange(1, 65535))
HTTP_PORT = click.option("--http-port", default=80, show_default=True, type=click.IntRange(0, 65535), help="0: off.")
JSON = click.option("--json", "as_json", is_flag=True, help="For programs, on stdout.")
YES = click.option("--yes", is_flag=True, help="Do not ask.")
STRICT = click.option(
    "--strict-plugins", is_flag=True, help="End with an error when a plugin fails, instead of going on."
)
