from collections.abc import Iterator

from devserve.config.mistakes import TABLES
from devserve.config.schema import schema
from devserve.config.tables import Document


def parts_of(node: object) -> Iterator[dict[str, object]]:
    if isinstance(node, dict):
        yield node
    for child in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from parts_of(child)


def service() -> dict[str, dict[str, object]]:
    return schema()["properties"]["services"]["additionalProperties"]["properties"]


def test_the_draft_is_stated():
    assert schema()["$schema"] == "http://json-schema.org/draft-07/schema#"
    assert next(iter(schema())) == "$schema"


def test_nothing_is_left_that_editors_do_not_follow():
    written = {key for part in parts_of(schema()) for key in part}
    assert not written & {"$ref", "$defs", "const", "prefixItems"}
    assert not any(part.get("type") == "null" or part.get("default", "") is None for part in parts_of(schema()))


def test_every_key_of_every_table_has_a_title_and_a_description():
    tables = [part for part in parts_of(schema()) if isinstance(part.get("properties"), dict)]
    keys = [(key, value) for table in tables for key, value in table["properties"].items()]
    assert len(keys) == sum(len(table.model_fields) for table in TABLES.values())
    assert [key for key, value in keys if not value.get("description") or not value.get("title")] == []


def test_unknown_keys_are_errors_in_the_editor_too():
    tables = [part for part in parts_of(schema()) if isinstance(part.get("properties"), dict)]
    assert len(tables) == len({id(table) for table in tables if table["additionalProperties"] is False}) == 9


def test_values_are_described_as_they_are_written_in_toml():
    assert service()["port"]["type"] == "integer"
    assert service()["port"]["maximum"] == 65535
    assert service()["stop"]["properties"]["signal"]["default"] == "TERM"
    assert service()["timeouts"]["properties"]["answer"]["default"] == 600.0
    assert service()["upstream_tls"]["properties"]["ca"]["type"] == "string"
    assert service()["livereload"]["properties"]["source"]["anyOf"][0] == {"enum": ["devserve", "off"]}
    assert service()["watch"]["items"]["required"] == ["paths"]
    assert [choice["type"] for choice in service()["command"]["anyOf"]] == ["string", "array"]


def test_examples_are_right():
    examples = {key: value["examples"] for key, value in service().items() if "examples" in value}
    for key, values in examples.items():
        for value in values:
            assert Document.model_validate({"services": {"web": {key: value}}})
