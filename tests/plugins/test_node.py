"""The Node plugin, called through the public hooks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import devserve_node
from devserve import Service
from devserve.testing import Hooked

VITE_HOSTS = "__VITE_ADDITIONAL_SERVER_ALLOWED_HOSTS"
PAGES_SOCKET = "--client-web-socket-url auto://0.0.0.0:0/ws"
BOTH_IN_VITE = 'In vite.config.js write server: { allowedHosts: ["web.test", "www.test"] }'
VITE = '{"scripts": {"dev": "vite"}}'


def services(hooked: Callable[..., Hooked], root: Path, **files: str) -> list[Service]:
    for name, text in files.items():
        (root / name).write_text(text)
    return list(devserve_node.devserve_services(replace(hooked(devserve_node).project, services=())))


@pytest.mark.parametrize(
    ("lock", "command"),
    [
        ("package-lock.json", ("npm", "run", "dev", "--", "--port", "$PORT", "--strictPort")),
        ("pnpm-lock.yaml", ("pnpm", "run", "dev", "--port", "$PORT", "--strictPort")),
        ("yarn.lock", ("yarn", "run", "dev", "--port", "$PORT", "--strictPort")),
    ],
)
def test_a_script_is_started_by_the_package_manager_of_the_lock_file(
    hooked: Callable[..., Hooked], tmp_path: Path, lock: str, command: tuple[str, ...]
) -> None:
    (service,) = services(hooked, tmp_path, **{"package.json": VITE, lock: ""})
    assert (service.command, service.dev_server) == (command, "vite")


@pytest.mark.parametrize("files", [{"package.json": "{}"}, {"package.json": VITE, "Procfile": "web: x"}, {}])
def test_what_has_no_script_or_a_procfile_is_left_alone(
    hooked: Callable[..., Hooked], tmp_path: Path, files: dict[str, str]
) -> None:
    assert services(hooked, tmp_path, **files) == []


def installed(root: Path, packages: str) -> None:
    """Have packages, as NAME@VERSION, in a folder, as npm leaves them."""
    for name, _, version in (each.rpartition("@") for each in packages.split()):
        folder = root / "node_modules" / name
        folder.mkdir(parents=True)
        (folder / "package.json").write_text(json.dumps({"version": version}))


def web(hooked: Callable[..., Hooked], root: Path, dev_server: str, packages: str, **fields: object) -> Hooked:
    """A service of two hosts that a command starts."""
    installed(root, packages)
    service = Service("web", root, "web.test", ("www.test", "web.localhost"), command=(dev_server,))
    return hooked(devserve_node, service=replace(service, dev_server=dev_server, **fields))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("packages", "dev_server", "hosts"),
    [
        ("vite@8.1.0", "vite", "web.test,www.test"),
        ("vite@9.0.0", "", "web.test,www.test"),  # in a server of its own
        ("vite@8.0.16", "vite", "web.test"),
        ("vite@6.1.0", "vite", "web.test"),
        ("vite@6.0.15", "vite", None),
        ("vite@next", "vite", "web.test"),
        ("", "vite", "web.test"),
        ("", "", None),
        ("vite@8.1.0 @angular/build/node_modules/vite@7.3.6", "vite", "web.test,www.test"),
        ("vite@8.1.0 @angular/build/node_modules/vite@7.3.6", "ng", "web.test"),
        ("vite@8.1.0", "ng", "web.test,www.test"),
    ],
)
def test_vite_is_told_the_hosts_that_its_version_takes(
    hooked: Callable[..., Hooked], tmp_path: Path, packages: str, dev_server: str, hosts: str | None
) -> None:
    assert web(hooked, tmp_path, dev_server, packages).command().env.get(VITE_HOSTS) == hosts


def test_what_a_service_has_been_told_itself_stays(hooked: Callable[..., Hooked], tmp_path: Path) -> None:
    assert web(hooked, tmp_path, "vite", "", env={VITE_HOSTS: ""}).command().env[VITE_HOSTS] == ""


def test_the_server_side_of_angular_is_told_all(hooked: Callable[..., Hooked], tmp_path: Path) -> None:
    env = web(hooked, tmp_path, "ng", "").command().env
    assert env["NG_ALLOWED_HOSTS"] == "web.test,www.test,web.localhost,localhost"


@pytest.mark.parametrize(("version", "is_told"), [("16.2.0", True), ("17.0.0", True), ("16.1.9", False), ("", False)])
def test_a_next_that_would_refuse_is_told_by_an_adapter(
    hooked: Callable[..., Hooked], tmp_path: Path, version: str, is_told: bool
) -> None:
    env = web(hooked, tmp_path, "next", f"next@{version}").command().env
    assert env.get("DEVSERVE_HOSTS") == ("web.test,www.test" if is_told else None)
    assert ("NEXT_ADAPTER_PATH" in env and Path(env["NEXT_ADAPTER_PATH"]).is_file()) is is_told


@pytest.mark.parametrize(
    ("script", "configuration", "packages", "added"),
    [
        ("webpack serve", "", "webpack-dev-server@5.2.7", f"-- ALLOWED {PAGES_SOCKET}"),
        ("webpack serve", "client: { overlay: false }", "webpack-dev-server@4.0.0", f"-- ALLOWED {PAGES_SOCKET}"),
        ("webpack serve", "client: false", "webpack-dev-server@5.2.7", "-- ALLOWED"),
        ("webpack serve", "webSocketURL: 'auto://0.0.0.0:0/ws'", "webpack-dev-server@5.2.7", "-- ALLOWED"),
        ("webpack serve", "", "webpack-dev-server@3.11.3", ""),
        ("webpack serve", "", "", ""),
        ("(webpack serve)", "", "webpack-dev-server@5.2.7", ""),
    ],
)
@pytest.mark.parametrize("file", ["webpack.config.js", "config/webpack.dev.ts", "build/server/options.cjs"])
def test_webpack_is_told_by_its_arguments_where_it_would_start_with_them(
    hooked: Callable[..., Hooked],
    tmp_path: Path,
    script: str,
    file: str,
    configuration: str,
    packages: str,
    added: str,
) -> None:
    if file.startswith("build"):
        script = script.replace("serve", "serve --config build/server/dev.js")
    (tmp_path / "package.json").write_text(json.dumps({"scripts": {"start": script}}))
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(configuration)
    service = web(hooked, tmp_path, "webpack", packages, command=("npm", "start"))
    allowed = added.replace("ALLOWED", "--allowed-hosts web.test --allowed-hosts www.test")
    assert service.command().argv == ("npm", "start", *allowed.split())


def test_hosts_below_localhost_need_not_be_told(hooked: Callable[..., Hooked], tmp_path: Path) -> None:
    alone = {"host": "web.localhost", "aliases": ()}
    command = web(hooked, tmp_path, "webpack-dev-server", "webpack-dev-server@5.2.7", **alone).command()
    assert command.argv == ("webpack-dev-server", *PAGES_SOCKET.split())


@pytest.mark.parametrize(
    ("dev_server", "packages", "files", "fix"),
    [
        ("vite", "vite@8.1.0", {}, None),
        ("vite", "vite@8.0.0", {}, 'In vite.config.js write server: { allowedHosts: ["www.test"] }'),
        ("vite", "vite@5.4.21", {}, BOTH_IN_VITE),
        ("vite", "vite@8.0.0", {"vite.config.ts": "['www.test']"}, None),
        ("vite", "vite@5.4.21", {"vite.config.js": "server: { allowedHosts: true }"}, None),
        ("vite", "vite@5.4.21", {"vite.config.js": "server: { allowedHosts: ['.test'] }"}, None),
        ("vite", "vite@5.4.21", {"vite.config.js": "import '.testing'; allowedHosts: trueHosts"}, BOTH_IN_VITE),
        ("ng", "vite@7.3.6", {}, 'In angular.json, below serve\'s options, write "allowedHosts": ["www.test"]'),
        ("webpack", "webpack-dev-server@5.2.7", {}, None),
        (
            "webpack",
            "webpack-dev-server@3.11.3",
            {},
            'In webpack.config.js write devServer: { allowedHosts: ["web.test", "www.test"], '
            'client: { webSocketURL: "auto://0.0.0.0:0/ws" } }',
        ),
        (
            "webpack",
            "",
            {"webpack.config.js": "'web.test', client: false"},
            'In webpack.config.js write devServer: { allowedHosts: ["www.test"] }',
        ),
        ("webpack", "", {"webpack.config.js": "'web.test', 'www.test', client: false"}, None),
        ("webpack", "", {"webpack.config.js": 'allowedHosts: "all", client: false'}, None),
        ("ng", "vite@7.3.6", {"angular.json": '"allowedHosts": true'}, None),
        ("next", "", {}, None),
    ],
)
def test_doctor_says_what_a_server_cannot_be_told(
    hooked: Callable[..., Hooked],
    tmp_path: Path,
    dev_server: str,
    packages: str,
    files: dict[str, str],
    fix: str | None,
) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    command = ("webpack", "serve") if dev_server == "webpack" else (dev_server,)
    found = asyncio.run(web(hooked, tmp_path, dev_server, packages, command=command).doctor())
    assert [each.fix for each in found] == ([] if fix is None else [fix])


def test_doctor_says_so_when_it_is_the_socket_alone(hooked: Callable[..., Hooked], tmp_path: Path) -> None:
    alone = {"host": "web.localhost", "aliases": ()}
    (found,) = asyncio.run(web(hooked, tmp_path, "webpack", "", command=("webpack", "serve"), **alone).doctor())
    assert found.said == "webpack cannot be told where its socket is by its start"
    assert found.fix == 'In webpack.config.js write devServer: { client: { webSocketURL: "auto://0.0.0.0:0/ws" } }'
