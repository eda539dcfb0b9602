import logging
import sys
from types import ModuleType

import pytest

from devserve import defaults, plugins
from devserve.config.values import Project, Then, WatchRule
from devserve.errors import ConfigError
from devserve.http1 import Headers, Request
from devserve.plugins import Conduct
from devserve.plugins.verify import HOOKS
from support.hooks import SERVICE, hooks_of

REQUEST = Request(b"GET", b"/", Headers())
PACKAGE = """\
from devserve import WatchRule, hookimpl

@hookimpl
def devserve_watch():
    return [WatchRule(("installed",))]
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a plugin package for one test: a module and the metadata beside it."""

    def install(source: str, name: str = "blue", point: str = "") -> None:
        folder = tmp_path / "site-packages"
        information = folder / f"devserve_{name}-1.2.dist-info"
        information.mkdir(parents=True)
        (folder / f"devserve_{name}.py").write_text(source)
        point = point or f"{name} = devserve_{name}"
        (information / "METADATA").write_text(f"Metadata-Version: 2.1\nName: devserve-{name}\nVersion: 1.2\n")
        (information / "entry_points.txt").write_text(f"[devserve]\n{point}\n")
        monkeypatch.syspath_prepend(folder)

    yield install
    for each in [each for each in sys.modules if each.startswith(("devserve_blue", "devserve_green"))]:
        del sys.modules[each]


def test_an_installed_plugin_is_seen_by_every_project(tmp_path, install):
    install(PACKAGE)
    for name in ("one", "other"):
        hooks = plugins.load(Project(tmp_path / name / "devserve.toml"))
        assert WatchRule(("installed",)) in hooks.watch(SERVICE)
    (found,) = [each for each in hooks.plugins if each.name == "blue"]
    assert str(found) == "the plugin blue (devserve-blue 1.2)"
    assert not found.is_file


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("import nowhere", "devserve_blue.py:1: ModuleNotFoundError: No module named 'nowhere'"),
        (PACKAGE.replace("watch", "wacth"), "devserve_blue.py:4: there is no hook devserve_wacth; did you mean"),
    ],
)
def test_an_installed_plugin_that_is_broken_is_left_out_with_its_version(tmp_path, install, caplog, source, sentence):
    install(source)
    hooks = plugins.load(Project(tmp_path / "devserve.toml"))
    assert "blue" not in [each.name for each in hooks.plugins]
    assert "the installed plugin blue (devserve-blue 1.2) is left out: " in caplog.text
    assert sentence in caplog.text
    with pytest.raises(ConfigError, match=r"the installed plugin blue \(devserve-blue 1.2\)"):
        plugins.load(Project(tmp_path / "devserve.toml"), Conduct(is_strict=True))


@pytest.mark.parametrize(
    ("point", "sentence"),
    [
        (
            "blue = devserve_green",
            r"blue (devserve-green 1.2) is left out: devserve-blue 1.2 has a plugin of that name",
        ),
        ("green = devserve_blue", "green (devserve-green 1.2) is left out: it has the module of the plugin blue"),
        ("devserve = devserve_green", "devserve (devserve-green 1.2) is left out: devserve 0.1.0 has a plugin of that"),
        ("green = devserve_green:WatchRule", "green (devserve-green 1.2) is left out: it is no module but <class"),
    ],
)
def test_one_of_two_installed_plugins_that_clash_is_left_out(tmp_path, install, caplog, point, sentence):
    install(PACKAGE)
    install(PACKAGE, "green", point)
    hooks = plugins.load(Project(tmp_path / "devserve.toml"))
    assert sentence in caplog.text
    assert [each.package for each in hooks.plugins if each.name in ("blue", "green")] == ["devserve-blue"]
    assert len([rule for rule in hooks.watch(SERVICE) if rule.paths == ("installed",)]) == 1


def test_a_plugin_that_is_given_stands_for_the_installed_one_of_its_name(tmp_path, install):
    install(PACKAGE)
    module = ModuleType("blue")
    hooks = plugins.load(Project(tmp_path / "devserve.toml"), beside=[module])
    assert [each.module for each in hooks.plugins if each.name == "blue"] == [module]


def test_a_file_that_is_named_twice_is_loaded_once(tmp_path):
    file = tmp_path / "plugin.py"
    file.write_text("from devserve import *\n@hookimpl\ndef devserve_watch(): return [WatchRule(('x',))]\n")
    hooks = plugins.load(Project(tmp_path / "devserve.toml", plugins=(file, file)))
    assert [rule.paths for rule in hooks.watch(SERVICE)].count(("x",)) == 1


def test_what_is_wrong_with_an_installed_plugin_is_said_once_for_all_projects(tmp_path, install, caplog):
    install("import nowhere")
    conduct = Conduct()
    for name in ("one", "other"):
        plugins.load(Project(tmp_path / name / "devserve.toml"), conduct)
    assert len(caplog.messages) == 1
    plugins.load(Project(tmp_path / "devserve.toml"), Conduct(is_quiet=True))
    assert len(caplog.messages) == 1


def test_an_installed_plugin_that_fails_at_the_start_stops_nobody(tmp_path, install, caplog):
    install(PACKAGE.replace("    return", "    raise KeyError('x')\n    return"))
    project = Project(tmp_path / "devserve.toml")
    assert plugins.load(project).watch(SERVICE)
    assert "web: the plugin blue (devserve-blue 1.2), " in caplog.text
    assert "devserve_blue.py:5: KeyError: 'x'; devserve goes on without it" in caplog.text
    with pytest.raises(ConfigError, match=r'mend this plugin\'s devserve_watch, or disable_plugins = \["blue.watch"\]'):
        plugins.load(project, Conduct(is_strict=True)).watch(SERVICE)


def test_two_repositories_have_plugins_of_one_name(tmp_path):
    found = []
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        source = (
            "from __future__ import annotations\nfrom dataclasses import dataclass\n"
            f"@dataclass\nclass Value:\n    text: str = '{name}'\n"
            "@hookimpl\ndef devserve_watch(): return [WatchRule((Value().text,))]\n"
        )
        file = tmp_path / name / "plugin.py"
        file.write_text(source.replace("\n", "\nfrom devserve import *\n", 1))
        found.append(plugins.load(Project(tmp_path / name / "devserve.toml", plugins=(file,))))
    assert [hooks.watch(SERVICE)[0].paths for hooks in found] == [("one",), ("other",)]


def test_the_hooks_stay_when_their_file_is_broken(tmp_path):
    hooks = hooks_of(tmp_path, "TEXT = '*.po'\n@hookimpl\ndef devserve_watch(): return [WatchRule((TEXT,))]\n")
    with pytest.raises(ConfigError):
        hooks_of(tmp_path, "TEXT = 1 / 0\n")
    assert hooks.watch(SERVICE)[0].paths == ("*.po",)


@pytest.mark.parametrize(
    ("disabled", "tags", "rules", "then"),
    [
        ((), 1, 2, Then.REFRESH),
        (("devserve.snippet",), 0, 2, Then.REFRESH),
        (("devserve.watch",), 1, 0, Then.REFRESH),
        (("devserve.changed",), 1, 2, Then.NOTHING),
        (("devserve",), 0, 0, Then.NOTHING),
    ],
)
def test_each_default_can_be_switched_off(tmp_path, disabled, tags, rules, then):
    hooks = hooks_of(tmp_path, disabled_plugins=disabled)
    assert len(hooks.snippet(SERVICE, REQUEST, "/livereload.js")) == tags
    assert len(hooks.watch(SERVICE)) == rules
    assert hooks.changed(SERVICE, WatchRule(("*.css",), then=Then.REFRESH), ["a.css"]).then is then


def test_every_default_is_switched_off_above():
    marks = test_each_default_can_be_switched_off.pytestmark
    named = {name for case in marks[0].args[1] for name in case[0]}
    assert {f"devserve.{hook.removeprefix('devserve_')}" for hook in vars(defaults) if hook in HOOKS} <= named


@pytest.mark.parametrize(
    ("disabled", "reads"),
    [(("gulp", "python"), False), (("gulp.output", "python.output"), False), (("procfile",), True)],
)
def test_an_installed_plugin_or_one_hook_of_it_can_be_switched_off(tmp_path, disabled, reads):
    assert hooks_of(tmp_path, disabled_plugins=disabled).reads_output is reads


@pytest.mark.parametrize(
    ("disabled", "sentence"),
    [
        (
            "devserve.snipet",
            r"devserve.toml: project.disable_plugins: there is no devserve.snipet; did you mean devserve",
        ),
        ("gulp.devserve_output", "did you mean gulp.output"),
    ],
)
def test_a_hook_that_a_plugin_does_not_have_cannot_be_switched_off(tmp_path, disabled, sentence):
    with pytest.raises(ConfigError, match=sentence):
        hooks_of(tmp_path, disabled_plugins=(disabled,))


def test_a_plugin_that_is_not_installed_here_may_be_switched_off(tmp_path):
    hooks_of(tmp_path, disabled_plugins=("of_a_colleague", "of_a_colleague.watch"))


def test_a_fingerprint_tells_whether_the_files_are_the_same(tmp_path):
    hooks = hooks_of(tmp_path, "# one\n")
    project = Project(tmp_path / "devserve.toml", plugins=(tmp_path / "plugin.py",))
    assert hooks.fingerprint == plugins.fingerprint(project)
    (tmp_path / "plugin.py").write_text("# other\n")
    assert hooks.fingerprint != plugins.fingerprint(project)


def test_what_a_file_prints_is_not_what_a_command_gives_to_programs(tmp_path, capsys):
    hooks_of(tmp_path, "print('loaded')\n")
    assert tuple(capsys.readouterr()) == ("", "loaded\n")


def test_a_file_that_is_not_there_is_a_sentence(tmp_path):
    with pytest.raises(ConfigError, match=r"gone.py: the plugin cannot be loaded: FileNotFoundError"):
        plugins.load(Project(tmp_path / "devserve.toml", plugins=(tmp_path / "gone.py",)))


def test_nothing_is_said_of_plugins_that_are_right(tmp_path, caplog):
    with caplog.at_level(logging.INFO, "devserve"):
        hooks_of(tmp_path, "@hookimpl\ndef devserve_watch(): return []\n").watch(SERVICE)
    assert caplog.messages == []
