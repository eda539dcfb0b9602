import pytest

from devserve.errors import ConfigError
from devserve.plugins.verify import HOOKS, may_wait
from support.hooks import hooks_of


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (
            "@hookimpl\ndef devserve_wacth(service): ...",
            "there is no hook devserve_wacth; did you mean devserve_watch",
        ),
        ("@hookimpl\ndef watch(service): ...", "there is no hook watch; did you mean devserve_watch"),
        ("@hookimpl\ndef zzz(): ...", "there is no hook zzz; the hooks are described in plugins/README.md"),
        (
            "@hookimpl\n\n\ndef devserve_watch(servise): ...",
            "has no argument servise; did you mean service\\? It has service",
        ),
        ("@hookimpl\ndef devserve_output(text): ...", "has no argument text; it has service, line"),
        ("@hookimpl\ndef devserve_watch(**rest): ...", r"takes \*\*rest; name the arguments that it needs"),
        ("@hookimpl\nasync def devserve_snippet(): ...", "is async, but nobody waits for this hook"),
        ("@hookimpl\nasync def devserve_snippet(): yield", "is async, but nobody waits for this hook"),
        ("@hookimpl\ndef devserve_watch(): yield", "is a generator; return a list, or mark a wrapper"),
        ("@hookimpl(wrapper=True)\ndef devserve_watch(): ...", r"does not yield; have it `return \(yield\)`"),
        ("@hookimpl(hookwrapper=True)\ndef devserve_watch(): yield", "old-style wrapper; use hookimpl"),
        (
            "@hookimpl\ndef devserve_discover(): return []",
            "devserve_discover is an async generator; have it be `async def`",
        ),
        ("@hookimpl\nasync def devserve_ready(): yield", "devserve_ready is no generator; have it return what it has"),
        ("def devserve_watch(): ...", "has the name of a hook but is not marked; put @hookimpl above it"),
    ],
)
def test_a_hook_that_cannot_be_called_is_named_with_its_line(tmp_path, source, sentence):
    with pytest.raises(ConfigError, match=sentence) as raised:
        hooks_of(tmp_path, source)
    line = 3 + source[: source.index("def ")].count("\n")
    assert str(raised.value).startswith(f"{tmp_path}/plugin.py:{line}: ")


def test_every_mistake_is_said_at_once(tmp_path):
    with pytest.raises(ConfigError) as raised:
        hooks_of(tmp_path, "@hookimpl\ndef devserve_wacth(): ...\n@hookimpl\ndef devserve_watch(x): ...\n")
    assert len(raised.value.problems) == 2


@pytest.mark.parametrize(
    "source",
    [
        "@hookimpl\ndef devserve_watch(service, depth=3): return [WatchRule(('*.po',))] * depth",
        "@hookimpl(specname='devserve_watch')\ndef rules(): return []",
        "from devserve.defaults import devserve_changed",
        "def of_my_own(): ...",
    ],
)
def test_what_can_be_called_is_loaded(tmp_path, source):
    hooks_of(tmp_path, source)


@pytest.mark.parametrize("hook", ["devserve_snippet", "devserve_response_headers", "devserve_output"])
def test_hooks_on_the_way_of_a_request_are_plain_functions(hook):
    assert hook in HOOKS
    assert not may_wait(hook)
