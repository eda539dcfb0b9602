import psutil
import pytest

from devserve.testing import Inside
from support.hooks import IMPORTS

SERVICE = """
[services.web]
command = ["python3", "-m", "http.server", "--bind", "127.0.0.1", "$PORT"]
"""
PLUGIN = (
    IMPORTS
    + """
@hookimpl
def devserve_response_headers(headers): headers.add(b"X-Tool", b"1")
"""
)


def repository(folder, text=SERVICE, plugin=PLUGIN):
    folder.mkdir(exist_ok=True)
    (folder / "devserve.toml").write_text(text)
    (folder / "tool.py").write_text(plugin)
    (folder / "index.html").write_text("<!doctype html><title>x</title><h1>hello</h1>")
    return folder


def test_a_whole_devserve_serves_over_tls(devserve_in, tmp_path):
    root = repository(tmp_path / "shop")
    running = devserve_in(root, root / "tool.py")
    assert running.states == {"web": "ready"}
    answer = running.get("web", "/", Accept="text/html")
    assert (answer.status, answer.headers["X-Tool"], answer.headers["X-Devserve"]) == (200, "1", "injected")
    assert "<h1>hello</h1>" in answer.text
    assert running.request("DELETE", "web").status == 501
    assert "web: " in running.output
    running.close()
    assert psutil.Process().children() == []


@pytest.mark.usefixtures("devserve_in")  # for its environment
def test_a_plugin_that_fails_fails_the_test(tmp_path):
    root = repository(tmp_path / "shop", plugin=PLUGIN.replace("headers.add", "headers.ad"))
    with pytest.raises(AssertionError, match=r"tool.py:5: AttributeError"), Inside(root, root / "tool.py") as running:
        running.get("web")


def test_state_is_the_tests_own(devserve_in, tmp_path, monkeypatch):
    devserve_in(repository(tmp_path / "shop"))
    assert list(tmp_path.iterdir()) == [tmp_path / "shop"]
