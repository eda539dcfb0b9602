import pytest

from support.command_line import devserve

PLUGIN = """
from devserve import *
@hookimpl
def devserve_services(project):
    return [Service("docs", project.root, "docs.other.test")]
"""


@pytest.mark.usefixtures("repository")
def test_setup_can_be_tried():
    result = devserve("setup", "--dry-run", "--store", "nss")
    assert result.exit_code == 0
    assert "certificate authority" in result.stderr


@pytest.mark.usefixtures("repository")
def test_setup_needs_somebody_who_can_be_asked():
    result = devserve("setup")
    assert result.exit_code == 2
    assert "--yes" in result.stderr


@pytest.mark.usefixtures("repository")
def test_teardown_has_nothing_to_do_where_nothing_was_set_up():
    result = devserve("teardown", "--yes")
    assert (result.exit_code, result.stderr) == (0, "there was nothing to do\n")


@pytest.mark.parametrize("is_allowed", [True, False])
def test_setup_knows_the_hosts_that_allowed_plugins_add(repository, is_allowed):
    (repository / "devserve.toml").write_text('[project]\nplugins = ["own.py"]\n')
    (repository / "own.py").write_text(PLUGIN)
    if is_allowed:
        devserve("allow", "--yes")
    result = devserve("setup", "--dry-run", "--store", "nss")
    assert ("a new certificate authority for names below docs.other.test, localhost" in result.stderr) is is_allowed
    assert ("own.py: not allowed to run yet, and left out here" in result.stderr) is not is_allowed
