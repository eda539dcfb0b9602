import asyncio
import logging
import py_compile
from pathlib import Path

import pytest

from devserve import plugins
from devserve.config.values import Project, Service, Then, WatchRule
from devserve.dashboard.panel import Panel
from devserve.errors import ConfigError
from devserve.http1 import Headers, Request, Response
from devserve.io.run.notices import within
from devserve.live.message import Message
from devserve.live.problems import Problem
from devserve.live.rules import Outcome
from devserve.run.command import Command

SERVICE = Service("web", Path("/repository"), "web.test")
RULE = WatchRule(("*.css",), then=Then.REFRESH)
REQUEST = Request(b"GET", b"/", Headers([(b"Host", b"web.test")]))
RESPONSE = Response(200, Headers([]))
URL = "https://livereload.web.test/livereload.js?port=443"
IMPORTS = "import devserve\nfrom devserve import Service, Tag, Then, WatchRule, hookimpl\n"


def hooks_of(folder: Path, source: str = "") -> plugins.Hooks:
    files = []
    if source:
        file = folder / "plugin.py"
        file.write_text(IMPORTS + source)
        files.append(file)
    return plugins.load(Project(folder / "devserve.toml", plugins=tuple(files)))


def test_defaults_are_there_without_any_plugin(tmp_path):
    hooks = hooks_of(tmp_path)
    assert [rule.then for rule in hooks.watch(SERVICE)] == [Then.REFRESH, Then.RELOAD]
    assert [tag.source for tag in hooks.snippet(SERVICE, REQUEST, URL)] == [URL]
    assert hooks.changed(SERVICE, RULE, ["a.css"]) == Outcome(Then.REFRESH, ("a.css",))
    assert not any((hooks.on_requests, hooks.edits_responses, hooks.takes_notice, hooks.has_columns))


def test_a_repositorys_file_adds_a_service_a_rule_a_field_and_a_tag(tmp_path):
    hooks = hooks_of(
        tmp_path,
        """
@hookimpl
def devserve_services(project):
    return [Service("docs", project.root, "docs.test")]

@hookimpl
def devserve_watch(service):
    return [WatchRule(("*.txt",), then=Then.RELOAD)]

@hookimpl
def devserve_response_headers(headers, service):
    headers.add(b"X-From", service.name.encode())

@hookimpl
def devserve_snippet(service):
    return [Tag("meta", {"name": "from", "content": "plugin"})]

@hookimpl
def devserve_changed(paths):
    return Then.NOTHING if "a.css" in paths else None
""",
    )
    project = hooks.services(Project(tmp_path / "devserve.toml", services=(SERVICE,)))
    assert [service.name for service in project.services] == ["web", "docs"]
    assert hooks.watch(SERVICE)[0].paths == ("*.txt",)
    headers = Headers([])
    hooks.response_headers(headers, RESPONSE, REQUEST, SERVICE)
    assert headers.first(b"x-from") == b"web"
    assert [tag.name for tag in hooks.snippet(SERVICE, REQUEST, URL)] == ["meta", "script"]
    assert hooks.changed(SERVICE, RULE, ["a.css"]).then is Then.NOTHING
    assert hooks.changed(SERVICE, RULE, ["b.css"]).then is Then.REFRESH
    assert hooks.edits_responses


def test_a_hook_that_raises_is_named_and_the_rest_goes_on(tmp_path, caplog):
    hooks = hooks_of(
        tmp_path,
        """
@hookimpl
def devserve_response_headers(headers):
    raise KeyError("oops")

@hookimpl
def devserve_snippet():
    raise KeyError("oops")

@hookimpl
def devserve_changed():
    raise KeyError("oops")
""",
    )
    with caplog.at_level(logging.WARNING, "devserve"):
        hooks.response_headers(Headers([]), RESPONSE, REQUEST, SERVICE)
        assert [tag.source for tag in hooks.snippet(SERVICE, REQUEST, URL)] == [URL]  # devserve's own tag stays
        assert hooks.changed(SERVICE, RULE, ["a.css"]) == Outcome(Then.REFRESH, ("a.css",))
    assert len(caplog.messages) == 3
    lines = ("plugin.py:6", "plugin.py:10", "plugin.py:14")
    assert all(f"{line}: KeyError" in message for line, message in zip(lines, caplog.messages, strict=True))


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError"),
        ("1 / 0", "plugin.py:3: ZeroDivisionError"),
        ("def (", "plugin.py:3: SyntaxError"),
        ("raise SystemExit(3)", "plugin.py:3: SystemExit: 3"),
    ],
)
def test_a_plugin_that_cannot_be_used_is_a_mistake_of_the_configuration(tmp_path, source, sentence):
    with pytest.raises(ConfigError, match=sentence) as raised:
        hooks_of(tmp_path, source)
    assert str(tmp_path / "plugin.py") in str(raised.value)


def test_two_projects_do_not_see_each_others_plugins(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
    with_plugin = hooks_of(one, "@hookimpl\ndef devserve_response_headers(headers): headers.add(b'X-One', b'1')")
    assert with_plugin.edits_responses
    assert not hooks_of(other).edits_responses


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("return 1 / 0", "plugin.py:6: ZeroDivisionError"),
        ("return 'web'", "plugin.py:5: .* returned 'web'; have it return a list of"),
        ("return [3]", r"returned \[3\]; have it return a list of"),
    ],
)
@pytest.mark.parametrize("hook", ["devserve_services", "devserve_watch"])
def test_a_hook_that_fails_at_the_start_stops_it_with_a_sentence(tmp_path, hook, body, sentence):
    hooks = hooks_of(tmp_path, f"\n@hookimpl\ndef {hook}():\n    {body}\n")
    with pytest.raises(ConfigError, match=sentence):
        hooks.services(Project(tmp_path / "devserve.toml")) if hook == "devserve_services" else hooks.watch(SERVICE)


def test_what_a_plugin_does_wrong_with_our_code_is_its_own_line_and_said_once(tmp_path, caplog):
    hooks = hooks_of(tmp_path, "@hookimpl\ndef devserve_response_headers(headers): headers.add(b'X', b'a\\r\\nb')\n")
    with caplog.at_level(logging.WARNING, "devserve"):
        for _ in range(3):
            hooks.response_headers(Headers([]), RESPONSE, REQUEST, SERVICE)
    (said,) = caplog.messages
    assert f"{tmp_path / 'plugin.py'}:4: LocalProtocolError" in said


SAYS = "from devserve import Problem\n@hookimpl\ndef devserve_output(line):"


@pytest.mark.parametrize(
    ("body", "found"), [(" return Problem('css', line)", Problem("css", "broken")), (" return None", None)]
)
def test_a_line_of_output_may_tell_of_a_problem(tmp_path, body, found):
    hooks = hooks_of(tmp_path, SAYS + body)
    assert hooks.reads_output
    assert hooks.output(SERVICE, "broken") == found


def test_what_is_no_problem_is_said_and_passed_over(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "devserve"):
        assert hooks_of(tmp_path, SAYS + " return 'broken'").output(SERVICE, "broken") is None
    assert "devserve_output returned 'broken'; have it return a Problem or None" in caplog.text


def test_what_runs_is_the_text_of_a_plugin_never_bytecode_that_lies_beside_it(tmp_path):
    file = tmp_path / "plugin.py"
    file.write_text("raise SystemExit('bytecode ran')\n")
    # Bytecode that Python's own loader would believe without a look at the text (PEP 552).
    py_compile.compile(str(file), invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)
    hooks_of(tmp_path, "@hookimpl\ndef devserve_services(project): return []\n")


def test_a_plugin_is_a_python_file(tmp_path):
    file = tmp_path / "plugin.pyc"
    file.write_bytes(b"")
    with pytest.raises(ConfigError, match=r"plugin\.pyc: a plugin is a Python file"):
        plugins.load(Project(tmp_path / "devserve.toml", plugins=(file,)))


def test_a_plugins_own_sentence_about_a_mistake_is_shown_as_it_is(tmp_path):
    raising = (
        "from devserve import ConfigError\n@hookimpl\ndef devserve_services(): raise ConfigError('x:1: mend it')\n"
    )
    with pytest.raises(ConfigError, match=r"^x:1: mend it$"):
        hooks_of(tmp_path, raising).services(Project(tmp_path / "devserve.toml"))


DEFAULTS = """
from dataclasses import replace
@hookimpl
def devserve_service_defaults(service, project):
    {body}
"""


def test_plugins_fill_in_what_a_service_leaves_out_one_after_the_other(tmp_path):
    body = "return replace(service, command=('npm', 'start')) if not service.command else None"
    later = """
@hookimpl(trylast=True, specname="devserve_service_defaults")
def later(service):
    return replace(service, env={"SEEN": " ".join(service.command)})
"""
    hooks = hooks_of(tmp_path, DEFAULTS.format(body=body) + later)
    other = Service("api", tmp_path, "api.test", command=("go",))
    project = hooks.services(Project(tmp_path / "devserve.toml", services=(SERVICE, other)))
    assert [(each.command, each.env) for each in project.services] == [
        (("npm", "start"), {"SEEN": "npm start"}),
        (("go",), {"SEEN": "go"}),
    ]


def test_a_service_keeps_its_name(tmp_path):
    hooks = hooks_of(tmp_path, DEFAULTS.format(body="return replace(service, name='other')"))
    with pytest.raises(ConfigError, match="devserve_service_defaults renames web; have it leave name and root"):
        hooks.services(Project(tmp_path / "devserve.toml", services=(SERVICE,)))


def test_a_command_is_changed_but_for_its_port(tmp_path):
    source = """
from dataclasses import replace
@hookimpl
def devserve_command(service, command):
    return replace(command, argv=(*command.argv, "--fast"), env={"A": service.name, "PORT": "1"})
"""
    command = Command(("run",), tmp_path, {"PORT": "3000", "DEVSERVE": "1", "HOME": "/"})
    found = hooks_of(tmp_path, source).command(SERVICE, command)
    assert (found.argv, found.env) == (("run", "--fast"), {"A": "web", "PORT": "3000", "DEVSERVE": "1"})
    assert hooks_of(tmp_path).command(SERVICE, command) is command


CHANGED = "from devserve import Message, Outcome\n@hookimpl\ndef devserve_changed(paths): return "


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        ("Then.RELOAD", Outcome(Then.RELOAD, ("a.css", "b.css"))),
        ("Outcome(Then.REFRESH)", Outcome(Then.REFRESH, ("a.css", "b.css"))),
        ("Outcome(Then.REFRESH, paths[:1])", Outcome(Then.REFRESH, ("a.css",))),
        (
            "Outcome(Then.NOTHING, messages=(Message('x', 1),))",
            Outcome(Then.NOTHING, ("a.css", "b.css"), (Message("x", 1),)),
        ),
        ("None", Outcome(Then.REFRESH, ("a.css", "b.css"))),
    ],
)
def test_a_change_is_narrowed_replaced_or_swallowed(tmp_path, answer, outcome):
    assert hooks_of(tmp_path, CHANGED + answer).changed(SERVICE, RULE, ("a.css", "b.css")) == outcome


def test_columns_of_several_plugins_are_one_row(tmp_path):
    source = """
@hookimpl
def devserve_status(service): return {"owner": service.name, "n": 3}
@hookimpl(specname="devserve_status", trylast=True)
def more(): return {"branch": "main"}
"""
    assert hooks_of(tmp_path, source).status(SERVICE) == {"owner": "web", "n": "3", "branch": "main"}
    assert hooks_of(tmp_path).status(SERVICE) == {}


def test_an_application_says_whose_it_is(tmp_path):
    source = "@hookimpl\ndef devserve_application(service): return Application('wsgi', print)"
    hooks = hooks_of(tmp_path, f"from devserve import Application\n{source}")
    found = hooks.application(SERVICE)
    assert (found.plugin, found.title) == (f"{tmp_path}/plugin.py", f"the application of {tmp_path}/plugin.py")
    assert hooks_of(tmp_path, "").application(SERVICE) is None


PANELS = """
from devserve import Panel, Table
@hookimpl
async def devserve_panels(project): return [Panel(service.name) for service in project.services]
@hookimpl(specname="devserve_panels", trylast=True)
def more(): return [Panel("more", EXPRESSION)]
@hookimpl
def devserve_services(project): return [Service("docs", project.root, "docs.test")]
"""


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("['text']", ""),
        ("[1 / 0]", "plugin.py:8: ZeroDivisionError"),
        ("[object()]", "plugin.py:8: devserve_panels returned a Panel whose parts is [<object object at"),
        ("[Table(['a'], [[1, 2]])]", "plugin.py:8: ValueError: Table: row 1"),
    ],
)
def test_panels_of_a_project_know_all_its_services_and_failures_are_said_once(tmp_path, caplog, expression, said):
    hooks = hooks_of(tmp_path, PANELS.replace("EXPRESSION", expression))
    hooks.services(Project(tmp_path / "devserve.toml", services=(SERVICE,)))
    for _ in range(3):
        (found,) = asyncio.run(hooks.panels(within)).values()
    if said:
        assert found is None
        assert [said in message for message in caplog.messages] == [True]
    else:
        assert found == [Panel("web"), Panel("docs"), Panel("more", ["text"])]
        assert caplog.messages == []
