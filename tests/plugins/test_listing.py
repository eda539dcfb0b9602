import json

import pytest

from devserve.plugins import Conduct
from devserve.plugins.listing import Listed, ListedHook, listed, listed_in, with_counts
from support.hooks import SERVICE, hooks_of

SOURCE = "@hookimpl\ndef devserve_output(): ...\n@hookimpl\ndef devserve_watch(): ...\n"


def test_plugins_are_listed_in_the_order_of_their_calls(tmp_path):
    found = listed("devserve.toml", hooks_of(tmp_path, SOURCE))
    file, own = str(tmp_path / "plugin.py"), found[-1]
    assert found[0] == Listed(
        file, file, "", "devserve.toml", (ListedHook("devserve_watch"), ListedHook("devserve_output"))
    )
    assert (own.name, own.source) == ("devserve", "devserve")
    assert [hook.name for hook in own.hooks] == ["devserve_watch", "devserve_changed", "devserve_snippet"]
    assert {"gulp", "procfile"} <= {each.name for each in found}


def test_what_came_of_the_calls_is_counted(tmp_path):
    hooks = hooks_of(tmp_path, SOURCE, Conduct(clock=iter([1.0, 1.25] * 9).__next__))
    hooks.output(SERVICE, "x")
    (first, *_) = listed("devserve.toml", hooks, counted=True)
    assert ListedHook("devserve_output", 1, 250.0) in first.hooks
    assert ListedHook("devserve_watch", 0, 0.0) in first.hooks


def test_a_listed_plugin_comes_through_json(tmp_path):
    for each in listed("devserve.toml", hooks_of(tmp_path, SOURCE), counted=True):
        assert listed_in(json.loads(json.dumps(each.as_data()))) == each


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"name": "x", "source": "", "version": "", "project": "", "hooks": [3]},
        {"name": 1, "source": "", "version": "", "project": "", "hooks": []},
    ],
)
def test_what_is_no_listed_plugin_is_refused(data):
    with pytest.raises(ValueError, match="plugin"):
        listed_in(data)


def test_what_runs_is_shown_with_its_counts():
    here = [Listed("a", "a", "1", "x"), Listed("b", "b", "1", "x")]
    running = [Listed("b", "b", "1", "x", (ListedHook("devserve_watch", 3, 1.0),)), Listed("b", "b", "1", "y")]
    assert with_counts(here, running) == [here[0], running[0]]
