"""What the command line has for plugins: how strict devserve is with them, and what they do."""

from __future__ import annotations

import click

STRICT = click.option(
    "--strict-plugins", is_flag=True, help="End with an error when a plugin fails, instead of going on."
)
TRACE = click.option("--trace-hooks", is_flag=True, help="Log each call of a plugin's hook, its time and its result.")
