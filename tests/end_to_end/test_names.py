"""Names that do not lead to this machine yet, and root's rights that are given up before a repository is read."""

from __future__ import annotations

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from support.fleet_home import DEVSERVE, new_home, repository
from support.fleet_running import free_port, running
from support.hosts import mounted, stores_of_ours

WEB = """
[project]
domain = "names-test.example"
plugins = [{plugins}]
[services.web]
command = "python3 -m http.server --bind 127.0.0.1 $PORT"
livereload = {{ source = "off" }}
"""
PLUGIN = """
import os
print("plugin loaded by", os.geteuid(), os.environ["HOME"], flush=True)
"""


def ports() -> tuple[str, ...]:
    """Return flags for free ports."""
    return ("--https-port", str(free_port()), "--http-port", "0")


def test_a_name_that_leads_nowhere_is_said_until_setup_has_written_it(tmp_path: Path) -> None:
    hosts = tmp_path / "etc-hosts"
    hosts.write_text("127.0.0.1 localhost\n::1 localhost\n")
    inside = mounted(f"{stores_of_ours(tmp_path)}\nmount --bind '{hosts}' /etc/hosts")
    home = new_home(tmp_path, DEVSERVE_HOSTS_FILE="/etc/hosts")
    root = repository(tmp_path, WEB.format(plugins=""))
    said = "web.names-test.example leads nowhere yet, so no browser finds it; `devserve setup` mends that"
    with running(home, *ports(), cwd=root, wrapper=inside) as devserve:
        devserve.wait_for(lambda: said in devserve.output, "the name is said")

    def devserve_in(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*inside, DEVSERVE, *arguments],
            cwd=root,
            env=home.environment,
            capture_output=True,
            text=True,
            timeout=30,
            check=True,
        )

    assert "hosts --write --file /etc/hosts web.names-test.example" in devserve_in("setup", "--yes").stderr
    assert hosts.read_text().endswith("127.0.0.1 web.names-test.example\n::1 web.names-test.example\n# END devserve\n")
    with running(home, *ports(), cwd=root, wrapper=inside) as devserve:
        devserve.wait_ready("web")
        assert "names-test.example lead" not in devserve.output
    devserve_in("teardown", "--yes")
    assert hosts.read_text() == "127.0.0.1 localhost\n::1 localhost\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has something to give up")
def test_under_sudo_root_is_given_up_before_a_plugin_is_loaded(tmp_path: Path) -> None:
    reachable()
    nobody = pwd.getpwnam("nobody")
    for folder in (tmp_path, *tmp_path.parents):  # nobody must be able to come here
        if folder != Path("/") and folder.stat().st_uid == 0 and not folder.stat().st_mode & 0o005:
            folder.chmod(folder.stat().st_mode | 0o055)
    home = new_home(tmp_path, SUDO_UID=str(nobody.pw_uid), SUDO_GID=str(nobody.pw_gid), SUDO_USER="nobody")
    home.state.mkdir(mode=0o700)
    for path in (home.path, home.state):
        os.chown(path, nobody.pw_uid, nobody.pw_gid)
    root = repository(tmp_path, WEB.format(plugins='"plugin.py"'))
    (root / "plugin.py").write_text(PLUGIN)
    with running(home, *ports(), cwd=root) as devserve:
        devserve.wait_ready("web")
        said = f"plugin loaded by {nobody.pw_uid} {nobody.pw_dir}"
        devserve.wait_for(lambda: said in devserve.output, "who loads the plugin is said")
        service = devserve.listener_on(devserve.rows["web"].port)
        assert {owner(devserve.process.pid), owner(service)} == {nobody.pw_uid}
    assert {path.stat().st_uid for path in home.state.rglob("*")} == {nobody.pw_uid}


def owner(process: int) -> int:
    """Return who owns a process."""
    return Path(f"/proc/{process}").stat().st_uid


def reachable() -> None:
    """Skip where other users cannot come to this Python at all, as below /root."""
    closed = [folder for folder in Path(sys.base_prefix).resolve().parents if not folder.stat().st_mode & 0o001]
    if closed:
        pytest.skip(f"other users may not enter {closed[0]}, where this Python lies")
