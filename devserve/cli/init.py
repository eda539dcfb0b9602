"""`devserve init`: looks at a repository, asks what it cannot know, writes a first devserve.toml."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from devserve.cli.terminal import Terminal
from devserve.config import scaffold
from devserve.config.facts import Guess, service_of
from devserve.config.questions import Question, questions_for
from devserve.config.stacks import guesses
from devserve.config.values import Service
from devserve.io.config import projects


@click.command()
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Do not ask; take what is proposed.")
@click.pass_context
def init(context: click.Context, path: Path, yes: bool) -> None:
    """Write a commented devserve.toml, after a look at the folder.

    On a terminal it asks three questions at most; Enter takes the answer that is proposed.
    """
    terminal: Terminal = context.obj
    file = path / projects.NAME
    projects.refuse_existing(file)
    facts = projects.examine(path)
    found = guesses(facts)
    if not yes and sys.stdin.isatty() and sys.stderr.isatty():
        terminal.note(f"Found {found[0].because}." if found else "Nothing here tells how it is served.", "bold")
        found = (*ask(found[0] if found else Guess(service_of(facts), "", "")), *found[1:])
    projects.write_new(file, scaffold.written(facts, found))
    terminal.note(f"{file} is written; {next_step(found, projects.read(file).services)}", "green")


def ask(guess: Guess) -> tuple[Guess, ...]:
    """Return the service after a person was asked about it; none if it has no command."""
    for question in questions_for(guess):
        guess = answered(question, guess)
        if not guess.command:
            return ()
    return (guess,)


def answered(question: Question, guess: Guess) -> Guess:
    """Return the service that the answer means; what cannot be one is said, and asked for again."""

    def take(answer: str) -> Guess:
        try:
            return question.take(guess, answer) if answer or question.proposal else guess
        except ValueError as error:
            raise click.UsageError(f"needed is {'; '.join(map(str, error.args))}") from error

    shown = bool(question.proposal)
    taken: Guess = click.prompt(
        question.text, question.proposal, value_proc=take, show_default=shown, prompt_suffix=" ", err=True
    )
    return taken


def next_step(found: Sequence[Guess], services: Sequence[Service]) -> str:
    """Return what the file leads to, and what to do now."""
    if not services:
        return "write the command that starts your service, then `devserve run`"
    return f"`devserve run` starts `{found[0].line}` and serves it at https://{services[0].host}"
