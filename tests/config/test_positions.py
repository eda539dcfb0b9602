from collections.abc import Iterator

import pytest
import tomli
from hypothesis import HealthCheck, given, settings

from devserve.config.positions import locate
from support.toml_documents import documents

TEXT = """\
# [not.a.table]
top = 1
"quoted key" . 'x.y' = "a # b"

[project]
domain = "shop.test"

[services.web]
command = ["npm",  # comment ]
  'start', [1, { a = 2, "b" = [3] }],
]
env = { LOG = "debug", sub.key = 'x' }
text = \"\"\"
[services.fake]
port = 1 \\\"\"\"
\"\"\"
port = 3001

  [[services.web.watch]]
  paths = ["a"]
[[services.web.watch]]
paths = [
  "b",
  "c"
]
[services.web.watch.extra]
x = 1
[a.b.c]
d = 1
[a]
e = 1979-05-27 07:32:00
"""


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ((), (1, 1)),
        (("top",), (2, 1)),
        (("quoted key",), (3, 1)),
        (("quoted key", "x.y"), (3, 16)),
        (("project",), (5, 2)),
        (("project", "domain"), (6, 1)),
        (("services",), (8, 2)),
        (("services", "web"), (8, 11)),
        (("services", "web", "command", 0), (9, 12)),
        (("services", "web", "command", 1), (10, 3)),
        (("services", "web", "command", 2), (10, 12)),
        (("services", "web", "command", 2, 1, "b", 0), (10, 32)),
        (("services", "web", "env"), (12, 1)),
        (("services", "web", "env", "LOG"), (12, 9)),
        (("services", "web", "env", "sub"), (12, 24)),
        (("services", "web", "env", "sub", "key"), (12, 28)),
        (("services", "web", "port"), (17, 1)),
        (("services", "web", "watch"), (19, 18)),
        (("services", "web", "watch", 0), (19, 18)),
        (("services", "web", "watch", 0, "paths", 0), (20, 12)),
        (("services", "web", "watch", 1), (21, 16)),
        (("services", "web", "watch", 1, "paths", 1), (24, 3)),
        (("services", "web", "watch", 1, "extra", "x"), (27, 1)),
        (("a", "b", "c", "d"), (29, 1)),
        (("a",), (30, 2)),
        (("a", "e"), (31, 1)),
    ],
)
def test_finds_keys_and_elements(path, place):
    assert locate(TEXT).find(path) == place


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("services", "web", "watch", 0, "then"), (19, 18)),
        (("services", "fake", "port"), (8, 2)),
        (("services", "web", "port", "[key]"), (17, 1)),
        (("nothing",), (1, 1)),
    ],
)
def test_what_is_not_there_stands_at_its_nearest_parent(path, place):
    assert locate(TEXT).find(path) == place


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "\r\n"])
def test_an_empty_text_begins_at_its_beginning(text):
    assert locate(text).find(("services", "web")) == (1, 1)


def test_counts_characters_not_bytes_and_takes_windows_line_ends():
    assert locate('a = "éé"\r\n"ü" . e = 1\r\n').find(("ü", "e")) == (2, 7)


def paths_of(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from paths_of(item, (*path, key))


@settings(max_examples=60, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(documents())
def test_finds_each_key_of_any_document(document):
    text, places = document
    positions = locate(text)
    assert set(paths_of(tomli.loads(text))) == set(places)
    assert {path: positions.find(path) for path in positions.offsets} == places
