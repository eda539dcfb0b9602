"""A person who follows the documentation: every command of every page does what the page says."""

from __future__ import annotations

from pathlib import Path

import pytest

from support import shell_blocks
from support.fleet_home import ROOT
from support.shell_blocks import Command, File, LeftOut, Page, read
from support.shell_pages import follow
from support.stand_ins import stand_ins

ELSEWHERE = {"first-plugin.md"}  # test_first_plugin.py looks at the browser between two commands
PAGES = {
    str(path.relative_to(ROOT)): read(path.read_text())
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "plugins").glob("*/*.md"))]
    if path.name not in ELSEWHERE
}
# What no test executes.
LEFT_OUT = {"README.md": ["make test"]}
pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What stands in for programs that would fetch packages."""
    return stand_ins(tmp_path_factory.mktemp("stand-ins") / "bin")


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.steps])
def test_the_commands_of_a_page_do_what_it_says(name: str, tmp_path: Path, programs: Path) -> None:
    follow(PAGES[name], tmp_path, programs)


def test_few_commands_are_not_executed_and_each_is_named() -> None:
    left = {name: [each.text for each in page.left_out] for name, page in PAGES.items() if page.left_out}
    assert left == LEFT_OUT


MARKDOWN = """# A page

<!-- shell: own system; not here: reboot: it would end the test
mkdir -p a
cd a
-->
```sh
reboot  # now
cat <<END
x \\
y
END
```

<!-- shell: append b.txt -->
```text
more
```

```console
$ echo "one
> two"
one
…
$ devserve run
```

```toml
[nothing]
```

<!-- shell:
true
-->
"""


def test_a_page_is_read_in_order() -> None:
    assert read(MARKDOWN) == Page(
        (
            Command(8, "mkdir -p a"),
            Command(8, "cd a"),
            Command(8, "cat <<END\nx \\\ny\nEND"),
            File(17, "b.txt", "more\n", is_added=True),
            Command(21, 'echo "one\ntwo"', "one\n…\n"),
            Command(21, "devserve run"),
            Command(33, "true"),
        ),
        (LeftOut(8, "reboot", "it would end the test"),),
        needs_own_system=True,
    )


@pytest.mark.parametrize(
    ("markdown", "wrong"),
    [
        ("<!-- shell: quickly -->\n```sh\ntrue\n```\n", "nobody knows what"),
        ("<!-- shell: runs on -->\n\n```sh\ntrue\n```\n", "stands above no block"),
        ("<!-- shell: not here: x: why -->\n```sh\ntrue\n```\n", "has no command"),
        ("```sh\ncat <<END\n```\n", "would wait"),
    ],
)
def test_a_comment_that_means_nothing_is_an_error(markdown: str, wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        read(markdown)


@pytest.mark.parametrize(
    ("expected", "shown", "same"),
    [
        ("a\n", "x\na\nb\n", True),
        ("a\n", "xa\n", False),
        ("a … c\n", "a b c  \n", True),
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("a\nd\n", "a\nb\nd\n", False),
    ],
)
def test_what_is_shown_is_compared_line_by_line(expected: str, shown: str, same: bool) -> None:
    assert shell_blocks.is_shown(expected, shown) is same


@pytest.mark.parametrize(
    ("markdown", "wrong"),
    [
        ("```sh\ntrue\nls nowhere\n```\n", "line 2: ls nowhere"),
        ("```console\n$ echo a\nb\n```\n", "not what the page shows"),
        ("<!-- shell: runs on -->\n```sh\ntrue\n```\n", "has ended"),
        ("<!-- shell: append nowhere.txt -->\n```text\n```\n", "no nowhere.txt"),
    ],
)
def test_a_page_that_is_wrong_is_found_out(markdown: str, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=wrong):
        follow(read(markdown), tmp_path)


def test_what_a_command_changes_is_there_for_the_next_one(tmp_path: Path) -> None:
    page = "```console\n$ mkdir a && cd a && export WHO=ann\n$ echo $WHO in ${PWD##*/}\nann in a\n```\n"
    follow(read(page + "<!-- shell: file b -->\n```text\nb\n```\n```console\n$ cat b\nb\n```\n"), tmp_path)
