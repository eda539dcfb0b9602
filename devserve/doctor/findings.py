"""One thing that was found on this machine, and what mends it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a thing stands."""

    GOOD = "good"
    NOTE = "note"  # works, but somebody may be surprised
    BROKEN = "broken"
    ABSENT = "not here"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about a subject, and the command or edit that mends it. `measured` says by what."""

    topic: str
    subject: str
    verdict: Verdict
    said: str
    fix: str = ""
    measured: str = ""


def exit_status(findings: Iterable[Finding]) -> int:
    """Return 1 when something is broken, else 0."""
    return int(any(finding.verdict is Verdict.BROKEN for finding in findings))


def as_json(findings: Iterable[Finding]) -> str:
    """Return the findings for programs."""
    listed = [asdict(finding) for finding in findings]
    return json.dumps(
        {"broken": any(each["verdict"] == Verdict.BROKEN for each in listed), "findings": listed}, indent=2
    )
