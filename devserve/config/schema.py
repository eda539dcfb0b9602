"""The JSON Schema of devserve.toml, as `devserve schema` prints it for editors."""

from __future__ import annotations

from collections.abc import Mapping

from devserve.config.tables import Document

Schema = dict[str, object]

# Draft 7 is what the TOML editors share. Taplo promises draft 4 only, where what stands beside a $ref, such as a
# description, is ignored: so references are replaced by what they refer to.
DRAFT = "http://json-schema.org/draft-07/schema#"
NULL = {"type": "null"}  # TOML has none: a key that may be left out is one that is not required


def schema() -> Schema:
    """Return the schema of a devserve.toml, in draft 7, without references."""
    written = Document.model_json_schema()
    definitions = written.pop("$defs")
    return {"$schema": DRAFT, **table(written, definitions)}


def table(node: Mapping[str, object], definitions: Mapping[str, Mapping[str, object]]) -> Schema:
    """Return one schema with its references resolved and without what TOML cannot say."""
    merged: Schema = dict(node)
    if isinstance(reference := merged.pop("$ref", None), str):
        merged = {**definitions[reference.rpartition("/")[2]], **merged}
    if isinstance(choices := merged.get("anyOf"), list) and NULL in choices:
        (choice,) = (choice for choice in choices if choice != NULL)
        merged = {**choice, **{key: value for key, value in merged.items() if key != "anyOf"}}
    return {key: below(value, definitions) for key, value in merged.items() if not is_empty_default(key, value)}


def below(value: object, definitions: Mapping[str, Mapping[str, object]]) -> object:
    """Return a keyword's value with the schemas in it resolved."""
    if isinstance(value, dict):
        return table(value, definitions)
    if isinstance(value, list):
        return [below(item, definitions) for item in value]
    return value


def is_empty_default(key: str, value: object) -> bool:
    """Tell whether this is a default that helps nobody: nothing, or a whole table."""
    return key == "default" and (value is None or value == "" or isinstance(value, list | dict))
