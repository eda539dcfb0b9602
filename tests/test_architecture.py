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
    **dict.fromkeys(["app", "attended", "gateway", "supervisor", "orders", "reconfiguration", "source"], 4),
    **dict.fromkeys(["panels", "setup", "machine", "checkup"], 4),
    **dict.fromkeys(
        ["cli", "cli_allow", "cli_asking", "cli_init", "cli_logs", "cli_machine", "cli_needs", "cli_orders", "cli_why"],
        5,
    ),
    **dict.fromkeys(["cli_plugins", "status_line", "terminal", "terminal_orders", "testing", "__main__"], 5),
    "__init__": 5,  # what plugin authors import; nothing inside devserve may import it
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
    "cli_allow": {"click"},
    "cli_init": {"click"},
    "cli_machine": {"click"},
    "cli_needs": {"click"},
    "cli_asking": {"click"},
    "cli_logs": {"click"},
    "cli_orders": {"click"},
    "cli_why": {"click"},
    "terminal_orders": {"rich"},
    "cli_plugins": {"click"},
    "terminal": {"rich"},
    "status_line": {"rich"},
    "__main__": {"click", "rich"},
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
    if here == 1 and there == 1:
        return imported_room == "config"
    if here == 2 and there == 2:
        return (
            imported_room == "hookspecs"
            or importer == "plugins"
            or (importer, imported_room) in {("fleet", "plugins"), ("hookspecs", "doctor"), ("difference", "fleet")}
        )
    return (
        there < here
        or importer == "__main__"
        or (importer, imported_room)
        in {
            ("cli", "terminal"),
            ("cli", "cli_allow"),
            ("cli", "cli_asking"),
            ("terminal", "status_line"),
            ("cli", "cli_init"),
            ("cli", "cli_machine"),
            ("cli", "cli_plugins"),
            ("cli_init", "terminal"),
            ("cli_allow", "terminal"),
            ("cli_plugins", "cli_allow"),
            ("cli_plugins", "cli_asking"),
            ("cli_machine", "cli_plugins"),
            ("cli_plugins", "terminal"),
            ("cli_machine", "cli_allow"),
            ("cli", "cli_orders"),
            ("cli_machine", "terminal"),
            ("app", "attended"),
            ("cli", "cli_needs"),
            ("cli_needs", "terminal"),
            ("cli_asking", "terminal"),
            ("cli_logs", "cli_asking"),
            ("cli_logs", "terminal"),
            ("cli_logs", "terminal_orders"),
            ("cli_orders", "cli_asking"),
            ("cli_orders", "cli_logs"),
            ("cli_orders", "cli_why"),
            ("cli_why", "cli_asking"),
            ("cli_why", "terminal"),
            ("cli_orders", "terminal_orders"),
            ("cli_orders", "terminal"),
            ("terminal_orders", "terminal"),
            ("app", "gateway"),
            ("app", "machine"),
            ("app", "orders"),
            ("app", "reconfiguration"),
            ("app", "panels"),
            ("panels", "checkup"),
            ("panels", "gateway"),
            ("panels", "orders"),
            ("panels", "supervisor"),
            ("app", "setup"),
            ("app", "source"),
            ("app", "supervisor"),
            ("reconfiguration", "gateway"),
            ("reconfiguration", "machine"),
            ("reconfiguration", "setup"),
            ("reconfiguration", "source"),
            ("reconfiguration", "supervisor"),
            ("orders", "gateway"),
            ("orders", "supervisor"),
        }
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
