from pathlib import Path

import pytest

from devserve import (
    Answer,
    Command,
    Finding,
    Headers,
    Link,
    Livereload,
    Message,
    Origin,
    Outcome,
    Panel,
    Problem,
    Ready,
    Service,
    Table,
    Tag,
    Then,
    Verdict,
    WatchRule,
)
from devserve.plugins.misfit import misfit

ROOT = Path("/shop")
PARTS = "a list of str or Link or a mapping of str to str or int or float or Verdict or Link or Table"
RULE = WatchRule(("*.po",), then=Then.RESTART)


def web(**fields: object) -> Service:
    return Service(**{"name": "web", "root": ROOT, "host": "web.test", **fields})


@pytest.mark.parametrize(
    "value",
    [
        web(aliases=("a.test",), command=("npm", "start"), port=3000, env={"A": "b"}, watch=(RULE,)),
        web(upstream=Origin(port=1), ready=Ready("http", http="/", timeout=3)),
        web(settings=(object(), 3), livereload=Livereload(source=35729)),
        [RULE, RULE],
        Outcome(Then.NOTHING, messages=(Message("x", {"any": ["thing"]}),)),
        Answer(201, b"x", Headers([(b"A", b"b")])),
        Tag("script", {"src": "/a.js"}),
        Command(("npm",), ROOT, {"A": "b"}),
        Problem("css", "broken", ("a", "b")),
        Finding("packages", "shop", Verdict.GOOD, "installed"),
        Panel("a", ["text", Link("https://a.test/"), {"n": 3}, Table(["a"], [(Verdict.GOOD,), [1.5]])]),
        Then.RELOAD,
        [],
    ],
)
def test_what_is_as_declared_fits(value):
    assert misfit(value) == ""


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (Panel(3), "a Panel whose title is 3, not str"),
        (Panel("a", "text"), "a Panel whose parts is 'text'; put it into a list"),
        (Panel("a", {"n": 3}), "a Panel whose parts is {'n': 3}; put it into a list"),
        (
            Panel("a", Table(["a"])),
            "a Panel whose parts is Table(columns=['a'], rows=(), empty='None.'); put it into a list",
        ),
        (Panel("a", Table([3])), "a Table whose columns is [3], not a list of str"),
        (Panel("a", 3), f"a Panel whose parts is 3, not {PARTS}"),
        (Panel("a", [{1: "x"}]), f"a Panel whose parts is [{{1: 'x'}}], not {PARTS}"),
        (Panel("a", [Link(None)]), f"a Panel whose parts is [Link(url=None, text='')], not {PARTS}"),
        (Panel("a", [Table([3])]), f"a Panel whose parts is [Table(columns=[3], rows=(), empty='None.')], not {PARTS}"),
        (Panel("a", [None, "x" * 999]), f"a Panel whose parts is [None, '{'x' * 192}…, not {PARTS}"),
        (Table("a"), "a Table whose columns is 'a'; put it into a list"),
        (web(command="npm start"), "a Service whose command is 'npm start', not a tuple of str"),
        (web(root="/shop"), "a Service whose root is '/shop', not Path"),
        (web(env={"SECRET": 3}), "a Service whose env is not a mapping of str to str"),
        (web(port="3000"), "a Service whose port is '3000', not int or None"),
        (web(ready=Ready(timeout="3s")), "a Ready whose timeout is '3s', not float"),
        (web(ready=Ready("tpc")), "a Ready whose by is 'tpc', not 'tcp' or 'http' or 'log'"),
        (web(watch=(3,)), "a Service whose watch is (3,), not a tuple of WatchRule"),
        ([RULE, WatchRule("*.po")], "a WatchRule whose paths is '*.po', not a tuple of str"),
        (WatchRule(("*",), then="restrat"), "a WatchRule whose then is 'restrat', not Then"),
        (Answer(200.0), "an Answer whose status_code is 200.0, not int"),
        (Answer(200, b"", {"A": "b"}), "an Answer whose headers is {'A': 'b'}, not Headers"),
        (Tag("meta", {"content": 3}), "a Tag whose attributes is {'content': 3}, not a mapping of str to str"),
        (Problem("css", "broken", ["a"]), "a Problem whose lines is ['a'], not a tuple of str"),
    ],
)
def test_the_field_that_does_not_fit_is_named(value, said):
    assert misfit(value) == said
