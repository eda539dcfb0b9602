import asyncio
import logging
from pathlib import Path

import pytest

import devserve_gulp
from devserve import ConfigError, Headers, Message, Outcome, Response, Service, Then
from support.hooks import IMPORTS

SOURCE = (
    IMPORTS
    + """
import logging
from pydantic import BaseModel

class Told(BaseModel):
    owner: str = "nobody"

@hookimpl
def devserve_settings(): return Told

@hookimpl
def devserve_request(request, ready):
    return Answer(203, b"plugin") if request.target == b"/answered" or not ready else None

@hookimpl
def devserve_request_headers(headers): headers.add(b"X-Asked", b"1")

@hookimpl
def devserve_response_headers(headers, service):
    headers.add(b"X-Owner", service.settings_for(Told).owner.encode())

@hookimpl
def devserve_snippet(): return [Tag("script", {"src": "https://tools.test/tool.js"})]

@hookimpl
def devserve_changed(paths): return Outcome(Then.NOTHING, messages=(Message("m"),)) if paths == ("x",) else None

@hookimpl
def devserve_output(line): return Problem("build", line) if line.startswith("failed") else None

@hookimpl
async def devserve_ready(service): logging.getLogger("heard").info("ready %s", service.name)

@hookimpl
def devserve_exit(status): logging.getLogger("heard").info("exit %d", status)

@hookimpl
def devserve_reloaded(paths): logging.getLogger("heard").info("reloaded %s", *paths)
"""
)


@pytest.fixture
def plugin(tmp_path: Path) -> Path:
    file = tmp_path / "tool.py"
    file.write_text(SOURCE)
    return file


def test_a_page_has_what_plugins_put_into_it(hooked, plugin):
    found = hooked(plugin, tables={"tool": {"owner": "shop"}}).request("/")
    assert (found.status, found.header("X-Owner"), found.header("X-Devserve")) == (200, "shop", "injected")
    assert '<script src="https://tools.test/tool.js"></script>' in found.text
    assert (found.sent_header("X-Asked"), found.sent_header("X-Forwarded-Host")) == ("1", "web.test")
    assert int(found.header("Content-Length")) == len(found.body)


@pytest.mark.parametrize(("target", "ready"), [("/answered", True), ("/", False)])
def test_a_plugin_answers_and_the_service_is_not_asked(hooked, plugin, target, ready):
    found = hooked(plugin).request(target, ready=ready)
    assert (found.status, found.text, found.sent, found.sent_header("X-Asked")) == (203, "plugin", None, None)


def test_the_service_answers_as_the_test_wants(hooked, plugin):
    data = Response(404, Headers([(b"Content-Type", b"application/json")]))
    found = hooked(plugin).request("/data", method="POST", headers={}, upstream=lambda request: (data, request.target))
    assert (found.status, found.text, found.header("X-Owner"), found.header("Vary")) == (404, "/data", "nobody", None)


def test_what_is_no_page_load_has_no_snippet(hooked, plugin):
    assert "<script" not in hooked(plugin).request("/", headers={"Sec-Fetch-Dest": "empty"}).text


def test_changes_lines_and_commands(hooked, plugin):
    web = hooked(plugin, service=Service("web", Path("/r"), "web.test", command=("run", "$PORT")))
    assert web.changed("x") == Outcome(Then.NOTHING, ("x",), (Message("m"),))
    assert web.changed("style.css").then is Then.REFRESH
    assert web.output("failed x").title == "failed x"
    assert web.command(HOME="/").argv == ("run", "3000")
    assert web.service.root == plugin.parent


def test_what_plugins_are_told(hooked, plugin, caplog):
    web = hooked(plugin)

    async def all_of_it() -> None:
        await web.ready()
        await web.exit(3)
        await web.reloaded("a.css")

    with caplog.at_level(logging.INFO, "heard"):
        asyncio.run(all_of_it())
    assert caplog.messages == ["ready web", "exit 3", "reloaded a.css"]


@pytest.mark.parametrize(
    ("source", "call"),
    [
        ("@hookimpl\ndef devserve_response_headers(): 1 / 0\n", lambda web: web.request()),
        ("@hookimpl\ndef devserve_output(): 1 / 0\n", lambda web: web.output("x")),
        ("@hookimpl\ndef devserve_panels(): 1 / 0\n", lambda web: asyncio.run(web.panels())),
        ("@hookimpl\nasync def devserve_ready(): 1 / 0\n", lambda web: asyncio.run(web.ready())),
    ],
)
def test_a_plugin_that_fails_fails_the_test_with_the_sentence(hooked, plugin, source, call):
    plugin.write_text(IMPORTS + source)
    with pytest.raises(AssertionError, match=r"(web|devserve\.toml): .*tool.py:4: ZeroDivisionError"):
        call(hooked(plugin))


def test_a_mistake_in_a_plugin_is_raised(hooked, plugin):
    plugin.write_text(IMPORTS + "@hookimpl\ndef devserve_wacth(): ...\n")
    with pytest.raises(ConfigError, match="did you mean devserve_watch"):
        hooked(plugin)


def test_a_module_is_a_plugin_whether_it_is_installed_or_not(hooked):
    web = hooked(devserve_gulp)
    assert [each.name for each in web.hooks.plugins].count("gulp") == 1
    assert web.output("[12:34:56] 'css' errored after 5.21 ms").title == "gulp css failed"
    assert hooked(devserve_gulp, disabled=["gulp"]).output("[12:34:56] 'css' errored after 5.21 ms") is None
