"""The blocks of a page in Markdown, read as what a person would do: commands to type, files to write, output to see.

A page says in its source what a reader does not need to be told, in a comment directly above a block. Parts of it are
separated by semicolons:

    <!-- shell: runs on -->               its last command runs until the end of the page, ready before the next one
    <!-- shell: own system -->            the page needs root, or trust stores and a hosts file to change
    <!-- shell: checkout -->              the page begins in a copy of this repository, not in an empty folder
    <!-- shell: not here: CMD: why -->    this command of the block cannot be executed by a test
    <!-- shell: file NAME -->             a block of another language is what this file holds
    <!-- shell: append NAME -->           it is added to the file
    <!-- shell: shows -->                 it is what the last command has shown; a line or a part of it may be …

Further lines of the comment are commands that come before the block, and that readers need not see; one that ends with
`# runs on` does so. A comment of nothing but such lines may stand anywhere. In a block of `console`, commands stand
behind `$`, and what they show below.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

SHELL, CONSOLE = ("sh", "bash", "shell"), "console"
BLOCK = re.compile(
    r"(?:^<!-- shell:(?P<notes>[^\n]*?)(?:\n(?P<before>(?:(?!-->).)*?))? ?-->\n)?"
    r"^```(?P<language>\w*)[^\n]*\n(?P<text>.*?)^```$"
    r"|^<!-- shell:\n(?P<alone>(?:(?!-->).)*?) ?-->$",
    re.MULTILINE | re.DOTALL,
)
NOTED = re.compile(r"^<!-- shell:.*$", re.MULTILINE)
WORDS = ("runs on", "own system", "checkout", "shows", "not here:", "file ", "append ")
RUNS_ON = "# runs on"
ANYTHING = "…"


@dataclass(frozen=True, slots=True)
class Command:
    """What is typed, and what it shows if the page says so."""

    line: int
    text: str
    shows: str | None = None
    runs_on: bool = False


@dataclass(frozen=True, slots=True)
class File:
    """What a file holds, or what is added to it."""

    line: int
    name: str
    text: str
    is_added: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A command that no test can execute, and why."""

    line: int
    text: str
    why: str


@dataclass(frozen=True, slots=True)
class Page:
    """What a person does who follows a page, in order."""

    steps: tuple[Command | File, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    needs_own_system: bool = False
    is_in_checkout: bool = False

    @property
    def runs_something(self) -> bool:
        """Whether a command of it runs on, and serves."""
        return any(isinstance(step, Command) and step.runs_on for step in self.steps)


@dataclass
class _Reading:
    """What was read so far."""

    steps: list[Command | File] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)


def read(markdown: str) -> Page:
    """Return the steps of a page. Raises ValueError for a comment that means nothing, or stands above no block."""
    reading = _Reading()
    used = set()
    for found in BLOCK.finditer(markdown):
        if found["notes"] is not None or found["alone"] is not None:
            used.add(found.start())
        if found["alone"] is not None:
            line = markdown.count("\n", 0, found.start("alone")) + 1
            reading.steps += _unseen(found["alone"], line)
        else:
            _block(reading, found, markdown.count("\n", 0, found.start("text")) + 1)
    for note in NOTED.finditer(markdown):
        if note.start() not in used:
            raise ValueError(f"line {markdown.count(chr(10), 0, note.start()) + 1}: {note[0]} stands above no block")
    return Page(
        tuple(reading.steps), tuple(reading.left_out), "own system" in reading.notes, "checkout" in reading.notes
    )


def _block(reading: _Reading, found: re.Match[str], line: int) -> None:
    notes = [note.strip() for note in (found["notes"] or "").split(";") if note.strip()]
    if unknown := [note for note in notes if not note.startswith(WORDS)]:
        raise ValueError(f"line {line - 1}: nobody knows what {unknown} means; there are {WORDS}")
    reading.notes.update(notes)
    reading.steps += _unseen(found["before"] or "", line)
    if found["language"] in SHELL or found["language"] == CONSOLE:
        own = list(typed(found["text"]) if found["language"] == CONSOLE else plain(found["text"]))
        reading.steps += _executed(reading, own, notes, line)
        return
    for note in notes:
        kind, _, name = note.partition(" ")
        if kind in ("file", "append"):
            reading.steps.append(File(line, name, found["text"], is_added=kind == "append"))
        if kind == "shows":
            last = reading.steps.pop()
            assert isinstance(last, Command), f"line {line}: no command stands before it"
            reading.steps.append(Command(last.line, last.text, found["text"], last.runs_on))


def _unseen(script: str, line: int) -> list[Command]:
    return [Command(line, text, runs_on=text.endswith(RUNS_ON)) for text in commands(script)]


def _executed(
    reading: _Reading, found: Sequence[tuple[str, str | None]], notes: Sequence[str], line: int
) -> Iterator[Command]:
    """Yield the commands of a block that a test can execute, and note the others."""
    reasons = dict(note.removeprefix("not here:").strip().rsplit(": ", 1) for note in notes if ":" in note)
    here = [(text, shows) for text, shows in found if bare(text) not in reasons]
    if missing := reasons.keys() - {bare(text) for text, _ in found}:
        raise ValueError(f"line {line}: the block has no command {missing}")
    reading.left_out += [LeftOut(line, bare(text), reasons[bare(text)]) for text, _ in found if bare(text) in reasons]
    for number, (text, shows) in enumerate(here, 1):
        yield Command(line, text, shows, runs_on="runs on" in notes and number == len(here))


def bare(command: str) -> str:
    """Return a command without the comment behind it."""
    return re.sub(r"\s+#.*$", "", command).strip()


def plain(text: str) -> Iterator[tuple[str, None]]:
    """Yield the commands of a block that shows nothing but commands."""
    for command in commands(text):
        yield command, None


def typed(text: str) -> Iterator[tuple[str, str | None]]:
    """Yield the commands of a block of `console`, each with what it shows."""
    for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        lines = part.splitlines(keepends=True)
        more = next((number for number, line in enumerate(lines[1:], 1) if not line.startswith("> ")), len(lines))
        command = "".join([lines[0], *(line[2:] for line in lines[1:more])])
        yield command.rstrip("\n"), "".join(lines[more:]) or None


def commands(text: str) -> Iterator[str]:
    """Yield the commands of a script: a line each, or several where the shell waits for more."""
    waiting = ""
    for line in text.splitlines(keepends=True):
        waiting += line
        if not waiting.strip() or (waiting.lstrip().startswith("#") and "\n" not in waiting.strip()):
            waiting = ""
        elif is_whole(waiting):
            yield waiting.rstrip("\n")
            waiting = ""
    if waiting.strip():
        raise ValueError(f"the shell would wait for the end of: {waiting}")


def is_whole(script: str) -> bool:
    """Tell whether the shell would wait for no further line."""
    if script.rstrip("\n").endswith("\\"):
        return False
    found = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, timeout=10, check=False)
    return found.returncode == 0 and "here-document" not in found.stderr


def is_shown(expected: str, shown: str) -> bool:
    """Tell whether a text has these lines somewhere, one after the other; … stands for anything."""
    lines = [r"(?:[^\n]*\n)*?" if line.strip() == ANYTHING else _pattern(line) for line in expected.splitlines()]
    return re.search("(?:^|\n)" + "".join(lines), shown.rstrip("\n") + "\n") is not None


def _pattern(line: str) -> str:
    return ".*?".join(re.escape(part) for part in line.rstrip().split(ANYTHING)) + r"[ \t]*\n"
