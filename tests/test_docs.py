"""The documentation says what the code does: hooks, configuration keys, commands, examples."""

from __future__ import annotations

import ast
import contextlib
import importlib
import inspect
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click
import pytest
from click.exceptions import BadOptionUsage, MissingParameter, NoArgsIsHelpError

import devserve
from devserve import hookspecs, plugins
from devserve.cli.main import main
from devserve.config import scaffold
from devserve.config.allowance import allowance_of
from devserve.config.facts import Facts
from devserve.config.load import load
from devserve.config.schema import schema
from devserve.config.values import Project, Service
from devserve.difference import Difference
from devserve.fleet import Planned
from devserve.plugins.loading import ENTRY_POINTS
from devserve.plugins.results import NOTHING, RESULTS
from devserve.plugins.verify import may_wait

ROOT = Path(__file__).parent.parent
make = importlib.import_module("docs.make")
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
EVERYTHING = "\n".join(page.read_text() for page in PAGES)
CONFIGURATION = (ROOT / "docs/configuration.md").read_text()
COMMANDS = (ROOT / "docs/commands.md").read_text()
SECURITY = (ROOT / "docs/security.md").read_text()
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


def hooks_of(example: str, folder: Path) -> set[str]:
    """Load an example as a plugin file of a repository; return the hooks that it has."""
    file = folder / "plugin.py"
    file.write_text(example)
    loaded = plugins.load(Project(file=folder / "devserve.toml", plugins=(file,)))
    return {each.hook for each in loaded.implementations() if each.plugin.name == str(file)}


def test_the_reference_has_each_hook_and_no_other() -> None:
    assert set(SECTIONS) == set(HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_a_hook_is_documented_with_its_signature(name: str) -> None:
    signature = str(inspect.signature(HOOKS[name])).replace("'", "")
    assert blocks(SECTIONS[name], "text") == [f"{name}{signature}\n"]


def test_the_table_of_hooks_says_of_each_what_counts_and_whether_it_may_be_async() -> None:
    rows = re.findall(r"^\| \[`(devserve_\w+)`\]\(#\1\) \| [^|]+ \| ([\w ]+) \| (yes)? ?\|$", REFERENCE, re.MULTILINE)
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
    assert name in hooks_of(example, tmp_path)


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


SPANS = sorted(set(re.findall(r"`((?:sudo )?devserve [^`\n]*)`", EVERYTHING + OF_PLUGINS)))


@pytest.mark.parametrize("span", SPANS)
def test_a_command_in_the_text_is_one_that_devserve_takes(span: str) -> None:
    line = re.split(r" > | \| ", re.sub(r" ?…|[\[\]]", "", span.removeprefix("sudo ")))[0]
    words = [word for word in shlex.split(line)[1:] if word != "COMMAND"]
    command: click.Command = main
    while isinstance(command, click.Group) and words and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    with contextlib.suppress(
        click.exceptions.Exit, BadOptionUsage, MissingParameter, NoArgsIsHelpError
    ):  # --help; what is left open
        command.make_context("devserve", words)


def test_what_make_is_told_in_the_text_is_a_target() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {
        one or other for one, other in re.findall(r"`make ([\w-]+)[^`]*`|^make ([\w-]+)", EVERYTHING, re.MULTILINE)
    }
    assert named <= targets


def test_no_example_is_left_unchecked() -> None:
    checked = {  # by tests of this file; the shell's are executed, and what a comment names is a file or shown by one
        ("docs/configuration.md", "text"),
        ("docs/plugins.md", "python"),
        ("docs/reference/commands.md", "text"),
        ("docs/reference/values.md", "text"),
        ("docs/security.md", "text"),
    }
    found = set()
    for page in [*PAGES, *(ROOT / "plugins").glob("*/README.md")]:
        noted = re.sub(
            r"^<!-- shell:(?:(?!-->).)*-->\n```.*?^```$", "", page.read_text(), flags=re.MULTILINE | re.DOTALL
        )
        for language in re.findall(r"^```(\w+)\n.*?^```$", noted, re.MULTILINE | re.DOTALL):
            found.add((str(page.relative_to(ROOT)), language))
    assert {each for each in found if each[1] not in ("sh", "console", "toml")} == checked


@pytest.mark.parametrize("example", blocks(EVERYTHING + OF_PLUGINS, "toml"), ids=lambda text: text.split("\n", 1)[0])
def test_the_configurations_in_the_documentation_are_right(example: str) -> None:
    load(example, Path("/shop/devserve.toml"))


@pytest.mark.parametrize(
    "example",
    blocks((ROOT / "docs/plugins.md").read_text() + REFERENCE.partition("\n## ")[0], "python"),
    ids=lambda text: text.split("\n", 1)[0],
)
def test_the_plugins_in_the_documentation_are_right(example: str, tmp_path: Path) -> None:
    assert hooks_of(example, tmp_path)


def test_each_first_party_plugin_has_a_page_that_says_how_to_do_without_it() -> None:
    points = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][ENTRY_POINTS]
    assert set(points.values()) == {plugin.name for plugin in (ROOT / "plugins").glob("devserve_*/")}
    for name, module in points.items():
        assert f"[Its page]({module}/README.md)" in REFERENCE
        assert f'disable_plugins = ["{name}"]' in (ROOT / "plugins" / module / "README.md").read_text()


def test_what_the_reference_says_to_write_into_files_counts_there(tmp_path: Path) -> None:
    (of_a_file, of_a_package, without) = blocks(REFERENCE, "toml")
    assert [path.name for path in load(of_a_file, tmp_path / "devserve.toml").plugins] == ["devserve_plugin.py"]
    assert list(tomllib.loads(of_a_package)["project"]["entry-points"]) == [ENTRY_POINTS]
    project = load(without, tmp_path / "devserve.toml")
    names = {each.name for each in plugins.load(replace(project, disabled_plugins=())).implementations()}
    known = names | {name.rpartition(".")[0] for name in names}
    assert project.disabled_plugins
    assert set(project.disabled_plugins) <= known


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
    for page in [*PAGES, *sorted((ROOT / "plugins").rglob("*.md"))]:
        for target in re.findall(r"\]\((?!https?://)([^)]+)", page.read_text()):
            yield page, target


@pytest.mark.parametrize(("page", "target"), list(links()), ids=lambda value: getattr(value, "name", value))
def test_the_links_of_the_documentation_lead_somewhere(page: Path, target: str) -> None:
    name, _, anchor = target.partition("#")
    file = page.parent / name if name else page
    assert file.exists()
    headings = re.findall(r"^#+ (.*)$", file.read_text(), re.MULTILINE) if anchor else ()
    assert not anchor or anchor in {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def shown_tests() -> Iterator[tuple[str, str]]:
    """Yield the name of each test that the page about security names, with its file."""
    for row in re.findall(r"^\| .*$", SECURITY, re.MULTILINE)[2:]:
        assert "](../tests/" in row, f"no test shows this: {row}"
    for name, file in re.findall(r"\[([^]]+)\]\(\.\./(tests/[^)]+)\)", SECURITY):
        yield f"test_{name.replace(chr(10), ' ').replace(' ', '_')}", file


@pytest.mark.parametrize(("name", "file"), list(shown_tests()))
def test_what_the_security_model_promises_is_shown_by_a_test_that_there_is(name: str, file: str) -> None:
    tree = ast.parse((ROOT / file).read_text())
    assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_each_picture_is_shown_somewhere_and_small_enough() -> None:
    shown = {(page.parent / target).resolve() for page, target in links() if target.endswith((".png", ".svg"))}
    pictures = ROOT / "docs/pictures"
    assert shown == set(pictures.iterdir())
    assert max(picture.stat().st_size for picture in shown) <= 150 * 1024


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


ASKED = """
[project]
plugins = ["headers.py"]
[services.web]
command = "npm start"
env_file = ".env"
[[services.web.watch]]
paths = ["src/**/*.scss"]
run = "npx gulp css"
"""


def test_the_question_is_shown_as_it_is_asked() -> None:
    project = load(ASKED, Path("/home/ann/shop/devserve.toml"))
    asked = allowance_of(project, project.services, {project.plugins[0]: b"pass\n" * 6})
    shown = "".join(f"  {line}\n" for line in asked.lines)
    assert blocks(SECURITY, "text") == [f"/home/ann/shop would run this:\n{shown}May it run? [y/N]:\n"]


def test_what_a_change_is_called_is_shown_as_it_is_said() -> None:
    hooks = plugins.load(Project(ROOT / "devserve.toml"))
    web, api, docs = (Planned(Service(name, ROOT, name, command=("x",)), hooks, 1) for name in ("web", "api", "docs"))
    said = str(Difference(("old",), (docs,), (api,), (), (web,)))
    assert blocks(CONFIGURATION, "text") == [f"devserve.toml: {said}\n"]


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
