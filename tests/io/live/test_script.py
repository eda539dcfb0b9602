import json
import logging

import pytest

from devserve.config.values import Livereload, Service
from devserve.io.live.script import Scripts, stock_script

HOST = "livereload.web.test"


def service(root, **livereload):
    return Service("web", root, "web.test", livereload=Livereload(**livereload))


def install(folder, version, file="dist/livereload.js"):
    package = folder / "node_modules/livereload-js"
    (package / file).parent.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"version": version}))
    (package / file).write_text(f"/* {version} */")


def served(*services):
    return Scripts(services).of(HOST)


def test_the_stock_script_is_protocol_7s_client():
    assert b"official-7" in stock_script()


def test_our_plugin_stands_in_front(tmp_path):
    script = served(service(tmp_path))
    assert script.index(b"LiveReloadPluginDevserve") < script.index(stock_script())


@pytest.mark.parametrize(("version", "own"), [("4.0.2", True), ("2.2.2", True), ("2.2.1", False), ("1.0", False)])
def test_a_repositorys_newer_package_is_served_instead(tmp_path, version, own):
    install(tmp_path, version)
    assert (f"/* {version} */".encode() in served(service(tmp_path))) is own


def test_a_package_is_found_where_node_would_find_it_but_not_outside_the_repository(tmp_path):
    inside = tmp_path / "repository" / "services" / "web"
    inside.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    install(tmp_path, "9.0.0")
    assert b"9.0.0" not in served(service(inside))
    install(tmp_path / "repository", "4.0.2")
    assert b"4.0.2" in served(service(inside))


def test_a_named_script_wins(tmp_path):
    install(tmp_path, "4.0.2")
    (tmp_path / "own.js").write_text("/* mine */")
    script = served(service(tmp_path, script=tmp_path / "own.js"))
    assert b"LiveReloadPluginDevserve" in script
    assert script.endswith(b"/* mine */")


def test_a_named_script_that_is_not_there_is_said(tmp_path, caplog):
    with caplog.at_level(logging.WARNING, logger="devserve"):
        assert served(service(tmp_path, script=tmp_path / "gone.js")) == served()
    assert "mend script in [services.web.livereload]" in caplog.text


def test_each_livereload_host_has_its_own(tmp_path):
    install(tmp_path, "4.0.2")
    assert b"4.0.2" not in Scripts([service(tmp_path)]).of("livereload.mail.test")


def test_a_hosts_own_script_is_forgotten_and_found_again(tmp_path):
    (tmp_path / "own.js").write_text("/* own */")
    own = service(tmp_path, script=tmp_path / "own.js")
    scripts = Scripts([own])
    scripts.remove(own)
    assert b"/* own */" not in scripts.of(HOST)
    scripts.add(own)
    assert b"/* own */" in scripts.of(HOST)
