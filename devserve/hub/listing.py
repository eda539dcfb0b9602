"""How the services of every devserve stand, as JSON or as text, for who has no terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from devserve.hub.choice import Known, labels

COLUMNS = ("name", "state", "address", "port")


def whose(one: Known) -> dict[str, object]:
    """Return by what a program tells a service from all others."""
    return {"name": one.name, "repository": one.status.root, "devserve": one.devserve}


def as_data(known: Sequence[Known], problems: Sequence[str]) -> Mapping[str, object]:
    """Return the services, and the sentences about devserves that gave no answer, as JSON has them."""
    return {"services": [_standing(one) for one in known], "problems": list(problems)}


def as_text(known: Sequence[Known], problems: Sequence[str]) -> str:
    """Return the services in columns, and below them what is wrong."""
    called = labels(known)
    standing = [(called[one], one.status) for one in known]
    cells = [(label, it.state, it.url, str(it.port or it.origin)) for label, it in standing]
    widths = [max(map(len, column)) for column in zip(COLUMNS, *cells, strict=True)]
    rows = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in (COLUMNS, *cells)]
    return "".join(f"{line}\n" for line in (*rows, *ailing(known), *problems))


def ailing(known: Sequence[Known]) -> list[str]:
    """Return a sentence about each service that is not well."""
    called = labels(known)
    return [
        f"{called[one]}: {one.status.problem.removeprefix(f'{one.status.label}: ')}"
        for one in known
        if one.status.problem
    ]


def _standing(one: Known) -> Mapping[str, object]:
    it = one.status
    return {
        **whose(one),
        "state": it.state,
        "url": it.url,
        "origin": it.origin,
        "port": it.port,
        "pid": it.pid,
        "uptime": it.seconds,
        "restarts": it.restarts,
        "problem": it.problem,
        "columns": dict(it.columns),
    }
