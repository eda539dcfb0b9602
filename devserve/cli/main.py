"""Arguments in, exit status out: every command of `devserve`, and the only module that exits."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from time import perf_counter

import click
from rich.console import Console

from devserve import fleet
from devserve.app import composition, machine, setup
from devserve.app.source import Source
from devserve.ca.authority import Authority
from devserve.ca.catalogue import GROUPS
from devserve.ca.environment import Form, render
from devserve.ca.port_ways import EXPLAINED, Way
from devserve.ca.provisions import Outcome, State
from devserve.cli.allow import allow, harmless, require, waiting
from devserve.cli.asking import standing
from devserve.cli.diagnosis import configured_here, doctor, hosts, names_of
from devserve.cli.init import init
from devserve.cli.needs import met
from devserve.cli.orders import COMMANDS
from devserve.cli.plugins import STRICT, TRACE, WithPlugins, plugins
from devserve.cli.terminal import Terminal, TerminalHandler
from devserve.config.schema import schema as json_schema
from devserve.config.values import Service
from devserve.errors import DevserveError, UsageError
from devserve.io import privileges, state
from devserve.io.ca import authority as authorities
from devserve.io.ca.root_shell import as_the_user
from devserve.io.config import checkouts, projects
from devserve.io.hub import control
from devserve.io.interrupter import Interrupter
from devserve.io.run import survivors
from devserve.io.run.ports import free_port
from devserve.plugins import Conduct
from devserve.proxy import access
from devserve.proxy.access import Access

INTERRUPTED = 130
HTTPS_PORT, HTTP_PORT = 443, 80
COMPOSE = "compose"  # a form of `env` that holds more than variables
TERMINAL = Terminal(Console(stderr=True))
ACCESS_LOGS: dict[str, Callable[[Access], None]] = {
    "text": lambda record: TERMINAL.note(access.text(record), "dim"),
    "json": lambda record: TERMINAL.data(access.as_json(record)),
}


class Address(click.ParamType[str]):
    """An IP address, as `--bind` takes it."""

    name = "address"

    def convert(self, value: str, parameter: click.Parameter | None, context: click.Context | None) -> str:
        """Return the address; what is none is wrong usage."""
        try:
            return str(ip_address(value))
        except ValueError:
            self.fail(f"{value} is no IP address, such as 127.0.0.1", parameter, context)


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


@click.group(cls=Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="devserve")
@click.option("--debug", is_flag=True, help="Show tracebacks and what devserve notes for itself.")
@click.pass_context
def main(context: click.Context, debug: bool) -> None:
    """Every microservice at its own https:// name on this laptop, with live reload."""
    context.obj = TERMINAL
    logger = logging.getLogger("devserve")
    logger.handlers = [TerminalHandler(TERMINAL)]
    logger.setLevel(logging.DEBUG if debug else logging.INFO)
    logger.propagate = False


@main.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--https-port", default=HTTPS_PORT, show_default=True, type=click.IntRange(1, 65535))
@click.option("--http-port", default=HTTP_PORT, show_default=True, type=click.IntRange(0, 65535), help="0: off.")
@click.option(
    "--bind", multiple=True, default=("127.0.0.1", "::1"), show_default=True, type=Address(), metavar="ADDRESS"
)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    help="Run this service and what it needs; others are answered by their fallback. May be repeated.",
)
@click.option(
    "--sub-name", default="", metavar="LABEL", help="Serve LABEL.HOST instead of each HOST: a second checkout."
)
@click.option("--no-start", is_flag=True, help="Serve what something else starts.")
@click.option("--yes", is_flag=True, help="Allow what the repositories would run, without a question.")
@click.option(
    "--access-log",
    type=click.Choice(list(ACCESS_LOGS)),
    is_flag=False,
    flag_value="text",
    help="A line for each exchange; json goes to stdout.",
)
@click.option("--open", "open_", is_flag=True, help="Open the dashboard in a browser.")
@STRICT
@TRACE
@click.pass_context
def run(
    context: click.Context,
    paths: Sequence[Path],
    https_port: int,
    http_port: int,
    bind: Sequence[str],
    only: Sequence[str],
    sub_name: str,
    no_start: bool,
    yes: bool,
    access_log: str | None,
    open_: bool,
    strict_plugins: bool,
    trace_hooks: bool,
) -> None:
    """Run the services of each PATH and serve them over HTTPS.

    They stand in its devserve.toml. Without a PATH: the nearest devserve.toml upward.
    """
    options = composition.Options(https_port, http_port, bind, open_, ACCESS_LOGS[access_log] if access_log else None)
    options = replace(options, conduct=Conduct(perf_counter, trace_hooks, strict_plugins))
    # Under sudo nothing of a repository is read, and none of its plugins runs, before root has been given up.
    is_early = privileges.are_borrowed(os.environ)
    early = composition.early_ports(options) if is_early else partial(composition.open_ports, options)
    source = Source(
        tuple(paths) or (projects.here(),),
        tuple(only),
        no_start,
        sub_name,
        options.conduct,
        partial(waiting, yes=yes),
    )
    named = source.read()
    found = met(named, only, TERMINAL, standing)
    source = source.with_more(project for project in found if project not in named)
    require(found, TERMINAL, yes=yes, all_of_them=False)
    with Interrupter(options.conduct, starting=True):
        planned = source.plan(found)
    here = state.home()
    checkouts.record([project.root for project in found], here)
    options = replace(
        options,
        control=control.folder_in(here),
        records=survivors.folder_in(here),
        ask=_asker(yes=False) if sys.stdin.isatty() else None,
    )
    with TERMINAL.in_background():
        context.exit(composition.run(source.allowed(found), planned, options, early, TERMINAL, source))


@main.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@STRICT
def check(paths: Sequence[Path], strict_plugins: bool) -> None:
    """Check the configuration. Every mistake is said as file:line:column."""
    found = projects.read_all(paths or [projects.here()])
    planned = fleet.plan(harmless(found, TERMINAL), (), free_port, conduct=Conduct(is_strict=strict_plugins))
    for sentence in setup.warnings(fleet.with_added(found, planned)):
        TERMINAL.note(sentence, "yellow")
    TERMINAL.note(f"{_count(len(found), 'file')} with {_count(len(planned), 'service')}: nothing is wrong", "green")


@main.command()
def schema() -> None:
    """Print the JSON Schema of devserve.toml."""
    click.echo(json.dumps(json_schema(), indent=2))


@main.command()
@click.option("--format", "form", type=click.Choice([*(each.value for each in Form), COMPOSE]), default=Form.SH.value)
@click.option("--json", "as_json", is_flag=True, help="Short for --format json.")
@click.option("--https-port", default=HTTPS_PORT, show_default=True, type=click.IntRange(1, 65535))
def env(form: str, as_json: bool, https_port: int) -> None:
    """Print variables: trust for other programs, and services' URLs."""
    authority, services = _served_here()
    if form == COMPOSE and not as_json:
        click.echo(setup.compose_for(authority, services, https_port), nl=False)
        return
    variables = setup.variables_for(authority, services, https_port)
    click.echo(render(variables, Form.JSON if as_json else Form(form)), nl=False)


@main.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.option("--https-port", default=HTTPS_PORT, show_default=True, type=click.IntRange(1, 65535))
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def exec(https_port: int, command: Sequence[str]) -> None:  # noqa: A001  # the command's name is the contract's
    """Run a command with the variables of `devserve env`. Such as: devserve exec -- npm test."""
    environment = {**os.environ, **setup.variables_for(*_served_here(), https_port)}
    try:
        os.execvpe(command[0], list(command), environment)  # noqa: S606  # that is what the user asks for
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be run: {error.strerror}; check its name and PATH") from error


@main.command("setup")
@click.option("--dry-run", is_flag=True, help="Show what would be done, do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--store", "stores", multiple=True, type=click.Choice(list(GROUPS)), help="Only these stores; may be repeated."
)
@click.option(
    "--ports",
    "way",
    type=click.Choice([each.value for each in Way]),
    help=" ".join(f"{way}: {said}." for way, said in EXPLAINED.items()),
)
@click.pass_context
def setup_(context: click.Context, dry_run: bool, yes: bool, stores: Sequence[str], way: str | None) -> None:
    """Prepare this machine, once: trust, names and port 443.

    Creates the certificate authority, adds it to the trust stores that are found, leads the services' names here and
    makes port 443 bindable. Each command is shown before it runs.
    """
    kinds = stores or tuple(GROUPS)
    with as_the_user(os.environ) as shell:
        here, services = configured_here(TERMINAL)
        also = () if stores else machine.beside_trust(names_of(services), Way(way) if way else None)
        outcomes = setup.install(here, TERMINAL.note, _asker(yes), kinds, dry_run=dry_run, also=also, shell=shell)
    context.exit(_told(outcomes))


@main.command()
@click.option("--dry-run", is_flag=True, help="Show what would be done, do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_context
def teardown(context: click.Context, dry_run: bool, yes: bool) -> None:
    """Undo exactly what setup did, from its ledger."""
    with as_the_user(os.environ) as shell:
        outcomes = setup.remove(TERMINAL.note, _asker(yes), dry_run=dry_run, shell=shell)
    context.exit(_told(outcomes))


main.add_command(init)
main.add_command(doctor)
main.add_command(hosts)
main.add_command(allow)
for order in COMMANDS:
    main.add_command(order)
main.add_command(plugins)


@main.group()
def ca() -> None:
    """Show or export the certificate authority."""


@ca.command()
@click.option("--json", "as_json", is_flag=True, help="For programs, on stdout.")
def show(as_json: bool) -> None:
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
        TERMINAL.note(f"{name:<8} {', '.join(value) if isinstance(value, list) else value}")


@ca.command()
def export() -> None:
    """Print the public certificate as PEM."""
    click.echo(_authority().root.pem.decode(), nl=False)


def _authority() -> Authority:
    authority = authorities.load(state.place())
    if authority is None:
        raise UsageError("there is no certificate authority yet; `devserve setup` creates it")
    return authority


def _asker(yes: bool) -> Callable[[str], bool]:
    """Return what asks a question: on a terminal, and nowhere else, a person."""

    def ask(question: str) -> bool:
        if yes:
            return True
        if not sys.stdin.isatty():
            raise UsageError("nobody can be asked here; run it again with --yes")
        return click.confirm(question, default=True, err=True)

    return ask


def _told(outcomes: Sequence[Outcome]) -> int:
    """Say what came of each store that is here; return the exit status."""
    for outcome in (outcome for outcome in outcomes if outcome.state is not State.ABSENT):
        TERMINAL.note(str(outcome), "" if outcome.ok else "red")
    if not outcomes:
        TERMINAL.note("there was nothing to do")
    return 0 if all(outcome.ok for outcome in outcomes) else 1


def _served_here() -> tuple[Authority, Sequence[Service]]:
    """Return the authority, and the services of the nearest devserve.toml, none where there is none."""
    here, services = configured_here(TERMINAL)
    return setup.authority_for(here), services


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
