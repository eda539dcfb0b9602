"""Records of chains, as a day of work leaves them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from devserve.config.values import Then
from devserve.live.why import Ended, Record, Step, What

AT = datetime(2026, 3, 14, 9, 26, 53, 589000, tzinfo=timezone(timedelta(hours=1)))
CSS = ("npx", "gulp", "css")

REFRESHED = Record(
    at=AT,
    service="web",
    files=("src/site.scss",),
    file_count=1,
    rules=("src/**/*.scss",),
    waited=0.031,
    steps=(
        Step(What.TASK, 0.380, "web", CSS, 0),
        Step(What.TELL, 0.001, "web", then=Then.REFRESH, browsers=2),
    ),
    seconds=0.412,
    ended=Ended.TOLD,
)
FAILED = Record(
    at=AT,
    service="web",
    files=("src/site.scss", "page.html"),
    file_count=2,
    rules=("src/**/*.scss", "*.html"),
    waited=0.031,
    steps=(
        Step(What.TASK, 0.2, "web", CSS, 1, problem="failed with status 1: on line 3"),
        Step(What.TELL, 0.001, "web", then=Then.RELOAD, browsers=1),
    ),
    seconds=0.232,
    ended=Ended.FAILED,
    reason="failed with status 1: on line 3",
)
CASCADE = Record(
    at=AT,
    service="shared",
    files=("model.py", "a.py", "b.py"),
    file_count=7,
    rules=("*.py",),
    waited=0.031,
    steps=(
        Step(What.RESTART, 0.12, "shared"),
        Step(What.READY, 0.34, "shared"),
        Step(What.TELL, 0.001, "shared", then=Then.RELOAD),
        Step(What.RESTART, 0.1, "web"),
        Step(What.READY, 1.25, "web"),
        Step(What.TELL, 0.001, "web", then=Then.RELOAD, browsers=3),
    ),
    seconds=1.9,
    ended=Ended.TOLD,
)
UNREADY = Record(
    at=AT,
    service="web",
    files=("app.py",),
    file_count=1,
    rules=("*.py",),
    waited=0.03,
    steps=(
        Step(What.RESTART, 0.12, "web"),
        Step(What.READY, 0.34, "web", problem="it did not become ready"),
    ),
    seconds=0.5,
    ended=Ended.FAILED,
    reason="it did not become ready",
)
LOOP = Record(
    at=AT,
    service="web",
    files=("src/version.ts",),
    file_count=1,
    rules=("src/**",),
    waited=0.03,
    steps=(),
    seconds=0.03,
    ended=Ended.LOOP,
    reason="it is written by make, which it starts",
)
