"""The documentation says what the code does: hooks, configuration keys, commands, examples."""

from __future__ import annotations

import importlib
import inspect
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import devserve
from devserve import hookspecs, plugins
from devserve.cli.main import main
from devserve.config import scaffold
from devserve.config.facts import Facts
from devserve.config.load import load
from devserve.config.schema import schema
from devserve.config.values import Project
from devserve.plugins.results import NOTHING, RESULTS
from devserve.plugins.verify import may_wait

ROOT = Path(__file__).parent.parent
make = importlib.import_module("docs.make")
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EVERYTHING = "\n".join(page.read_text() for page in PAGES)
CONFIGURATION = (ROOT / "docs/configuration.md").read_text()
COMMANDS = (ROOT / "docs/commands.md").read_text()
REFERENCE = (ROOT / "plugins" / "README.md").read_text()
OF_PLUGINS = "".join(page.read_text() for page in sorted((ROOT / "plugins").glob("*/README.md")))
HOOKS = {name: getattr(hookspecs, name) for name in dir(hookspecs) if name.startswith("devserve_")}
SECTIONS = dict(re.findall(r"^### (devserve_\w+)\n(.*?)(?=^###? |\Z)", REFERENCE, re.MULTILINE | re.DOTALL))


def blocks(text: str, language: str) -> list[str]:
    """Return the code blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def keys(table: object) -> Iterator[str]:
    """Yield the names of all properties in a JSON Schema."""
    if isinstance(table, dict):
        properties = table.get("properties")
        yield from properties if isinstance(properties, dict) else ()
        for value in table.values():
            yield from keys(value)
    elif isinstance(table, list):
        for value in table:
            yield from keys(value)


def test_the_reference_has_each_hook_and_no_other() -> None:
    assert set(SECTIONS) == set(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_is_documented_with_its_signature(name: str) -> None:
    signature = str(inspect.signature(HOOKS[name])).replace("'", "")
    assert blocks(SECTIONS[name], "text") == [f"{name}{signature}\n"]


def test_the_table_of_hooks_says_of_each_what_counts_and_whether_it_may_be_async() -> None:
    rows = re.findall(r"^\| `(devserve_\w+)` \| [^|]+ \| ([\w ]+) \| (yes)? ?\|$", REFERENCE, re.MULTILINE)
    assert {name: (kind, bool(wait)) for name, kind, wait in rows} == {
        name: (_results_of(name), may_wait(name)) for name in HOOKS
    }


def _results_of(name: str) -> str:
    if RESULTS[name] is NOTHING:
        return "return nothing"
    if RESULTS[name].passes:
        return "passed on"
    return "first counts" if HOOKS[name].devserve_spec["firstresult"] else "adds up"


@pytest.mark.parametrize("name", HOOKS)
def test_each_argument_of_a_hook_is_described(name: str) -> None:
    described = re.findall(r"^- `(\w+)`: ", SECTIONS[name], re.MULTILINE)
    assert described == list(inspect.signature(HOOKS[name]).parameters)


@pytest.mark.parametrize("name", HOOKS)
def test_the_example_of_a_hook_is_a_plugin(name: str, tmp_path: Path) -> None:
    (example,) = blocks(SECTIONS[name], "python")
    assert f"def {name}(" in example
    file = tmp_path / "plugin.py"
    file.write_text(example)
    plugins.load(Project(file=tmp_path / "devserve.toml", plugins=(file,)))


def test_the_test_of_a_plugin_in_the_reference_is_one_that_passes(pytester: pytest.Pytester) -> None:
    section = REFERENCE.partition("\n## Tests\n")[2].partition("\n## ")[0]
    conftest, test = blocks(section, "python")
    pytester.makeconftest(conftest)
    pytester.makepyfile(test)
    pytester.runpytest("-p", "no:xdist").assert_outcomes(passed=1)


def test_the_names_that_plugins_may_import_are_listed() -> None:
    listed = set(
        re.findall(r"`(\w+)`", REFERENCE.partition("is imported from `devserve`:")[2].partition(" which returns")[0])
    )
    assert listed == set(devserve.__all__)


@pytest.mark.parametrize("key", sorted(set(keys(schema()))))
def test_each_configuration_key_is_shown_in_use(key: str) -> None:
    text = "\n".join(blocks(CONFIGURATION, "toml"))
    assert re.search(rf"(^|{{ |# or {{ |, ){key} = |^\[+(\w+\.)*{key}[.\]]", text, re.MULTILINE)


@pytest.mark.parametrize("name", main.commands)
def test_each_command_is_documented(name: str) -> None:
    assert f"`devserve {name}" in COMMANDS


def test_the_documentation_names_no_command_that_does_not_exist() -> None:
    spans = " ".join(re.findall(r"`devserve [^`\n]*`", EVERYTHING))
    named = set(re.findall(r"\bdevserve ([a-z]+)\b(?=[^\n]*`)", spans))
    assert named <= set(main.commands)


@pytest.mark.parametrize("example", blocks(EVERYTHING + OF_PLUGINS, "toml"), ids=lambda text: text.split("\n", 1)[0])
def test_the_configurations_in_the_documentation_are_right(example: str) -> None:
    load(example, Path("/shop/devserve.toml"))


@pytest.mark.parametrize(
    "example", blocks((ROOT / "docs/plugins.md").read_text(), "python"), ids=lambda text: text.split("\n", 1)[0]
)
def test_the_plugins_in_the_documentation_are_right(example: str, tmp_path: Path) -> None:
    file = tmp_path / "plugin.py"
    file.write_text(example)
    plugins.load(Project(file=tmp_path / "devserve.toml", plugins=(file,)))


def test_the_schema_beside_the_examples_is_what_devserve_prints() -> None:
    written = json.loads((ROOT / "examples" / "devserve.schema.json").read_text())
    assert written == schema(), "run: devserve schema > examples/devserve.schema.json"


@pytest.mark.parametrize(
    "file",
    [ROOT / "devserve.toml", *sorted((ROOT / "examples").rglob("devserve.toml"))],
    ids=lambda file: file.parent.name,
)
def test_each_example_names_the_schema(file: Path) -> None:
    first = file.read_text().split("\n", 1)[0]
    assert first.startswith("#:schema ")
    assert (file.parent / first.removeprefix("#:schema ")).resolve() == ROOT / "examples" / "devserve.schema.json"


def test_the_readme_opens_with_the_two_commands() -> None:
    opening = README.split("\n## ", 1)[0]
    assert "make run" in opening
    assert "make test" in opening


def links() -> Iterator[tuple[Path, str]]:
    """Yield each link of the documentation to this repository, with the page that has it."""
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?://)([^)]+)", page.read_text()):
            yield page, target


@pytest.mark.parametrize(("page", "target"), list(links()), ids=lambda value: getattr(value, "name", value))
def test_the_links_of_the_documentation_lead_somewhere(page: Path, target: str) -> None:
    name, _, anchor = target.partition("#")
    file = page.parent / name if name else page
    assert file.exists()
    headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE) if anchor else ()
    assert not anchor or anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES[1:], ids=lambda page: page.name)
def test_each_page_of_the_documentation_is_linked_from_its_start(page: Path) -> None:
    index = ROOT / "docs/README.md"
    linked = {(index.parent / target).resolve() for target in re.findall(r"\]\(([^)#]+)", index.read_text())}
    assert page == index or page in linked


@pytest.mark.parametrize(("name", "text"), list(make.pages().items()), ids=make.pages())
def test_the_reference_is_what_the_code_makes(name: str, text: str) -> None:
    assert (make.FOLDER / name).read_text() == text, "run: make docs"


def test_the_readme_is_two_screens() -> None:
    assert len(README.splitlines()) <= 100


GUIDES = {
    "vite": {"package.json": '{"scripts": {"dev": "vite"}}'},
    "express": {
        "package.json": '{"scripts": {"start": "node ./bin/www"}, "dependencies": {"express": "4"}}',
        "bin/www": "normalizePort(process.env.PORT || '3000')",
    },
    "django": {"manage.py": "", ".venv/bin/python": ""},
    "flask": {"app.py": "from flask import Flask", ".venv/bin/python": ""},
    "fastapi": {"main.py": "from fastapi import FastAPI", ".venv/bin/python": ""},
    "gulp": {"gulpfile.js": (ROOT / "examples/gulp/shop/gulpfile.js").read_text()},
    "pages": {"index.html": ""},
}


@pytest.mark.parametrize(("guide", "files"), list(GUIDES.items()), ids=GUIDES)
def test_a_guide_shows_what_init_writes(guide: str, files: dict[str, str]) -> None:
    shown = blocks((ROOT / f"docs/guides/{guide}.md").read_text(), "toml")[0]
    written = scaffold.propose(Facts("shop", files))
    place = Path("/shop/devserve.toml")
    assert load(shown, place).services == load(written, place).services
