import logging
from dataclasses import replace
from pathlib import Path

import pytest

from devserve import plugins
from devserve.config.load import load
from devserve.config.values import Project
from devserve.errors import ConfigError
from support.hooks import IMPORTS, SERVICE

MODEL = """
from pydantic import BaseModel, Field

class Told(BaseModel):
    owner: str
    port: int = 3000

@hookimpl
def devserve_settings(): return Told
"""
HEADERS = (
    MODEL
    + """
@hookimpl
def devserve_response_headers(headers, service):
    headers.add(b"X-Owner", service.settings_for(Told).owner.encode())

@hookimpl
def devserve_services(project):
    return [Service("docs", project.root, f"{project.settings_for(Told).owner}.test")]
"""
)


def project_of(folder: Path, table: str, source: str = HEADERS, more: str = "") -> Project:
    (folder / "headers.py").write_text(IMPORTS + source)
    text = f'[project]\nplugins = ["headers.py"]\n{more}\n[services.web]\nport = 1\n{table}'
    (folder / "devserve.toml").write_text(text)
    return load(text, folder / "devserve.toml")


def test_a_plugins_hooks_find_what_its_table_says(tmp_path):
    project = project_of(tmp_path, '[plugins.headers]\nowner = "shop"\n')
    found = plugins.load(project).services(project)
    assert [service.host for service in found.services] == ["web.localhost", "shop.test"]
    (told,) = found.services[0].settings
    assert (told.owner, told.port) == ("shop", 3000)
    assert found.services[1].settings == (told,)


@pytest.mark.parametrize(
    ("table", "sentences"),
    [
        (
            '[plugins.headers]\nown = "x"\nowner = "y"\n',
            ['7:1: unknown key "own" in [plugins.headers]; did you mean "owner"?'],
        ),
        (
            '[plugins.headers]\nz = "x"\nowner = "y"\n',
            ['7:1: unknown key "z" in [plugins.headers]; known are "owner", "port"'],
        ),
        ("[plugins.headers]\nport = 3\n", ['6:10: [plugins.headers] needs "owner"']),
        ("", ['1:1: [plugins.headers] needs "owner"']),
        (
            '[plugins.headers]\nowner = 3\nport = "x"\n',
            [
                '7:1: "owner" in [plugins.headers]: input should be a valid string, not 3',
                '8:1: "port" in [plugins.headers]: input should be a valid integer, '
                'unable to parse string as an integer, not "x"',
            ],
        ),
    ],
)
def test_a_mistake_in_a_table_has_its_place(tmp_path, table, sentences):
    with pytest.raises(ConfigError) as raised:
        plugins.load(project_of(tmp_path, table))
    assert list(raised.value.problems) == [f"{tmp_path}/devserve.toml:{sentence}" for sentence in sentences]


def test_a_model_decides_what_else_its_table_may_say(tmp_path):
    source = MODEL.replace("owner: str", "owner: str = ''\n    model_config = {'extra': 'MODE'}")
    plugins.load(project_of(tmp_path, "[plugins.headers]\nx = 1\n", source.replace("MODE", "allow")))
    with pytest.raises(ConfigError, match=r'7:1: unknown key "x" in \[plugins.headers\]; take it out'):
        plugins.load(project_of(tmp_path, "[plugins.headers]\nx = 1\n", source.replace("MODE", "forbid")))


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (
            "cache",
            "6:10: [plugins.cache]: no plugin cache is installed here; "
            "install it (devserve-cache?), or take the table out",
        ),
        ("haeders", "6:10: [plugins.haeders]: no plugin haeders is installed here; did you mean [plugins.headers]?"),
        ("headers", "6:10: [plugins.headers]: {folder}/headers.py has no settings; take the table out"),
    ],
)
def test_a_table_that_nobody_reads_is_said(tmp_path, caplog, table, sentence):
    plugins.load(project_of(tmp_path, f"[plugins.{table}]\nx = 1\n", "# nothing\n"))
    assert caplog.messages == [f"{tmp_path}/devserve.toml:{sentence.format(folder=tmp_path)}"]


def test_nothing_is_said_of_the_table_of_a_plugin_that_is_switched_off(tmp_path, caplog):
    with caplog.at_level(logging.INFO, "devserve"):
        plugins.load(project_of(tmp_path, "[plugins.gulp]\nx = 1\n", "# nothing\n", 'disable_plugins = ["gulp"]'))
    assert caplog.messages == []


@pytest.mark.parametrize("returned", ["3", "dict", "Told(owner='x')"])
def test_what_is_no_model_is_refused(tmp_path, returned):
    with pytest.raises(ConfigError, match=r"devserve_settings returned .*; have it return a pydantic model"):
        plugins.load(project_of(tmp_path, "", MODEL.replace("return Told", f"return {returned}")))


def test_settings_that_no_plugin_has_are_a_mistake_of_the_plugin():
    with pytest.raises(LookupError, match="no plugin has the settings Project"):
        SERVICE.settings_for(Project)


def test_another_table_is_another_fingerprint(tmp_path):
    one, other = (project_of(tmp_path, f'[plugins.headers]\nowner = "{name}"\n') for name in ("a", "b"))
    assert plugins.fingerprint(one) != plugins.fingerprint(other)


def test_an_installed_plugin_whose_table_must_say_something_takes_part_only_where_it_does(tmp_path):
    without = plugins.load(Project(tmp_path / "devserve.toml"))
    assert not without.on_requests
    assert "mock" in [plugin.name for plugin in without.plugins]
    tables = {"mock": {"services": {"contacts": "mocks"}}}
    assert plugins.load(Project(tmp_path / "devserve.toml", tables=tables)).on_requests


def test_two_plugins_that_would_have_one_table_are_named(tmp_path):
    project = project_of(tmp_path, '[plugins.headers]\nowner = "shop"\n')
    (tmp_path / "more").mkdir()
    other = tmp_path / "more" / "headers.py"
    other.write_text(IMPORTS + MODEL)
    both = replace(project, plugins=(*project.plugins, other))
    with pytest.raises(
        ConfigError, match=r"both have the table \[plugins.headers\]; give the file another name"
    ) as raised:
        plugins.load(both)
    assert str(other) in str(raised.value)
