import pytest

from devserve.live.script import parsed, version_of_package, version_of_script, with_plugin


@pytest.mark.parametrize(
    ("text", "version"),
    [("4.0.2", (4, 0, 2)), ("10.1", (10, 1)), ("4.0.0-beta.1", (4, 0, 0)), ("", (0,)), ("latest", (0,))],
)
def test_a_version_is_its_numbers(text, version):
    assert parsed(text) == version


@pytest.mark.parametrize(
    ("package", "version"),
    [('{"version": "4.0.2"}', (4, 0, 2)), ("{}", (0,)), ('{"version": 4}', (0,)), ("[]", (0,)), ("", (0,))],
)
def test_a_package_says_its_version(package, version):
    assert version_of_package(package) == version


def test_the_stock_script_says_its_version():
    assert version_of_script(b"  Version = '2.2.1';\n") == (2, 2, 1)
    assert version_of_script(b"nothing") == (0,)


def test_the_plugin_cannot_swallow_the_script():
    assert with_plugin(b"(() => {})()\n", b"(function(){})") == b"(() => {})()\n;\n(function(){})"
