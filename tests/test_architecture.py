"""The floors of DESIGN section 3, the mirror of tests, and the size of files."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "devserve"
SOURCES = sorted(PACKAGE.rglob("*.py"))
MODULES = [path for path in SOURCES if path.name != "__init__.py"]
FOLDERS = ["devserve", "plugins", "tests", "examples", "benchmarks"]
MOST_LINES = 400

FLOORS = {
    **dict.fromkeys(["errors", "http1"], 0),
    **dict.fromkeys(["config", "proxy", "ca", "live", "watch", "run", "hub"], 1),
    **dict.fromkeys(["hookspecs", "defaults", "plugins", "fleet", "difference", "doctor", "dashboard"], 2),
    "io": 3,
    "app": 4,
    **dict.fromkeys(["cli", "testing", "__main__"], 5),
    "__init__": 5,  # what plugin authors import; nothing inside devserve may import it
}
# Who may import whom on one floor. plugins and __main__ may import all of theirs.
BESIDE = {
    **{room: {"config"} for room, floor in FLOORS.items() if floor == 1},
    **{room: {"hookspecs"} for room, floor in FLOORS.items() if floor == 2},
    "hookspecs": {"dashboard", "doctor"},
    "dashboard": {"doctor"},
    "fleet": {"hookspecs", "plugins"},
    "difference": {"hookspecs", "fleet"},
}
# Libraries beside the standard one, by module or by floor.
LIBRARIES = {
    "config": {"pydantic", "pydantic_core", "tomli"},
    "proxy": {"brotli", "backports", "compression"},
    "ca": {"cryptography", "publicsuffixlist"},
    "watch": {"pathspec"},
    "hub": {"pydantic", "pydantic_core"},
    "hookspecs": {"click", "pluggy", "pydantic"},
    "defaults": {"pluggy"},
    "plugins": {"click", "pluggy", "pydantic", "pydantic_core"},
    "io": {"tornado", "watchdog", "livereload", "psutil", "uvloop", "dotenv", "certifi", "platformdirs"},
    "app": {"uvloop", "tornado"},
    "cli": {"click", "rich"},
    "testing": {"pytest"},
    "__init__": {"pluggy"},
}
# What the lower floors may not touch of the standard library (DESIGN 3): they decide, they do not act.
WORLD = {"asyncio", "socket", "ssl", "subprocess", "time", "threading", "select", "selectors", "tempfile", "shutil"}


def room(path: Path) -> str:
    """The top-level module or package of devserve that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            if node.module == "devserve":  # from devserve import plugins: the module is the name
                yield from ((node.lineno, f"devserve.{alias.name}") for alias in node.names)
            else:
                yield node.lineno, str(node.module)


def allowed(importer: str, imported_room: str) -> bool:
    if importer == imported_room or imported_room == "errors":
        return True
    here, there = FLOORS[importer], FLOORS[imported_room]
    return (
        there < here
        or imported_room in BESIDE.get(importer, set())
        or (importer in {"plugins", "__main__"} and there == here)
    )


def complaints(path: Path) -> Iterator[str]:
    here = room(path)
    for line, name in imported(path):
        top, _, rest = name.partition(".")
        place = f"{path.relative_to(ROOT)}:{line}"
        if top == "devserve":
            if not allowed(here, rest.partition(".")[0] or "__init__"):
                yield f"{place}: {here} (floor {FLOORS[here]}) imports {name}"
        elif top not in sys.stdlib_module_names:
            if top not in LIBRARIES.get(here, set()):
                yield f"{place}: {here} may not use the library {top}"
        elif top in WORLD and FLOORS[here] < 3:
            yield f"{place}: {here} (floor {FLOORS[here]}) touches the world through {top}"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down_the_floors(path: Path) -> None:
    assert list(complaints(path)) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_stand_at_the_top(path: Path) -> None:
    tree = ast.parse(path.read_text())
    nested = [
        node.lineno
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert nested == []


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_each_module_has_its_test_file(path: Path) -> None:
    relative = path.relative_to(PACKAGE)
    twin = ROOT / "tests" / relative.parent / f"test_{relative.stem.strip('_')}.py"
    assert twin.exists(), f"write {twin.relative_to(ROOT)}"


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("test_*.py")), ids=lambda path: path.name)
def test_each_test_file_has_its_module(path: Path) -> None:
    relative = path.relative_to(ROOT / "tests")
    if relative.parts[0] in {"end_to_end", "plugins", "conformance"} or relative.name in {
        "test_architecture.py",
        "test_docs.py",
    }:
        return
    name = relative.stem.removeprefix("test_")
    candidates = [PACKAGE / relative.parent / f"{name}.py", PACKAGE / relative.parent / f"__{name}__.py"]
    assert any(candidate.exists() for candidate in candidates), f"no module for {relative}"


def only_narrows(test: ast.expr) -> bool:
    """Tell whether an assert tells mypy what a value is, and nothing else."""
    match test:
        case ast.Compare(ops=[ast.IsNot()], comparators=[ast.Constant(value=None)]):
            return True
        case ast.Call(func=ast.Name(id="isinstance")):
            return True
    return False


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_is_decided_by_an_assert(path: Path) -> None:
    """PYTHONOPTIMIZE takes them away: a framing check in one let desynchronised messages through elsewhere."""
    found = [each for each in ast.walk(ast.parse(path.read_text())) if isinstance(each, ast.Assert)]
    assert [each.lineno for each in found if not only_narrows(each.test)] == []


@pytest.mark.parametrize(
    "path",
    [
        path
        for folder in ("devserve", "plugins", "tests", "examples", "benchmarks")
        for path in (ROOT / folder).rglob("*.py")
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_file_is_over_400_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= MOST_LINES
