"""The Procfile plugin, found as installed and called through the public hooks."""

from __future__ import annotations

from pathlib import Path

import pytest

import devserve_procfile
from devserve import ConfigError, Ready, Service
from devserve.testing import hooks_for

PROCFILE = """\
# started by: foreman start
web: gunicorn app:app --bind 127.0.0.1:$PORT

Mail_API:   PORT=$PORT node mail.js
worker: celery -A tasks worker
"""


def services(folder: Path, procfile: str, *declared: Service) -> dict[str, Service]:
    (folder / "Procfile").write_text(procfile)
    return hooks_for(folder, devserve_procfile, services=declared).services


def test_each_line_becomes_a_service(tmp_path: Path) -> None:
    assert list(services(tmp_path, PROCFILE)) == ["web", "mail-api", "worker"]


def test_a_line_is_run_by_a_shell_in_the_repository(tmp_path: Path) -> None:
    web = services(tmp_path, PROCFILE)["web"]
    assert web.command == ("sh", "-c", "gunicorn app:app --bind 127.0.0.1:$PORT")
    assert web.root == tmp_path


def test_a_name_becomes_a_label_of_a_host_name(tmp_path: Path) -> None:
    assert services(tmp_path, PROCFILE)["mail-api"].host == "mail-api.test"


@pytest.mark.parametrize(
    ("name", "ready"),
    [("web", Ready(by="tcp")), ("mail-api", Ready(by="tcp")), ("worker", Ready(by="log", log=""))],
)
def test_what_does_not_listen_is_ready_at_its_first_line(tmp_path: Path, name: str, ready: Ready) -> None:
    assert services(tmp_path, PROCFILE)[name].ready == ready


def test_the_variables_of_dot_env_are_for_each(tmp_path: Path) -> None:
    assert {service.env_file for service in services(tmp_path, PROCFILE).values()} == {None}
    (tmp_path / ".env").write_text("LOG=debug\n")
    assert {service.env_file for service in services(tmp_path, PROCFILE).values()} == {tmp_path / ".env"}


def test_a_procfile_for_development_goes_first(tmp_path: Path) -> None:
    (tmp_path / "Procfile.dev").write_text("shop: npm run dev\n")
    assert list(services(tmp_path, PROCFILE)) == ["shop"]


def test_declared_services_win_over_the_procfile(tmp_path: Path) -> None:
    declared = Service(name="api", root=tmp_path, host="api.shop.localhost")
    assert list(services(tmp_path, PROCFILE, declared)) == ["api"]


def test_without_a_procfile_there_is_nothing_to_add(tmp_path: Path) -> None:
    assert hooks_for(tmp_path, devserve_procfile, services=()).services == {}


@pytest.mark.parametrize("line", ["just words", "__: run", "web:", "a b: run", ": run"])
def test_a_line_that_is_no_process_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(ConfigError) as caught:
        services(tmp_path, f"web: run\n{line}\n")
    said = f'{tmp_path}/Procfile:2: "{line}" is not "name: command"; put a # before it or mend it'
    assert caught.value.problems == (said,)


@pytest.mark.parametrize(
    ("name", "label"),
    [("devserve", "devserve-process"), ("_x_", "x"), ("A" * 70, "a" * 63), ("release-2", "release-2")],
)
def test_a_name_that_will_not_do_is_mended(tmp_path: Path, name: str, label: str) -> None:
    assert list(services(tmp_path, f"{name}: run\n")) == [label]


def test_a_procfile_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "Procfile").write_bytes(b"web: caf\xe9\n")
    with pytest.raises(ConfigError, match=r"^/.*/Procfile: not UTF-8; save it as UTF-8$"):
        hooks_for(tmp_path, devserve_procfile, services=())
