"""What `devserve init` asks a person, with the answers that it proposes."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass, replace

from devserve.config.facts import LISTEN_ADVICE, Guess
from devserve.config.hosts import host_name
from devserve.config.kinds import filled
from devserve.config.stacks import without_shell

NOTHING = "-"  # the answer that means none
SAVES = f"Which saved files restart it? (patterns with spaces between; {NOTHING} for none)"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the answer that is proposed, and what makes the service that an answer means."""

    text: str
    proposal: str
    take: Callable[[Guess, str], Guess]  # raises ValueError, as in kinds.py


def questions_for(guess: Guess) -> tuple[Question, ...]:
    """Return what to ask about a service, three questions at most; what could only be answered in one way is not."""
    asked = [
        Question("What starts it?", guess.line, with_command),
        Question("At which host?", f"{guess.name}.localhost", with_host),
    ]
    if guess.restarts or not guess.because:
        asked.append(Question(SAVES, " ".join(guess.restarts) or NOTHING, with_restarts))
    return tuple(asked)


def with_command(guess: Guess, answer: str) -> Guess:
    """Return the service with another command; a line that only a shell understands is given to one.

    Raises:
        ValueError: what a command is.
    """
    line = without_shell(filled(answer.strip()))
    try:
        shlex.split(answer)
    except ValueError:
        raise ValueError("a command in which each quote is closed") from None
    if line == guess.command:
        return guess
    return replace(guess, command=line, port=None, advice=() if "$PORT" in answer else (LISTEN_ADVICE,))


def with_host(guess: Guess, answer: str) -> Guess:
    """Return the service at another host. Raises ValueError: what a host name is."""
    host = host_name(answer.strip())
    return replace(guess, host="" if host == f"{guess.name}.localhost" else host)


def with_restarts(guess: Guess, answer: str) -> Guess:
    """Return the service with other files that restart it."""
    return replace(guess, restarts=() if answer.strip() == NOTHING else tuple(filled(answer).split()))
