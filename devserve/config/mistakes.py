"""The sentences for what is wrong in a devserve.toml: where, with which value, and the edit that mends it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date, time
from difflib import get_close_matches

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from devserve.config import tables
from devserve.config.kinds import MOST_PORT
from devserve.config.positions import Location, Positions

BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")
MOST_SHOWN = 60  # characters of a value
NEAR = 0.7  # how alike a key is that could be meant
KEY_ITSELF = "[key]"  # the end of pydantic's location when not a value but its key is wrong
PORT_IS = f"a whole number from 1 to {MOST_PORT}"

# What is accepted, by the type of pydantic's error.
ACCEPTED = {
    "string_type": "text in quotes",
    "int_type": PORT_IS,
    "greater_than_equal": PORT_IS,
    "less_than_equal": PORT_IS,
    "bool_type": "true or false",
    "model_type": "a table",
    "dict_type": "a table",
    "tuple_type": "a list",
}
TABLES: dict[Location, type[BaseModel]] = {
    (): tables.Document,
    ("project",): tables.ProjectTable,
    ("services", "NAME"): tables.ServiceTable,
    ("services", "NAME", "ready"): tables.ReadyTable,
    ("services", "NAME", "stop"): tables.StopTable,
    ("services", "NAME", "timeouts"): tables.TimeoutsTable,
    ("services", "NAME", "upstream_tls"): tables.UpstreamTlsTable,
    ("services", "NAME", "livereload"): tables.LivereloadTable,
    ("services", "NAME", "watch", 0): tables.WatchTable,
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong, and the key that it is about."""

    location: Location
    text: str


def mistake_of(error: ErrorDetails) -> Mistake:
    """Return what one of pydantic's errors means, without its jargon."""
    location = error["loc"]
    value: object = error["input"]
    match error["type"]:
        case "extra_forbidden":
            return Mistake(location, unknown_key(location, value))
        case "missing":
            return Mistake(location, missing_key(location))
        case "value_error" if location[-1] == KEY_ITSELF:
            named = location[:-1]
            return Mistake(named, sentence(f"the name {subject(named)}", *error["ctx"]["error"].args))
        case "value_error":
            accepted, *fix = error["ctx"]["error"].args
            instead_of = "" if isinstance(value, dict) else instead(location, value)
            return Mistake(location, sentence(subject(location), accepted + instead_of, *fix))
        case "literal_error":
            accepted = error["ctx"]["expected"].replace("'", '"')
            return Mistake(location, sentence(subject(location), accepted + instead(location, value)))
        case kind:
            accepted = ACCEPTED[kind] + instead(location, value)
            return Mistake(location, sentence(subject(location), accepted, retyped(kind, location, value)))


def sentence(culprit: str, accepted: str, fix: str = "") -> str:
    """Return what a key must be and, if known, the edit that makes it so."""
    return f"{culprit} must be {accepted}" + (f"; {fix}" if fix else "")


def unknown_key(location: Location, value: object) -> str:
    """Return the sentence about a key that no table or another table has."""
    place, key = location[:-1], str(location[-1])
    known = list(TABLES[general(place)].model_fields)
    if near := get_close_matches(key, known, n=1, cutoff=NEAR):
        hint = f'did you mean "{near[0]}"?'
    elif home := next((table for table, model in TABLES.items() if key in model.model_fields), None):
        own = tuple(location[1] if part == "NAME" and location[2:] else part for part in home)
        hint = f"it belongs in {table_name(own)}"
    elif not place and isinstance(value, dict) and value.keys() & tables.ServiceTable.model_fields.keys():
        hint = f"did you mean {table_name(('services', key))}?"
    else:
        hint = "known are " + ", ".join(f'"{name}"' for name in known)
    return f"unknown key {subject(location)}; {hint}"


def missing_key(location: Location) -> str:
    """Return the sentence about a key that a table must have."""
    key = str(location[-1])
    examples = TABLES[general(location[:-1])].model_fields[key].examples or [""]
    return f'{table_name(location[:-1])} needs "{key}", such as {key} = {json.dumps(examples[0])}'


def retyped(kind: str, location: Location, value: object) -> str:
    """Return the edit that gives a value the right type, if it is that simple."""
    match kind, value:
        case "int_type", str() if value.isascii() and value.isdigit():
            return f"write {value}"
        case "bool_type", "true" | "false":
            return f"write {value}"
        case "tuple_type", str() if "watch" not in location[-1:]:
            return f"write [{shown(value)}]"
        case "tuple_type", dict():
            return f"write [{table_name(location)}]"
        case "model_type", list() if location[:1] == ("services",) and len(location) == 2:
            return f"write {table_name(location)} with single brackets"
        case "model_type", _ if location[:1] == ("services",) and len(location) == 2:
            return f'write {table_name(location)} and its keys below, such as command = "npm start"'
    return ""


def instead(location: Location, value: object) -> str:
    """Return `, not VALUE`, except for what may be a secret."""
    secret = "env" in location[2:3] or (isinstance(value, str) and "@" in value)
    return "" if secret else f", not {shown(value)}"


def shown(value: object) -> str:
    """Return a value as TOML has it, shortened."""
    match value:
        case bool() | str():
            text = json.dumps(value, ensure_ascii=False)
        case list():
            text = f"[{', '.join(shown(item) for item in value[:3])}{', …' if value[3:] else ''}]"
        case dict():
            text = "a table"
        case date() | time():
            text = value.isoformat()
        case _:
            text = str(value)
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"


def subject(location: Location) -> str:
    """Return the words for a key or for an element of a list."""
    key = location[-1]
    if isinstance(key, int):
        return f"item {key + 1} of {subject(location[:-1])}"
    place = f" in {table_name(location[:-1])}" if location[1:] else " at the top level"
    return json.dumps(key, ensure_ascii=False) + place


def table_name(location: Location) -> str:
    """Return a table as its header is written: [services.web] or [[services.web.watch]]."""
    names = [name for name in location if isinstance(name, str)]
    dotted = ".".join(name if BARE_KEY.fullmatch(name) else json.dumps(name, ensure_ascii=False) for name in names)
    return f"[[{dotted}]]" if isinstance(location[-1], int) else f"[{dotted}]"


def general(location: Location) -> Location:
    """Return a table's location with NAME and 0 for what differs between files."""
    return tuple(0 if isinstance(part, int) else "NAME" if index == 1 else part for index, part in enumerate(location))


def in_order(mistakes: list[Mistake], positions: Positions, file: str) -> list[str]:
    """Return each mistake once as `file:line:column: message`, from the top of the file to its end."""
    placed = sorted({(*positions.find(mistake.location), mistake.text) for mistake in mistakes})
    return [f"{file}:{line}:{column}: {text}" for line, column, text in placed]
