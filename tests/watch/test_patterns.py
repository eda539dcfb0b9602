"""Which paths a watch rule is about."""

from __future__ import annotations

import pytest

from devserve.config.values import Then, WatchRule
from devserve.errors import ConfigError
from devserve.watch.patterns import CompiledRule, compiled, shared_ignores


@pytest.mark.parametrize(
    ("patterns", "path", "covered"),
    [
        (("src/**/*.scss",), "src/site.scss", True),
        (("src/**/*.scss",), "src/a/b/site.scss", True),
        (("src/**/*.scss",), "other/src/site.scss", False),
        (("*.css",), "static/deep/site.css", True),
        (("*.css",), "static/site.css.map", False),
        (("/*.css",), "static/site.css", False),
        (("templates",), "templates/login.html", True),
        (("templates/",), "web/templates/login.html", True),
        (("*.py", "!*_test.py"), "app_test.py", False),
        (("*.py", "!*_test.py"), "app.py", True),
        ((), "app.py", False),
    ],
)
def test_patterns_are_those_of_gitignore(patterns, path, covered):
    assert CompiledRule(WatchRule(paths=patterns)).covers(path) is covered


def test_ignore_takes_paths_away():
    rule = CompiledRule(WatchRule(paths=("src/**/*.scss",), ignore=("src/vendor/**",)))
    assert rule.covers("src/site.scss")
    assert not rule.covers("src/vendor/reset.scss")


@pytest.mark.parametrize("key", ["paths", "ignore"])
@pytest.mark.parametrize("pattern", ["!", "a\\", "[z-a].css"])
def test_names_the_pattern_that_is_none(key, pattern):
    rule = WatchRule(**{"paths": ("*.css",), key: (pattern,)})
    with pytest.raises(ConfigError) as caught:
        CompiledRule(rule)
    assert str(caught.value).startswith(f'watch.{key}: "{pattern}" is no .gitignore pattern')


def test_shows_its_patterns():
    assert repr(CompiledRule(WatchRule(paths=("*.css",), then=Then.REFRESH))) == "<CompiledRule *.css then refresh>"


@pytest.mark.parametrize(
    ("path", "rule"),
    [("src/a.ts", 0), ("src/gen/a.ts", 3), ("src/version.ts", 3), ("lib/b.ts", 1), ("lib/gen/b.ts", 3), ("x.md", 2)],
)
def test_what_a_task_writes_is_left_to_rules_without_that_task(path, rule):
    build = ("npm", "run", "build")
    rules = compiled(
        [
            WatchRule(("src/**",), run=build, outputs=("gen/",)),
            WatchRule(("lib/**",), run=build, outputs=("src/version.ts",)),
            WatchRule(("*.md",), run=("lint",), outputs=("*.txt",)),
            WatchRule(("**",)),
        ]
    )
    assert [found.covers(path) for found in rules].index(True) == rule


def test_outputs_that_are_no_pattern_are_named():
    with pytest.raises(ConfigError, match=r"watch\.outputs"):
        compiled([WatchRule(("a",), run=("make",), outputs=("a/[z-a]",))])


@pytest.mark.parametrize(
    ("ignores", "shared"),
    [
        ([], ()),
        ([("vendor/", "*.svg")], ("vendor/", "*.svg")),
        ([("vendor/", "*.svg"), ("vendor/",)], ("vendor/",)),
        ([("vendor/",), ()], ()),
        ([("vendor/*", "!vendor/ours")], ()),
    ],
)
def test_what_every_rule_ignores_is_not_watched(ignores, shared):
    assert shared_ignores([WatchRule(("**",), ignore) for ignore in ignores]) == shared
