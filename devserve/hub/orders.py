"""What one devserve command asks of those that run, and what they answer, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias


class Verb(StrEnum):
    """What is to be done."""

    STATUS = "status"  # say how the services stand
    LOGS = "logs"  # print their last lines
    RESTART = "restart"  # end them and start them again
    STOP = "stop"  # end them; they stay so
    START = "start"  # start those that have ended or were stopped
    RELOAD = "reload"  # have their pages load themselves again
    WHY = "why"  # say what the last saves have led to
    ROUTES = "routes"  # say which host and path leads where
    PLUGINS = "plugins"  # say which plugins there are and what their hooks have done
    # What the dashboard of another terminal shows; the answers are documents in pieces.
    LOOK = "look"  # tell what is new, again and again until the other side leaves
    EXCHANGE = "exchange"  # say all about one exchange
    EXCHANGES = "exchanges"  # say all about the last ones, of the services that are named, as for a HAR file
    REPLAY = "replay"  # send a recorded request again
    PANELS = "panels"  # say what plugins show
    CERTIFICATES = "certificates"  # say which certificates clients are shown


@dataclass(frozen=True, slots=True)
class Order:
    """What to do with which services of one devserve; without names with all of them."""

    verb: Verb
    names: tuple[str, ...] = ()  # labels
    files: tuple[str, ...] = ()  # reload: what changed, relative to the services' folder
    lines: int = 0  # logs: how many of each service's last ones; why: how many of the last saves
    follow: bool = False  # logs: go on with those that come
    after: float = 0.0  # logs: leave out what was printed until then
    number: int = 0  # exchange, replay: of which exchange


# Answers. An order has any number of them; the last one is Done or Refused. `kind` tells them apart on the wire.


ELSEWHERE = "started elsewhere"  # the state of a service that devserve only serves


@dataclass(frozen=True, slots=True)
class Status:
    """How a service stands."""

    name: str
    label: str  # what its devserve calls it: orders and answers use that
    root: str  # the repository's folder
    state: str
    url: str
    origin: str  # where it answers devserve, in words where that is in devserve itself
    port: int | None = None  # that it was given; None: `origin` says where it answers
    pid: int | None = None
    seconds: float | None = None  # since its process was started
    restarts: int = 0
    problem: str = ""  # the sentence for what keeps it from being ready
    columns: tuple[tuple[str, str], ...] = ()  # of plugins: names and texts
    kind: Literal["status"] = "status"


@dataclass(frozen=True, slots=True)
class Leads:
    """What a host and path lead to."""

    url: str
    host: str
    path: str
    origin: str
    service: str  # empty: devserve's own pages
    root: str = ""
    kind: Literal["leads"] = "leads"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a service's output, with its colours. `at` is on the clock that all processes here share."""

    service: str
    text: str
    at: float = 0.0
    kind: Literal["line"] = "line"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a service stands while an order is being carried out; told at least once a second."""

    service: str  # "devserve": the order is for none
    state: str
    seconds: float  # since the order
    kind: Literal["progress"] = "progress"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an order for one service, in words."""

    service: str
    ok: bool
    text: str
    kind: Literal["outcome"] = "outcome"


@dataclass(frozen=True, slots=True)
class Told:
    """How many browsers of a service heard."""

    service: str
    browsers: int
    kind: Literal["told"] = "told"


@dataclass(frozen=True, slots=True)
class Chain:
    """What a save has led to: a record of live/why.py as JSON."""

    service: str
    record: str
    kind: Literal["chain"] = "chain"


@dataclass(frozen=True, slots=True)
class Plugged:
    """A plugin of a project that runs: plugins/listing.py has it as JSON."""

    plugin: str
    kind: Literal["plugged"] = "plugged"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a JSON document, for hub/pieces.py."""

    text: str
    is_last: bool
    kind: Literal["piece"] = "piece"


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence beside the answers."""

    text: str
    kind: Literal["note"] = "note"


@dataclass(frozen=True, slots=True)
class Refused:
    """The order is not carried out; the sentence says why."""

    text: str
    kind: Literal["refused"] = "refused"


@dataclass(frozen=True, slots=True)
class Done:
    """Everything was answered."""

    kind: Literal["done"] = "done"


Answer: TypeAlias = Status | Leads | Line | Progress | Outcome | Told | Chain | Plugged | Piece | Note | Refused | Done
