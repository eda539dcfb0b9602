"""Answers from an OpenAPI description (3.0, 3.1): an example as it is written, else one made from the schema."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from devserve import ConfigError
from devserve_mock.found import Found, Listed

try:
    import yaml
except ImportError:  # then descriptions are JSON
    yaml = None

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
SUCCESS = range(200, 300)
DEEPEST = 12  # schemas within schemas; some contain themselves
PARAMETER = re.compile(r"\\\{[^{}/]+\\\}")
EMPTY: Mapping[str, object] = {"string": "text", "integer": 1, "number": 1.5, "boolean": True}
FORMATS = {
    "date": "2024-01-31",
    "date-time": "2024-01-31T12:00:00Z",
    "email": "ann@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000001",
}


def read(file: Path) -> Mapping[str, object]:
    """Return a description; it is read again only when it was saved.

    Raises:
        ConfigError: it is none, or it is YAML and nothing here reads that.
    """
    try:
        seen = file.stat()
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror}; check plugins.mock.services") from None
    return _parsed(file, seen.st_mtime_ns, seen.st_size)


@lru_cache(maxsize=32)
def _parsed(file: Path, _saved: int, _size: int) -> Mapping[str, object]:
    text = file.read_text(encoding="utf-8", errors="replace")
    if file.suffix == ".json":
        try:
            found = json.loads(text)
        except ValueError as error:
            raise ConfigError(f"no JSON: {error}; mend it") from None
    elif yaml is None:
        raise ConfigError("YAML needs one more package here: python -m pip install 'devserve[mock]'")
    else:
        try:
            found = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise ConfigError(f"no YAML: {' '.join(str(error).split())}; mend it") from None
    if not isinstance(found, dict) or not isinstance(found.get("paths"), dict):
        raise ConfigError('no OpenAPI description, which has "paths"; give one, or a folder of JSON files')
    return found


def answer(description: Mapping[str, object], method: str, path: str) -> Found | None:
    """Return what a description has for a path: the first status below 300 that has a response, else `default`."""
    found = _response(description, _item(description, path).get(method.lower()))
    return Found(found[0], _body(description, _table(description, found[1]))) if found else None


def listed(description: Mapping[str, object]) -> Iterator[Listed]:
    """Yield each operation that has an answer."""
    for path, item in _table(description, description.get("paths")).items():
        for method, operation in _table(description, item).items():
            found = _response(description, operation) if method in METHODS else None
            if found is not None:
                yield Listed(method.upper(), path, found[0], _origin(description, _table(description, found[1])))


def _response(description: Mapping[str, object], operation: object) -> tuple[int, object] | None:
    """Return the response of an operation that counts, and its status."""
    responses = _table(description, _table(description, operation).get("responses"))
    by_status = {str(status): each for status, each in responses.items()}  # YAML has numbers there
    for status in sorted(by_status):
        code = status.upper().replace("X", "0").replace("DEFAULT", "200")
        if code.isdigit() and int(code) in SUCCESS:
            return int(code), by_status[status]
    return None


def _item(description: Mapping[str, object], path: str) -> Mapping[str, object]:
    """Return the operations of a path; one that is written as it is comes before one with parameters."""
    paths = _table(description, description.get("paths"))
    for prefix in _prefixes(description):
        rest = unquote(path.removeprefix(prefix)) or "/" if path.startswith(prefix) else ""
        for template in sorted(paths, key=lambda each: (each.count("{"), each)):
            pattern = PARAMETER.sub("[^/]+", re.escape(template.rstrip("/") or "/"))
            if rest and re.fullmatch(pattern, rest.rstrip("/") or "/"):
                return _table(description, paths[template])
    return {}


def _prefixes(description: Mapping[str, object]) -> list[str]:
    """Return the paths of the servers: what stands before each path of the description."""
    servers = description.get("servers")
    urls = [str(each.get("url", "")) for each in servers if isinstance(each, dict)] if isinstance(servers, list) else []
    return sorted({urlsplit(url).path.rstrip("/") for url in (*urls, "")}, key=len, reverse=True)


def _media(description: Mapping[str, object], response: Mapping[str, object]) -> Mapping[str, object] | None:
    """Return what a response says of its JSON, if it has some."""
    content = _table(description, response.get("content"))
    kind = next((kind for kind in content if "json" in kind), None)
    return None if kind is None else _table(description, content[kind])


def _origin(description: Mapping[str, object], response: Mapping[str, object]) -> str:
    """Return in words what the body of a response is made from."""
    media = _media(description, response)
    if media is None:
        return "no body"
    return "its example" if "example" in media or media.get("examples") else "its schema"


def _body(description: Mapping[str, object], response: Mapping[str, object]) -> bytes:
    media = _media(description, response)
    if media is None:
        return b""
    examples = _table(description, media.get("examples"))
    if "example" in media:
        value = media["example"]
    elif examples:
        value = _table(description, next(iter(examples.values()))).get("value")
    else:
        value = _made(description, media.get("schema"), DEEPEST)
    return json.dumps(value, indent=1, ensure_ascii=False, default=str).encode()


def _made(description: Mapping[str, object], schema: object, depth: int) -> object:
    """Return a value that a schema describes, its own examples first."""
    table = _table(description, schema)
    for key in ("example", "default", "const"):
        if key in table:
            return table[key]
    for key in ("examples", "enum"):
        values = table.get(key)
        if isinstance(values, list) and values:
            return values[0]
    if depth == 0:
        return None
    for key in ("allOf", "oneOf", "anyOf"):
        parts = table.get(key)
        if isinstance(parts, list) and parts:
            made = [_made(description, part, depth - 1) for part in (parts if key == "allOf" else parts[:1])]
            objects = [each for each in made if isinstance(each, dict)]
            return {name: value for each in objects for name, value in each.items()} if objects else made[0]
    return _of_kind(description, table, depth)


def _of_kind(description: Mapping[str, object], table: Mapping[str, object], depth: int) -> object:
    kinds = table.get("type")
    kind = kinds[0] if isinstance(kinds, list) and kinds else kinds
    properties = _table(description, table.get("properties"))
    if kind == "object" or properties:
        return {name: _made(description, properties[name], depth - 1) for name in properties}
    if kind == "array":
        return [_made(description, table.get("items"), depth - 1)]
    return FORMATS.get(str(table.get("format")), EMPTY.get(str(kind)))


def _table(description: Mapping[str, object], value: object) -> Mapping[str, object]:
    """Return a table, or the one that it refers to within the description; an empty one for what is none."""
    for _ in range(DEEPEST):
        if not isinstance(value, dict):
            return {}
        reference = value.get("$ref")
        if not isinstance(reference, str) or not reference.startswith("#/"):
            return value
        found: object = description
        for name in reference[2:].split("/"):
            name = unquote(name).replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, dict) else None
        value = found
    return {}
