"""The tables [plugins.NAME] of a devserve.toml, each checked by the model that its plugin has for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from devserve.config.mistakes import Mistake, in_order, shown, subject, table_name
from devserve.config.positions import Positions, locate
from devserve.config.values import Project
from devserve.errors import ConfigError
from devserve.plugins.caller import Caller
from devserve.plugins.conduct import Conduct
from devserve.plugins.plugin import Plugin

PLUGINS = "plugins"


@dataclass(frozen=True, slots=True)
class Declared:
    """A plugin and the model of its table."""

    plugin: Plugin
    model: type[BaseModel]


def declared(project: Project, models: Caller) -> tuple[Declared, ...]:
    """Return the models that plugins have for their tables."""
    return tuple(
        Declared(each.plugin, model)
        for each in models.implementations
        for model in models.alone(each).call(str(project.file), {}, starting=True)
        if isinstance(model, type) and issubclass(model, BaseModel)
    )


def is_asked(each: Declared, project: Project) -> bool:
    """Tell whether a plugin takes part in a project; an installed one whose table must say something needs a table."""
    return (
        each.plugin.is_file
        or each.plugin.table in project.tables
        or not any(field.is_required() for field in each.model.model_fields.values())
    )


def settings_of(
    project: Project, plugins: Sequence[Plugin], models: Sequence[Declared], conduct: Conduct
) -> tuple[object, ...]:
    """Return the settings of each plugin that has some: what its table says, or its model's defaults.

    Raises:
        ConfigError: with every mistake, as `file:line:column: message`.
    """
    by_table = {each.plugin.table: each for each in models}
    if twice := [(each, by_table[each.plugin.table]) for each in models if by_table[each.plugin.table] is not each]:
        raise ConfigError(*(_twice(project, *pair) for pair in twice))
    tables, mistakes, found = project.tables, list[Mistake](), list[object]()
    for name, each in by_table.items():
        try:
            mistakes += _unknown_keys(name, tables.get(name, {}), each.model)
            found.append(each.model.model_validate(tables.get(name, {})))
        except ValidationError as error:
            mistakes += [_mistake(name, one) for one in error.errors(include_url=False)]
    strangers = [name for name in tables if name not in by_table]
    if not (mistakes or strangers):
        return tuple(found)
    positions = _positions(project)
    for said in _strangers(project, strangers, positions, {plugin.table: plugin for plugin in plugins}):
        conduct.warn_once(said)
    if mistakes:
        raise ConfigError(*in_order(mistakes, positions, str(project.file)))
    return tuple(found)


def _twice(project: Project, one: Declared, other: Declared) -> str:
    table = table_name((PLUGINS, one.plugin.table))
    return f"{project.file}: {one.plugin} and {other.plugin} both have the table {table}; give the file another name"


def _unknown_keys(name: str, table: Mapping[str, object], model: type[BaseModel]) -> Iterable[Mistake]:
    """Yield the keys that a model does not have; pydantic passes over them unless it is told not to."""
    if model.model_config.get("extra") is not None:
        return
    known = [key for each, field in model.model_fields.items() for key in (each, field.alias) if key]
    for key in table:
        if key not in known:
            yield _unknown(name, key, known)


def _unknown(name: str, key: str, known: Sequence[str]) -> Mistake:
    near = get_close_matches(key, known, 1, 0.6)
    hint = f'did you mean "{near[0]}"?' if near else "known are " + ", ".join(f'"{each}"' for each in known)
    location = (PLUGINS, name, key)
    return Mistake(location, f"unknown key {subject(location)}; {hint}")


def _mistake(name: str, error: ErrorDetails) -> Mistake:
    location = (PLUGINS, name, *error["loc"])
    said = error["msg"][:1].lower() + error["msg"][1:]
    match error["type"]:
        case "missing":
            return Mistake(location, f'{table_name(location[:-1])} needs "{location[-1]}"')
        case "extra_forbidden":
            return Mistake(location, f"unknown key {subject(location)}; take it out")
    instead = "" if isinstance(error["input"], dict) else f", not {shown(error['input'])}"
    return Mistake(location, f"{subject(location)}: {said}{instead}")


def _strangers(
    project: Project, names: Sequence[str], positions: Positions, plugins: Mapping[str, Plugin]
) -> Iterator[str]:
    """Yield what is to be said of tables that are no plugin's."""
    for name in names:
        if name in project.disabled_plugins:
            continue
        line, column = positions.find((PLUGINS, name))
        if name in plugins:
            why = f"{plugins[name]} has no settings; take the table out"
        else:
            near = get_close_matches(name, plugins, 1, 0.7)
            fix = (
                f"did you mean [plugins.{near[0]}]?"
                if near
                else f"install it (devserve-{name}?), or take the table out"
            )
            why = f"no plugin {name} is installed here; {fix}"
        yield f"{project.file}:{line}:{column}: {table_name((PLUGINS, name))}: {why}"


def _positions(project: Project) -> Positions:
    try:
        return locate(project.file.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # it has changed since it was read
        return Positions("", {})
