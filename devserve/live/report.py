"""The words for what a save has led to: one line for the console, a tree for who asks why."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from devserve.live.why import Ended, Record, Step, What

MOST_NAMED = 2
ENDINGS = {Ended.DONE: "done", Ended.FAILED: "failed", Ended.UNCHANGED: "unchanged", Ended.LOOP: "a loop"}


def line(record: Record) -> str:
    """Return `web: static/site.css → refresh → 2 browsers (3 ms)`."""
    steps = _told(record.steps, record.service)
    if record.reason and record.ended is not Ended.FAILED:
        steps.append(record.reason)
    files = named(record.files, record.file_count)
    return f"{record.service}: {' → '.join([files, *steps])} ({duration(record.seconds)})"


def tree(record: Record) -> str:
    """Return the chain as a small tree: the files, the rule, each step with what it took."""
    head = (
        f"{record.at:%H:%M:%S} {record.service}: {named(record.files, record.file_count)} ({duration(record.seconds)})"
    )
    parts = [*_branches(record)]
    stems = ["├─"] * (len(parts) - 1) + ["└─"]
    return "\n".join([head, *(f"{stem} {part}" for stem, part in zip(stems, parts, strict=True))])


def restarts(steps: Sequence[Step]) -> Sequence[str]:
    """Return `web: restart 120 ms → ready 340 ms → reload → 2 browsers`, a line for each service."""
    names = dict.fromkeys(step.service for step in steps)
    return [f"{name}: {' → '.join(_told([step for step in steps if step.service == name], name))}" for name in names]


def last(record: Record) -> tuple[str, str]:
    """Return what a save has led to in few words, and in fewer."""
    short = _result(record)
    return f"{record.service}: {named(record.files[:1], record.file_count)} → {short}", short


def named(paths: Sequence[str], count: int = 0) -> str:
    """Return the first paths and the number of the others; `count` says how many there are in all."""
    shown = ", ".join(paths[:MOST_NAMED])
    others = max(count, len(paths)) - min(len(paths), MOST_NAMED)
    return f"{shown} and {others} more" if others > 0 else shown


def browsers(count: int) -> str:
    """Return how many browsers were told."""
    if count == 0:
        return "no browser is connected"
    return "1 browser" if count == 1 else f"{count} browsers"


def duration(seconds: float) -> str:
    """Return milliseconds below a second, else seconds."""
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.1f} s"


def _told(steps: Sequence[Step], service: str) -> list[str]:
    """Return the steps in a few words each; the pages of all services are counted together, at the end."""
    words = [_short(step, service) for step in steps if step.what is not What.TELL]
    if told := [step for step in steps if step.what is What.TELL]:
        words += [str(told[0].then), browsers(sum(step.browsers for step in told))]
    return words


def _result(record: Record) -> str:
    if record.ended is Ended.TOLD:
        then = next(str(step.then) for step in record.steps if step.what is What.TELL)
        return f"{then} {duration(record.seconds)}"
    return f"{ENDINGS[record.ended]} {duration(record.seconds)}"


def _short(step: Step, service: str) -> str:
    """Return a step in a few words; another service than the one whose file was saved is named."""
    if step.what is What.TASK:
        task = shlex.join(step.argv)
        return f"{task} {step.problem}" if step.problem else f"{task} {duration(step.seconds)}"
    subject = _what(step, service)
    if not step.problem:
        return f"{subject} {duration(step.seconds)}"
    return f"{subject} → {step.problem}" if step.what is What.RESTART else step.problem


def _branches(record: Record) -> Iterator[str]:
    yield f"rule {'; '.join(record.rules)}"
    yield f"waited {duration(record.waited)}"
    for step in record.steps:
        if step.what is What.TELL:
            whose = "" if step.service == record.service else f" {step.service}"
            yield f"{step.then}{whose} → {browsers(step.browsers)} {duration(step.seconds)}"
        else:
            status = f" (status {step.status})" if step.status else ""
            yield f"{_what(step, record.service)} {duration(step.seconds)}{status}"
            if step.problem:
                yield f"✗ {step.problem}"
    if record.reason and record.ended is not Ended.FAILED:
        yield f"✗ {record.reason}"


def _what(step: Step, service: str) -> str:
    if step.what is What.TASK:
        return f"task {shlex.join(step.argv)}"
    return str(step.what) if step.service == service else f"{step.what} {step.service}"
