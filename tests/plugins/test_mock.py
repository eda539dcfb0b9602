"""The mock plugin, called through the public hooks and in a whole devserve."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import devserve_mock
from devserve import ConfigError, Panel, Service, Table
from devserve.testing import Hooked, Inside
from devserve_mock import openapi

FILES = {
    "index.json": '"root"',
    "people.json": '"people"',
    "people.POST.json": '"made"',
    "people.PUT.202.json": '"taken"',
    "people/42.json": '"42"',
    "people/{id}.json": '"any"',
    "people/{id}.DELETE.204.json": "",
    "teams/index.json": '"teams"',
    "teams/{id}/people.json": '"of a team"',
    "teams/red/people.json": '"of the red"',
    "teams/red/lead.json": '"lead"',
}
DESCRIPTION = {
    "openapi": "3.1.0",
    "servers": [{"url": "https://api.example.com/v1"}],
    "paths": {
        "/people": {
            "get": {"responses": {"200": {"content": {"application/json": {"example": [{"name": "Ann"}]}}}}},
            "post": {"responses": {"201": {"$ref": "#/components/responses/Person"}, "400": {}}},
        },
        "/people/{id}": {"get": {"responses": {"default": {"$ref": "#/components/responses/Person"}}}},
        "/people/me": {
            "get": {"responses": {"2XX": {"content": {"application/hal+json": {"examples": {"a": {"value": "me"}}}}}}},
            "delete": {"responses": {"204": {"description": "gone"}}},
        },
    },
    "components": {
        "responses": {"Person": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Person"}}}}},
        "schemas": {
            "Person": {
                "allOf": [
                    {"properties": {"name": {"type": "string", "example": "Bob"}, "age": {"type": "integer"}}},
                    {"type": "object", "properties": {"role": {"enum": ["lead", "dev"]}}},
                    {"properties": {"since": {"type": ["string", "null"], "format": "date"}}},
                    {"properties": {"tags": {"type": "array", "items": {"type": "string", "default": "new"}}}},
                ]
            },
            "Node": {"properties": {"next": {"$ref": "#/components/schemas/Node"}}},
        },
    },
}
BOB = {"name": "Bob", "age": 1, "role": "lead", "since": "2024-01-31", "tags": ["new"]}
TABLE = {"mock": {"services": {"contacts": "mocks"}}}


@pytest.fixture
def mocks(tmp_path: Path) -> Path:
    """A repository with answers."""
    for name, text in FILES.items():
        file = tmp_path / "mocks" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "api.json").write_text(json.dumps(DESCRIPTION))
    return tmp_path


def contacts(root: Path, **fields: object) -> Service:
    return Service("contacts", root, "contacts.test", **fields)


@pytest.mark.parametrize(
    ("method", "target", "status", "body"),
    [
        ("GET", "/", 200, "root"),
        ("GET", "/people", 200, "people"),
        ("GET", "/people/?page=2", 200, "people"),
        ("POST", "/people", 201, "made"),
        ("PUT", "/people", 202, "taken"),
        ("GET", "/people/42", 200, "42"),
        ("GET", "/people/43", 200, "any"),
        ("GET", "/teams", 200, "teams"),
        ("GET", "/teams/blue/people", 200, "of a team"),
        ("GET", "/teams/red/people", 200, "of the red"),
        ("GET", "/teams/red/lead", 200, "lead"),
    ],
)
def test_a_folder_answers_by_its_files(
    hooked: Callable[..., Hooked], mocks: Path, method: str, target: str, status: int, body: str
) -> None:
    found = hooked(devserve_mock, service=contacts(mocks), tables=TABLE).request(target, method=method)
    assert (found.status, json.loads(found.text), found.header("X-Mocked-By")) == (status, body, "mocks")
    assert (found.header("Content-Type"), found.sent) == ("application/json", None)


def test_a_status_without_a_body_has_none(hooked: Callable[..., Hooked], mocks: Path) -> None:
    found = hooked(devserve_mock, service=contacts(mocks), tables=TABLE).request("/people/9", method="DELETE")
    assert (found.status, found.body) == (204, b"")


@pytest.mark.parametrize(
    ("method", "target", "file"),
    [
        ("GET", "/dogs/7", "mocks/dogs/7.json"),
        ("PATCH", "/", "mocks/index.PATCH.json"),
        ("GET", "/../api", "mocks/../api.json"),
        ("GET", "/%2e%2e/api", "mocks/../api.json"),
        ("GET", "/..%2fapi", "mocks/../api.json"),
        ("GET", "/teams/blue/lead", "mocks/teams/blue/lead.json"),
    ],
)
def test_what_is_not_there_is_named_with_the_file_to_write(
    hooked: Callable[..., Hooked], mocks: Path, method: str, target: str, file: str
) -> None:
    found = hooked(devserve_mock, service=contacts(mocks), tables=TABLE).request(target, method=method)
    assert found.status == 404
    assert json.loads(found.text) == {"error": f"no answer for {method} {target}", "fix": f"save one as {file}"}


@pytest.mark.parametrize("ending", [".json", ".yaml"])
@pytest.mark.parametrize(
    ("method", "target", "status", "body"),
    [
        ("GET", "/v1/people", 200, [{"name": "Ann"}]),
        ("GET", "/people", 200, [{"name": "Ann"}]),
        ("POST", "/v1/people", 201, BOB),
        ("GET", "/v1/people/7", 200, BOB),
        ("GET", "/v1/people/me", 200, "me"),
    ],
)
def test_a_description_answers_by_its_examples(
    hooked: Callable[..., Hooked], mocks: Path, ending: str, method: str, target: str, status: int, body: object
) -> None:
    yaml = pytest.importorskip("yaml")
    (mocks / "api.yaml").write_text(yaml.safe_dump(DESCRIPTION).replace("'200'", "200"))
    table = {"mock": {"services": {"contacts": f"api{ending}"}}}
    found = hooked(devserve_mock, service=contacts(mocks), tables=table).request(target, method=method)
    assert (found.status, json.loads(found.text)) == (status, body)


def test_what_a_description_does_not_have_is_not_found(mocks: Path) -> None:
    description = openapi.read(mocks / "api.json")
    assert openapi.answer(description, "GET", "/dogs") is None
    assert openapi.answer(description, "PATCH", "/people") is None
    gone = openapi.answer(description, "DELETE", "/people/me")
    assert gone is not None
    assert (gone.status, gone.body) == (204, b"")


def test_a_schema_that_contains_itself_ends(mocks: Path) -> None:
    node = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}}
    found = openapi.answer({**DESCRIPTION, "paths": {"/x": {"get": {"responses": {"200": node}}}}}, "GET", "/x")
    assert found is not None
    assert found.body.count(b"next") == openapi.DEEPEST


@pytest.mark.parametrize(
    ("fields", "table", "ready", "coming", "is_mocked"),
    [
        ({"command": ("run",)}, {}, True, False, False),
        ({"command": ("run",)}, {}, False, True, False),
        ({"command": ("run",)}, {}, False, False, True),
        ({"port": 3000}, {}, True, False, False),
        ({}, {}, True, False, True),
        ({"command": ("run",)}, {"when": "always"}, True, False, True),
    ],
)
def test_only_a_service_that_is_absent_is_answered_for(
    hooked: Callable[..., Hooked],
    mocks: Path,
    fields: dict[str, object],
    table: dict[str, object],
    ready: bool,
    coming: bool,
    is_mocked: bool,
) -> None:
    tables = {"mock": {**TABLE["mock"], **table}}
    web = hooked(devserve_mock, service=contacts(mocks, **fields), tables=tables)
    assert (web.request("/people", ready=ready, coming=coming).sent is None) is is_mocked
    assert web.hooks.status(web.service)["mock"].startswith("mocks")


def test_services_without_answers_are_left_alone(hooked: Callable[..., Hooked], mocks: Path) -> None:
    web = hooked(devserve_mock, service=Service("web", mocks, "web.test"), tables=TABLE)
    assert web.request("/people", ready=False).sent is not None
    assert web.hooks.status(web.service) == {}
    assert [each.host for each in web.project.services] == ["web.test", "contacts.test"]


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [("https://shop.test", False), ("https://a.contacts.test", True), ("https://contacts.test", True), ("null", False)],
)
def test_pages_of_the_same_site_may_read_an_answer(
    hooked: Callable[..., Hooked], mocks: Path, origin: str, is_allowed: bool
) -> None:
    web = hooked(devserve_mock, service=contacts(mocks), tables=TABLE)
    asks = {"Origin": origin, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "x-a"}
    preflight = web.request("/people", method="OPTIONS", headers=asks)
    assert preflight.status == 204
    assert preflight.header("Access-Control-Allow-Methods") == ("PUT" if is_allowed else None)
    found = web.request("/people", headers={"Origin": origin})
    assert found.header("Access-Control-Allow-Origin") == (origin if is_allowed else None)


@pytest.mark.parametrize(
    ("place", "text", "said"),
    [
        ("gone", None, r"gone is neither a folder of JSON files nor an OpenAPI description \(\.json, \.yaml, \.yml\)$"),
        ("a.json", "{", r"a\.json: no JSON: .*; mend it$"),
        ("a.json", "{}", r'a\.json: no OpenAPI description, which has "paths"; give one, or a folder of JSON files$'),
        ("a.yml", "{", r"a\.yml: no YAML: .*; mend it$"),
    ],
)
def test_a_place_without_answers_is_a_mistake_of_the_configuration(
    hooked: Callable[..., Hooked], tmp_path: Path, place: str, text: str | None, said: str
) -> None:
    if text is not None:
        (tmp_path / place).write_text(text)
    with pytest.raises(ConfigError, match=r"devserve.toml: plugins.mock.services.contacts: " + said):
        hooked(devserve_mock, tables={"mock": {"services": {"contacts": place}}})


def test_an_absent_service_answers_in_a_whole_devserve(devserve_in: Callable[..., Inside], mocks: Path) -> None:
    ends = [sys.executable, "-c", "raise SystemExit(0)"]
    (mocks / "devserve.toml").write_text(
        f'[services.ended]\ncommand = {json.dumps(ends)}\nneeds = ["contacts"]\n'
        '[plugins.mock]\nservices = { ended = "api.json", contacts = "mocks" }\nwhen = "always"\n'
    )
    running = devserve_in(mocks)
    assert running.states["contacts"] == "ready"
    answer = running.get("contacts", "/people/42")
    assert (answer.status, answer.text, answer.headers["X-Mocked-By"]) == (200, '"42"', "mocks")
    assert json.loads(running.get("ended", "/v1/people").text) == [{"name": "Ann"}]
    (mocks / "mocks" / "people" / "42.json").write_text('"saved"')
    assert running.get("contacts", "/people/42").text == '"saved"'


@pytest.mark.parametrize(
    ("place", "count", "row"),
    [
        ("mocks", len(FILES), ("DELETE /people/{id}", 204, "people/{id}.DELETE.204.json")),
        ("mocks", len(FILES), ("GET /teams", 200, "teams/index.json")),
        ("api.json", 5, ("POST /people", 201, "its schema")),
        ("api.json", 5, ("GET /people/me", 200, "its example")),
        ("api.json", 5, ("DELETE /people/me", 204, "no body")),
    ],
)
def test_the_dashboard_lists_the_answers(
    hooked: Callable[..., Hooked], mocks: Path, place: str, count: int, row: tuple[object, ...]
) -> None:
    tables = {"mock": {"services": {"contacts": place}}}
    (panel,) = asyncio.run(hooked(devserve_mock, service=contacts(mocks), tables=tables).panels())
    said, table = panel.parts
    assert (panel.title, said) == ("Answers for contacts", f"From {place}, while the service is absent.")
    assert isinstance(table, Table)
    assert len(table.rows) == count
    assert row in table.rows


def test_the_dashboard_says_what_has_become_wrong_with_a_description(
    hooked: Callable[..., Hooked], mocks: Path
) -> None:
    web = hooked(devserve_mock, service=contacts(mocks), tables={"mock": {"services": {"contacts": "api.json"}}})
    (mocks / "api.json").write_text("{")
    (panel,) = asyncio.run(web.panels())
    assert isinstance(panel, Panel)
    assert str(panel.parts[1]).startswith("api.json: no JSON: ")
