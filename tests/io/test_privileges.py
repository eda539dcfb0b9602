import json
import os
import pwd
import subprocess
import sys

import pytest

from devserve.io.privileges import drop

DROPPED = """
import json, os
from devserve.io.privileges import drop
name = drop(os.environ)
try:
    os.setuid(0)
    back = True
except PermissionError:
    back = False
print(json.dumps([name, os.getuid(), os.getgid(), os.environ["HOME"], "XDG_CONFIG_HOME" in os.environ, back]))
"""


@pytest.mark.parametrize("environment", [{}, {"SUDO_UID": "0", "SUDO_GID": "0"}, {"SUDO_UID": "x", "SUDO_GID": "1"}])
def test_without_sudo_nothing_is_given_up(environment):
    assert drop(environment) == ""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has something to give up")
def test_root_becomes_the_caller_of_sudo_for_good():
    nobody = pwd.getpwnam("nobody")
    sudo = {"SUDO_UID": str(nobody.pw_uid), "SUDO_GID": str(nobody.pw_gid), "XDG_CONFIG_HOME": "/root/.config"}
    output = subprocess.run(
        [sys.executable, "-c", DROPPED], env={**os.environ, **sudo}, capture_output=True, check=True
    )
    assert json.loads(output.stdout) == ["nobody", nobody.pw_uid, nobody.pw_gid, nobody.pw_dir, False, False]
