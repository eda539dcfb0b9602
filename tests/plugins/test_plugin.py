from types import ModuleType

import pytest

from devserve.plugins.plugin import Plugin


@pytest.mark.parametrize(
    ("file", "package", "said", "folder"),
    [
        ("/site/blue/__init__.py", "blue-kit", "the plugin blue (blue-kit 1.2)", "/site/blue/"),
        ("/site/blue.py", "blue-kit", "the plugin blue (blue-kit 1.2)", "/site/blue.py"),
        ("/repository/blue.py", "", "blue", "/repository/blue.py"),
    ],
)
def test_a_plugin_is_named_with_its_package_and_version(file, package, said, folder):
    module = ModuleType("blue")
    module.__file__ = file
    plugin = Plugin("blue", module, package, "1.2" if package else "")
    assert (str(plugin), plugin.folder, plugin.is_file) == (said, folder, not package)
    assert plugin.blamed(f"{file}:3: oops") == (f"{said}, {file}:3: oops" if package else f"{file}:3: oops")
