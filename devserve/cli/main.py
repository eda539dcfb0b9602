"""Arguments in, exit status out: `devserve` itself."""

from __future__ import annotations

import logging
import sys

import click
from rich.console import Console

from devserve.cli.commands import PLACES, Own, WithPlugins
from devserve.cli.terminal import Terminal, TerminalHandler
from devserve.errors import DevserveError
from devserve.http1 import connection

INTERRUPTED = 130
FORM = "from its source" if str(connection.__file__).endswith(".py") else "compiled"  # what an exchange goes through
VERSION = f"devserve %(version)s, {FORM}, Python {sys.version.partition(' ')[0]}"
TERMINAL = Terminal(Console(stderr=True))


class Sentences(WithPlugins):
    """A group whose commands end with a sentence, never with a traceback unless --debug asks for it."""

    def invoke(self, context: click.Context) -> object:
        """Run the command; errors for the user become their sentence and exit status."""
        try:
            return super().invoke(context)
        except DevserveError as error:
            if context.params.get("debug"):
                raise
            TERMINAL.note(str(error), "red")
            context.exit(error.exit_status)
        except (KeyboardInterrupt, click.Abort):  # click.Abort: Ctrl-C at a question
            context.exit(INTERRUPTED)


@click.group(cls=Sentences, commands=Own(PLACES), context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="devserve", message=VERSION)
@click.option("--debug", is_flag=True, help="Show tracebacks and what devserve notes for itself.")
@click.pass_context
def main(context: click.Context, debug: bool) -> None:
    """Every microservice at its own https:// name on this laptop, with live reload."""
    context.obj = TERMINAL
    logger = logging.getLogger("devserve")
    logger.handlers = [TerminalHandler(TERMINAL)]
    logger.setLevel(logging.DEBUG if debug else logging.INFO)
    logger.propagate = False
