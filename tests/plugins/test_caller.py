import asyncio
import itertools
import logging
from pathlib import Path

import pytest

from devserve.config.values import Then, WatchRule
from devserve.errors import ConfigError
from devserve.http1 import Headers, Request, Response
from devserve.live.problems import Problem
from devserve.plugins import Conduct
from devserve.plugins.caller import MOST_FAILURES
from devserve.run.command import Command
from support.hooks import SERVICE, hooks_of

REQUEST = Request(b"GET", b"/", Headers())
RESPONSE = Response(200, Headers())
RULE = WatchRule(("*.css",), then=Then.REFRESH)
COMMAND = Command(("npm", "start"), Path("/repository"), {})
RAISES = "@hookimpl\ndef devserve_output(line):\n    if line == 'bad': raise KeyError(line)\n    return Problem(line)\n"


def warnings(caplog) -> list[str]:
    return [record.message for record in caplog.records if record.levelno >= logging.WARNING]


def test_one_plugin_that_fails_takes_nothing_from_the_others(tmp_path, caplog):
    hooks = hooks_of(tmp_path, "@hookimpl\ndef devserve_snippet(): raise KeyError('x')\n")
    assert len(hooks.snippet(SERVICE, REQUEST, "/livereload.js")) == 1
    assert warnings(caplog) == [f"web: {tmp_path}/plugin.py:4: KeyError: 'x'; devserve goes on without it"]


def test_a_hook_that_fails_again_and_again_is_switched_off_and_that_is_said_once(tmp_path, caplog):
    hooks = hooks_of(tmp_path, RAISES)
    for _ in range(MOST_FAILURES + 3):
        hooks.output(SERVICE, "bad")
    assert hooks.output(SERVICE, "good") is None
    assert [("goes on without it" in said, "switched off" in said) for said in warnings(caplog)] == [
        (True, False),
        (False, True),
    ]
    assert "devserve_output of" in warnings(caplog)[1]
    (failing,) = [each for each in hooks.implementations() if each.name.endswith("plugin.py.output")]
    assert failing.calls == MOST_FAILURES


def test_only_failures_in_a_row_count(tmp_path):
    hooks = hooks_of(tmp_path, RAISES)
    for _ in range(MOST_FAILURES + 3):
        hooks.output(SERVICE, "bad")
        assert hooks.output(SERVICE, "good") == Problem("good")


def test_each_call_is_counted_and_timed_by_the_clock_that_is_given(tmp_path):
    seconds = itertools.count()
    hooks = hooks_of(tmp_path, RAISES, Conduct(clock=lambda: next(seconds) / 16))
    hooks.output(SERVICE, "good")
    hooks.output(SERVICE, "bad")
    (counted,) = [each for each in hooks.implementations() if each.plugin.is_file]
    assert (counted.calls, counted.seconds, counted.last) == (2, 0.125, 0.0625)


def test_a_hook_that_keeps_everybody_waiting_is_named_once(tmp_path, caplog):
    hooks = hooks_of(tmp_path, RAISES, Conduct(clock=itertools.cycle([0.0, 0.25]).__next__))
    for _ in range(3):
        hooks.output(SERVICE, "good")
    assert warnings(caplog) == [
        f"web: devserve_output of {tmp_path}/plugin.py took 250 ms, in which devserve answered nobody; have it do less"
    ]


def test_calls_are_shown_when_asked_for(tmp_path, caplog):
    with caplog.at_level(logging.INFO, "devserve"):
        hooks_of(tmp_path, RAISES, Conduct(shows_calls=True)).output(SERVICE, "x" * 300)
    said = next(each for each in caplog.messages if "plugin.py" in each)
    assert said.startswith(f"web: devserve_output of {tmp_path}/plugin.py, 0.00 ms → Problem(key='xxx")
    assert said.endswith(" …")


def test_a_strict_devserve_ends_with_the_first_failure(tmp_path, caplog):
    ended = []
    conduct = Conduct(is_strict=True, on_failure=lambda: ended.append(True))
    hooks_of(tmp_path, RAISES, conduct).output(SERVICE, "bad")
    assert ended == [True]
    assert conduct.has_failed
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "KeyError: 'bad'; devserve ends, as --strict-plugins asks" in caplog.text


def test_a_plugin_cannot_end_devserve_by_exit(tmp_path, caplog):
    hooks_of(tmp_path, "@hookimpl\ndef devserve_output(): raise SystemExit(3)\n").output(SERVICE, "x")
    assert "SystemExit: 3; devserve goes on without it" in caplog.text


def test_a_plugins_own_sentence_is_shown_as_it_is(tmp_path):
    with pytest.raises(ConfigError, match=r"^Procfile:1: mend it$"):
        hooks_of(tmp_path, "@hookimpl\ndef devserve_watch(): raise ConfigError('Procfile:1: mend it')\n").watch(SERVICE)


def test_a_plugins_own_sentence_ends_no_exchange(tmp_path, caplog):
    hooks_of(tmp_path, "@hookimpl\ndef devserve_output(): raise ConfigError('x:1: mend it')\n").output(SERVICE, "x")
    assert warnings(caplog) == ["web: x:1: mend it; devserve goes on without it"]


WRAPPER = """
@hookimpl(wrapper=True)
def devserve_changed():
    found = yield
    return Then.RELOAD if found is Then.REFRESH else found

@hookimpl(wrapper=True)
def devserve_watch():
    return [*reversed((yield)), [WatchRule(("*.po",))]]
"""


def test_a_wrapper_sees_what_the_others_returned(tmp_path):
    hooks = hooks_of(tmp_path, WRAPPER)
    assert hooks.changed(SERVICE, RULE, ["a.css"]).then is Then.RELOAD
    assert hooks.watch(SERVICE)[-1].paths == ("*.po",)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("    yield\n    raise KeyError('after')", "plugin.py:6: KeyError: 'after'"),
        ("    raise KeyError('before')\n    yield", "plugin.py:5: KeyError: 'before'"),
        ("    yield\n    return 'x'", "devserve_changed returned 'x'; have it return a Then"),
        ("    yield\n    yield", "devserve_changed yields twice"),
    ],
)
def test_a_wrapper_that_fails_leaves_the_result_as_it_is(tmp_path, caplog, body, sentence):
    hooks = hooks_of(tmp_path, f"@hookimpl(wrapper=True)\ndef devserve_changed():\n{body}\n")
    assert hooks.changed(SERVICE, RULE, ["a.css"]).then is Then.REFRESH
    assert sentence in caplog.text


@pytest.mark.parametrize(
    ("hook", "returns", "sentence"),
    [
        ("snippet", "[[Tag('meta', {'content': 3})]]", "a Tag whose attributes is {'content': 3}, not a mapping of"),
        ("snippet", "['x']", "'x'; have it return a list of Tag"),
        ("command", "devserve.Command((), found.cwd, {})", "a Command without argv"),
    ],
)
def test_what_a_wrapper_returns_is_looked_at_like_what_others_return(tmp_path, caplog, hook, returns, sentence):
    source = f"@hookimpl(wrapper=True)\ndef devserve_{hook}():\n    found = yield\n    return {returns}\n"
    same = "@hookimpl(specname='devserve_command')\ndef same(command): return command\n"
    hooks = hooks_of(tmp_path, source + same)
    assert [tag.source for tag in hooks.snippet(SERVICE, REQUEST, "/livereload.js")] == ["/livereload.js"]
    assert hooks.command(SERVICE, COMMAND) == COMMAND
    (said,) = warnings(caplog)
    assert f"plugin.py:4: devserve_{hook} returned {sentence}" in said


@pytest.mark.parametrize(
    ("option", "order"), [("", "file, package"), ("trylast=True", "package, file"), ("tryfirst=True", "file, package")]
)
def test_order_is_that_of_pluggy(tmp_path, option, order):
    hooks = hooks_of(tmp_path, f"@hookimpl({option})\ndef devserve_output(): return None\n")
    found = [each for each in hooks.implementations() if each.hook == "devserve_output" and each.plugin.name != "gulp"]
    assert ", ".join("file" if each.plugin.is_file else "package" for each in found) == order


def test_nothing_is_awaited_in_a_plain_hook(tmp_path, caplog):
    async def scene() -> None:
        hooks = hooks_of(tmp_path, "async def later(): ...\n@hookimpl\ndef devserve_output(): return later()\n")
        hooks.output(SERVICE, "x")

    with pytest.warns(RuntimeWarning, match="never awaited"):
        asyncio.run(scene())
    assert "devserve_output returned <coroutine" in caplog.text
