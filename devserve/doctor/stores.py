"""Trust stores that were looked up: the clients that cannot be scripted, such as each profile of Firefox."""

from __future__ import annotations

from devserve.ca.provisions import Outcome, State
from devserve.doctor.findings import Finding, Verdict

TOPIC = "stores"
VERDICTS = {State.ALREADY: Verdict.GOOD, State.DONE: Verdict.GOOD, State.ABSENT: Verdict.ABSENT}


def finding(outcome: Outcome) -> Finding:
    """Return how a store stands."""
    verdict = VERDICTS.get(outcome.state, Verdict.BROKEN)
    if verdict is Verdict.GOOD:
        said = f"{outcome.place} holds the CA"
    elif verdict is Verdict.ABSENT:
        said = outcome.reason or "not on this machine"
    else:
        said = f"{outcome.place} does not hold the CA{f': {outcome.reason}' if outcome.reason else ''}"
    fix = outcome.fix or "Run `devserve setup`" if verdict is Verdict.BROKEN else ""
    return Finding(TOPIC, outcome.title, verdict, said, fix, "a look-up")
