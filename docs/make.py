"""Writes the pages of docs/reference from the code: python -m docs.make, or make docs."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from dataclasses import is_dataclass
from enum import Enum
from pathlib import Path

import click

import devserve as public
from devserve.cli.main import main as devserve
from devserve.config.schema import schema

FOLDER = Path(__file__).parent / "reference"
MADE = "<!-- Made from the code by `make docs`: edit the code. -->\n"
TABLES = {  # the tables of a devserve.toml by their places, with how each is written
    "project": "[project]",
    "services.NAME": "[services.NAME]",
    "services.NAME.ready": "ready = { … }",
    "services.NAME.stop": "stop = { … }",
    "services.NAME.timeouts": "timeouts = { … }",
    "services.NAME.upstream_tls": "[services.NAME.upstream_tls]",
    "services.NAME.livereload": "[services.NAME.livereload]",
    "services.NAME.watch": "[[services.NAME.watch]]",
}
FIELD = re.compile(r"    (\w+)(: | = ).+")
QUOTED = re.compile(r""""([^"]*)"|'([^']*)'""")
# What devserve fills in for itself, and plugins leave alone.
INNER = {"doubts", "is_whole", "plugin", "repository", "secrets", "settings", "shares_name", "tables", "would_run"}


def pages() -> dict[str, str]:
    """Return each page's text by the name of its file."""
    return {"configuration.md": configuration(), "commands.md": commands(), "values.md": values()}


def configuration() -> str:
    """Return the page of all keys of a devserve.toml."""
    lines = [MADE, "# Every key of devserve.toml\n"]
    lines.append("`devserve check` names each mistake with its line; `devserve schema` prints the same for editors.\n")
    lines.append("[How they work together](../configuration.md)\n")
    for place, table in tables(schema(), ""):
        lines.append(f"## `{TABLES.get(place, f'[{place}]')}`\n")
        lines.append(f"{text(table, 'description')}\n")
        lines += ["| key | takes | default | |", "| --- | --- | --- | --- |", *rows(table), ""]
    return "\n".join(lines)


def tables(node: Mapping[str, object], place: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield each table that has keys of its own, with its place, outer ones first."""
    properties = mapping(node, "properties")
    if place and properties:
        yield place, node
    for name in properties:
        inner = mapping(properties, name)
        named = mapping(inner, "additionalProperties")
        if named.get("properties"):
            yield from tables(named, f"{place}.{name}.NAME".lstrip("."))
        listed = mapping(inner, "items")
        described = {**listed, "description": inner.get("description", "")}
        yield from tables(described if listed.get("properties") else inner, f"{place}.{name}".lstrip("."))


def rows(table: Mapping[str, object]) -> Iterator[str]:
    """Yield the row of each key."""
    for name in mapping(table, "properties"):
        key = mapping(mapping(table, "properties"), name)
        default = f"`{key['default']}`" if "default" in key and not isinstance(key["default"], float) else ""
        if isinstance(key.get("default"), float):
            default = f"`{key['default']:g}` s"
        example = key.get("examples")
        shown = f" Such as `{toml(example[0])}`" if isinstance(example, list) else ""
        said = text(key, "description") + shown
        yield f"| `{name}` | {takes(key)} | {default.replace('True', 'true')} | {escaped(said)} |"


def takes(key: Mapping[str, object]) -> str:
    """Return what a key takes, in words."""
    if choices := key.get("enum"):
        return escaped(" or ".join(f'`"{choice}"`' for choice in choices)) if isinstance(choices, list) else ""
    if isinstance(forms := key.get("anyOf"), list):
        return " or ".join(dict.fromkeys(takes(form) for form in forms))
    if str(key.get("pattern", "")).endswith("(ms|s|m)$"):
        return "duration"
    if key.get("pattern", "") == "^relay:[0-9]{1,5}$":
        return '`"relay:PORT"`'
    kind = str(key.get("type", "table"))
    words = {"string": "text", "object": "table", "array": "list", "integer": "number", "boolean": "true or false"}
    return words.get(kind, kind)


def commands() -> str:
    """Return the page of all commands with their flags, as --help shows them."""
    lines = [MADE, "# Every command\n", "[What they are for, keys and exit statuses](../commands.md)\n"]
    for name, command in walk(devserve, "devserve"):
        own = {**devserve.context_settings, **command.context_settings}
        context = click.Context(command, info_name=name, max_content_width=100, terminal_width=100, **own)
        lines += [f"## `{name}`\n", "```text", command.get_help(context), "```\n"]
    return "\n".join(lines)


def walk(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    """Yield a command and those below it."""
    yield name, command
    if isinstance(command, click.Group):
        for below in sorted(command.commands):
            yield from walk(command.commands[below], f"{name} {below}")


def values() -> str:
    """Return the page of what plugins import, with its fields or arguments."""
    lines = [MADE, "# Every value that hooks take and return\n"]
    lines.append("All are imported from `devserve`, and made with their fields in this order or by name.\n")
    lines.append("[Every hook](../../plugins/README.md)\n")
    for name in sorted(public.__all__, key=str.lower):
        value = getattr(public, name)
        if value is not public.hookimpl:
            said = str(inspect.getdoc(value)).partition("\n\nRaises:")[0]
            lines += [f"## `{name}`\n", f"{said}\n", "```text", *parts(name, value), "```\n"]
    return "\n".join(lines)


def parts(name: str, value: object) -> Iterator[str]:
    """Yield the fields of a value as its code has them; of what has none, how it is called, and its methods."""
    if isinstance(value, type) and (is_dataclass(value) or issubclass(value, Enum)):
        fields = [
            (FIELD.fullmatch(line), line) for line in inspect.getsource(value).partition("    def ")[0].split("\n")
        ]
        yield from (default(line) for found, line in fields if found and found[1] not in INNER)
    else:
        yield called(name, value)
        methods = vars(value).items() if isinstance(value, type) else ()
        for method, function in methods:
            if inspect.isfunction(function) and not method.startswith("_"):
                yield f"{called(f'.{method}', function)}  # {str(inspect.getdoc(function)).splitlines()[0]}"


def called(name: str, value: object) -> str:
    """Return a function or class with its arguments, whose types are text: without the quotes around them."""
    signature = str(inspect.signature(value)) if callable(value) else ""
    return name + QUOTED.sub(r"\1\2", signature).replace("(self, ", "(").replace("(self)", "()")


def default(line: str) -> str:
    """Return the line of a field with its default as it is, in place of what makes it."""
    made = re.sub(r"field\(default_factory=(\w+).*?\)", r"\1()", line.strip())
    return re.sub(r" = field\(repr=False\)", "", made)


def mapping(node: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return a table inside one, empty where there is none."""
    found = node.get(name)
    return found if isinstance(found, dict) else {}


def text(node: Mapping[str, object], name: str) -> str:
    """Return a text of a table."""
    return str(node.get(name, ""))


def toml(value: object) -> str:
    """Return a value as it is written in a devserve.toml."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def escaped(said: str) -> str:
    """Return a text for a cell of a table."""
    return said.replace("|", "\\|")


def main() -> None:
    """Write the pages."""
    FOLDER.mkdir(exist_ok=True)
    for name, page in pages().items():
        (FOLDER / name).write_text(page)


if __name__ == "__main__":
    main()
