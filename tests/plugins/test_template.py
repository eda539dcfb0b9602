import ast
import tomllib

import pytest

from devserve.errors import UsageError
from devserve.plugins.template import FILES, package_for


def test_a_package_is_named_after_its_plugin():
    files = package_for("blue-sky", {})
    project = tomllib.loads(files["pyproject.toml"])
    assert project["project"]["name"] == "devserve-blue-sky"
    assert project["project"]["entry-points"]["devserve"] == {"blue_sky": "devserve_blue_sky"}
    assert "[plugins.blue_sky]" in files["README.md"]
    assert {"devserve_blue_sky.py", "tests/test_blue_sky.py", ".github/workflows/test.yml"} < set(files)
    assert not any(word in text for text in files.values() for word in ("MODULE", "devserve-NAME"))


def test_its_python_files_are_python():
    files = package_for("blue", {})
    assert all(ast.parse(text) for path, text in files.items() if path.endswith(".py"))
    assert len(files) == len(FILES)


@pytest.mark.parametrize(
    ("name", "try_"),
    [
        ("Blue", "blue"),
        ("devserve-blue", "blue"),
        ("devserve_blue", "blue"),
        ("2blue", "blue"),
        ("../x", "x"),
        ("9", "headers"),
    ],
)
def test_what_is_no_name_for_a_package_is_refused_with_one_that_is(name, try_):
    with pytest.raises(UsageError, match=rf"try: devserve plugins new {try_}$"):
        package_for(name, {})


def test_a_name_that_a_plugin_has_is_refused():
    with pytest.raises(UsageError, match=r"^gulp: a plugin gulp is here already \(devserve\); choose another name$"):
        package_for("gulp", {"gulp": "devserve"})
