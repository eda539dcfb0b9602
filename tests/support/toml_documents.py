"""Generated TOML documents that know where each of their keys stands."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from hypothesis import strategies as st

Path = tuple[str | int, ...]

NAMES = st.text("ab-_1", min_size=1, max_size=3) | st.text('é .#=[]"{},\t', min_size=1, max_size=3)
SCALARS = st.sampled_from(
    [
        "1",
        "-0.5",
        "true",
        "1979-05-27 07:32:00Z",
        '"text # = [ ] \\" end"',
        "'lit \\'",
        '""',
        "''",
        '"""\nmulti = 1\n[no]\n\\""" still ""\\\nmore"""',
        '""""two quotes"""""',
        "'''\nraw \\ ''\nkey = [1]\n'''",
    ]
)
NOISE = st.sampled_from(["", " ", "\t", "\n", " # comment = [ { \" '\n", "\r\n"])
BLANKS = st.sampled_from(["", " ", "\t "])
VALUES = st.recursive(
    SCALARS,
    lambda values: st.lists(values, max_size=3) | st.dictionaries(NAMES, values, max_size=3),
    max_leaves=6,
)
TABLES = st.dictionaries(NAMES, VALUES, max_size=3)


@dataclass
class Writer:
    """The text so far, and the line and column of each key and element in it."""

    draw: st.DrawFn
    text: str = ""
    places: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def here(self, path: Path) -> None:
        self.places[path] = (self.text.count("\n") + 1, len(self.text) - self.text.rfind("\n"))

    def add(self, text: str) -> None:
        self.text += text

    def blank(self) -> None:
        self.add(self.draw(BLANKS))

    def noise(self) -> None:
        self.add(self.draw(NOISE))

    def key(self, name: str, *paths: Path) -> None:
        """Write a key that paths lead to: bare where it can be, otherwise in one of two kinds of quotes."""
        for path in paths:
            self.here(path)
        bare = all(character in "ab-_1" for character in name)
        literal = "'" not in name and "\t" not in name
        styles = [*([name] if bare else []), *([f"'{name}'"] if literal else []), json.dumps(name)]
        self.add(self.draw(st.sampled_from(styles)))

    def pair(self, path: Path, value: object) -> None:
        """Write `key = value`, or with dotted keys where the value is a table with one key."""
        self.key(str(path[-1]), path)
        while isinstance(value, dict) and len(value) == 1 and self.draw(st.booleans()):
            ((name, value),) = value.items()
            path = (*path, name)
            self.blank()
            self.add(".")
            self.blank()
            self.key(name, path)
        self.blank()
        self.add("=")
        self.blank()
        self.value(path, value)

    def value(self, path: Path, value: object) -> None:
        if isinstance(value, dict):
            self.add("{")
            for index, (name, item) in enumerate(value.items()):
                self.add(", " if index else " ")
                self.pair((*path, name), item)
            self.add(" }")
        elif isinstance(value, list):
            self.add("[")
            for index, item in enumerate(value):
                self.noise()
                self.here((*path, index))
                self.value((*path, index), item)
                self.noise()
                self.add("," if index + 1 < len(value) or self.draw(st.booleans()) else "")
            self.noise()
            self.add("]")
        else:
            self.add(str(value))

    def body(self, path: Path, table: dict[str, object]) -> None:
        for name, value in table.items():
            self.noise()
            self.pair((*path, name), value)
            self.add(self.draw(st.sampled_from(["\n", " # note\n", "\r\n"])))

    def header(self, brackets: int, names: list[str], *paths: Path) -> None:
        """Write [a.b] or [[a.b]]; the paths lead to its last part."""
        self.add("\n" + "[" * brackets)
        for name in names[:-1]:
            self.key(name)
            self.add(".")
        self.key(names[-1], *paths)
        self.add("]" * brackets + "\n")


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[Path, tuple[int, int]]]:
    """A document: keys at the top, tables, tables in tables, arrays of tables; and the place of each key."""
    writer = Writer(draw)
    writer.body((), draw(TABLES))
    for name in draw(st.lists(st.sampled_from(["table t", "u.v", "Ü"]), unique=True, max_size=3)):
        writer.header(1, [name], (name,))
        writer.body((name,), draw(TABLES))
        writer.header(1, [name, "inner"], (name, "inner"))
        array: Path = (name, "inner", "rules")
        for index in range(draw(st.integers(0, 2))):
            writer.header(2, [name, "inner", "rules"], (*array, index), *([] if index else [array]))
            writer.body((*array, index), draw(TABLES))
            writer.header(1, [name, "inner", "rules", "below"], (*array, index, "below"))
            writer.body((*array, index, "below"), draw(TABLES))
    return writer.text, writer.places
