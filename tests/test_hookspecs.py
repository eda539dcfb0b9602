import inspect

import pluggy
import pytest

from devserve import hookspecs

HOOKS = [name for name, _ in inspect.getmembers(hookspecs, inspect.isfunction) if name.startswith("devserve_")]


def test_every_hook_is_a_hookspec():
    plugins = pluggy.PluginManager("devserve")
    plugins.add_hookspecs(hookspecs)
    assert all(getattr(plugins.hook, name).spec is not None for name in HOOKS)


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_says_when_it_is_called_and_is_typed(name):
    hook = getattr(hookspecs, name)
    assert "Called" in hook.__doc__
    signature = inspect.signature(hook)
    assert all(each.annotation is not inspect.Parameter.empty for each in signature.parameters.values())
    assert signature.return_annotation is not inspect.Signature.empty
