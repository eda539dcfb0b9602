from dataclasses import replace
from pathlib import Path

import pytest

from devserve.config.allowance import Allowance, allowance_of, as_json, difference, from_json, visible
from devserve.config.values import Project, Service, WatchRule

ROOT = Path("/work/shop")
SHOP = Project(ROOT / "devserve.toml")
WEB = Service("web", ROOT, "web.test", command=("npm", "start"))
PLUGIN = ROOT / "plugins" / "headers.py"


def of(*services: Service, project: Project = SHOP, **plugins: bytes) -> Allowance:
    contents = {ROOT / "plugins" / f"{name}.py": content for name, content in plugins.items()}
    return allowance_of(project, services, contents)


def test_whoever_allows_sees_each_command_task_variable_folder_and_plugin():
    web = replace(
        WEB,
        cwd=ROOT / "front end",
        env={"LOG": "debug", "NODE_OPTIONS": "--require ./x.js"},
        env_file=ROOT / ".env",
        watch=(WatchRule(("*.scss", "*.sass"), run=("gulp", "css")), WatchRule(("*.html",))),
    )
    assert of(web, headers=b"import devserve\n\nx = 1\n").lines == (
        "web runs: npm start",
        "web runs when *.scss *.sass is saved: gulp css",
        "web runs in: front end",
        "web gets: LOG=debug",
        "web gets: NODE_OPTIONS='--require ./x.js'",
        "web gets the variables in: .env",
        "plugin: plugins/headers.py (3 lines)",
    )


@pytest.mark.parametrize(
    ("command", "shown"),
    [
        (("vite", "--port", "$PORT"), "vite --port $PORT"),
        (("gunicorn", "-b", "[::1]:${PORT}", "a b"), "gunicorn -b '[::1]:${PORT}' 'a b'"),
        (("run", "localhost:${PORT}", "$HOME", "$PORTS", ""), "run localhost:${PORT} '$HOME' '$PORTS' ''"),
    ],
)
def test_only_what_is_replaced_looks_as_if_it_were(command, shown):
    assert of(replace(WEB, command=command)).lines == (f"web runs: {shown}",)


def test_what_runs_nothing_needs_no_leave():
    elsewhere = Service("api", ROOT, "api.test", port=3000, env={"A": "1"}, watch=(WatchRule(("*.css",)),))
    assert not of(elsewhere)
    assert of(elsewhere, WEB)


@pytest.mark.parametrize(
    "changed",
    [
        replace(WEB, command=("npm", "start", "")),
        replace(WEB, command=("npm start",)),
        replace(WEB, env={"PATH": "/tmp"}),
        replace(WEB, env_file=ROOT / ".env"),
        replace(WEB, cwd=ROOT / "x"),
        replace(WEB, watch=(WatchRule(("*.css",), run=("make",)),)),
        replace(WEB, name="api"),
    ],
)
def test_whatever_would_run_otherwise_has_another_digest(changed):
    assert of(changed).digest != of(WEB).digest


@pytest.mark.parametrize(
    "changed",
    [
        replace(WEB, port=3000),
        replace(WEB, host="shop.test", aliases=("x.test",)),
        replace(WEB, watch=(WatchRule(("*.css",)),)),
    ],
)
def test_what_runs_nothing_else_is_not_asked_about_again(changed):
    assert of(changed).digest == of(WEB).digest


def test_the_same_text_at_another_place_is_another_repositorys():
    assert of(WEB).digest != of(WEB, project=Project(Path("/work/copy/devserve.toml"))).digest


def test_a_plugin_counts_with_every_byte_and_by_its_name():
    digests = {of(headers=b"x"), of(headers=b"x\n"), of(headers=b"x\r\n"), of(headers=b""), of(header=b"x"), of()}
    assert len({each.digest for each in digests}) == 6


def test_a_difference_is_the_diff_of_what_would_run():
    before = of(WEB, headers=b"a = 1\nb = 2\n")
    now = of(replace(WEB, command=("npm", "run", "dev")), headers=b"a = 1\nb = 3\n")
    assert difference(before, now) == (
        "@@ -1,4 +1,4 @@",
        "-web runs: npm start",
        "+web runs: npm run dev",
        " plugin: plugins/headers.py (2 lines)",
        " plugins/headers.py: a = 1",
        "-plugins/headers.py: b = 2",
        "+plugins/headers.py: b = 3",
    )


def test_a_difference_that_no_line_shows_is_shown_as_the_whole():
    now = of(WEB, headers=b"x\r\n")
    assert difference(of(WEB, headers=b"x\n"), now) == now.lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("npm start", "npm start"),
        ("Grüße ✓", "Grüße ✓"),
        ("\x1b[8mrm -rf ~\x1b[m", r"\x1b[8mrm -rf ~\x1b[m"),
        ("a\rb\nc\x7f\x00", r"a\rb\nc\x7f\x00"),
        ("a\u202eb\u2066\u200b\u2028", r"a\u202eb\u2066\u200b\u2028"),
        ("\udc80", r"\udc80"),
    ],
)
def test_nothing_hides_from_whoever_reads(text, shown):
    assert visible(text) == shown


def test_what_plugins_are_told_is_shown_and_counts():
    told = replace(SHOP, tables={"mock": {"folder": "a"}})
    assert of(project=told).lines == ('plugin mock is told: {"folder": "a"}',)
    other = replace(SHOP, tables={"mock": {"folder": "b"}})
    assert of(project=told).digest != of(project=other).digest != of().digest


def test_commands_and_plugins_are_shown_visibly():
    seen = of(replace(WEB, command=("sh", "-c", "x\x1b[1A")), headers=b"y\x1b[2K\n\xff")
    assert "\x1b" not in "".join((*seen.lines, *seen.sources))


def test_a_record_can_be_read_again():
    kept = of(replace(WEB, env={"NAME": "Grüße"}), headers=b"x = '\xff'\n")
    assert from_json(as_json(kept)) == kept


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        as_json(of(WEB))[:-9],
        as_json(of(WEB)).replace(b'"version": 1', b'"version": 2'),
        as_json(of(WEB)).replace(b'"digest"', b'"digset"'),
        as_json(of(WEB)).replace(b'"web runs: npm start"', b"1"),
        as_json(of(WEB)).replace(b'"sources": []', b'"sources": {}'),
    ],
)
def test_what_is_no_record_is_refused(data):
    with pytest.raises(ValueError, match=r"."):
        from_json(data)
