import asyncio
import ssl

import psutil
import pytest
from tornado.httpclient import HTTPRequest  # noqa: TID251 - websocket_connect takes fields in this form only
from tornado.netutil import DefaultExecutorResolver, OverrideResolver
from tornado.websocket import websocket_connect

from devserve.app import setup
from devserve.errors import AuthorityError
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
    assert running.states["web"].startswith("ready")
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


@pytest.mark.usefixtures("devserve_in")
def test_a_plugin_that_has_failed_before_a_request_is_named_by_it(tmp_path):
    root = repository(tmp_path / "shop", plugin=IMPORTS + "@hookimpl\ndef devserve_ready(): 1 / 0\n")
    running = Inside(root, root / "tool.py").__enter__()
    running._thread.join(30)  # the failure has ended it
    with pytest.raises(AssertionError, match=r"tool.py:4: ZeroDivisionError"):
        running.get("web")
    running.close()


@pytest.mark.usefixtures("devserve_in")
def test_what_keeps_devserve_from_serving_is_raised(tmp_path):
    adds = "@hookimpl\ndef devserve_services(project): return [Service('a', project.root, 'a.example.com')]\n"
    root = repository(tmp_path / "shop", plugin=IMPORTS + adds)
    setup.authority_for([])  # as an earlier run has made it, for localhost only
    with pytest.raises(AuthorityError, match=r'no certificate for "a.example.com"'), Inside(root, root / "tool.py"):
        pass


@pytest.mark.usefixtures("devserve_in")
def test_what_ends_devserve_later_is_raised_too(tmp_path):
    (tmp_path / "devserve.toml").write_text("[services.web]\nport = 9\n")
    running = Inside(tmp_path).__enter__()
    running._loop.call_soon_threadsafe(running._loop.stop)
    running._thread.join(30)
    for asks in (lambda: running.get("web"), lambda: running.__exit__(None, None, None)):
        with pytest.raises(RuntimeError, match="stopped before"):
            asks()


def test_state_is_the_tests_own(devserve_in, tmp_path, monkeypatch):
    devserve_in(repository(tmp_path / "shop"))
    assert list(tmp_path.iterdir()) == [tmp_path / "shop"]


APPLICATIONS = (
    IMPORTS
    + """
from tornado.web import Application as Tornado, RequestHandler
from tornado.websocket import WebSocketHandler

class Page(RequestHandler):
    def get(self): self.finish("<!doctype html><title>inside</title>")

def wsgi(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"{environ['wsgi.url_scheme']}://{environ['HTTP_HOST']}".encode()]

async def asgi(scope, receive, send):
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.accept", "subprotocol": scope["subprotocols"][0]})
        while (message := await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": f"{scope['scheme']} {message['text']}"})
        return
    assert scope["type"] == "http"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"asgi"})

APPS = {"one": Application("tornado", Tornado([("/", Page)])), "two": Application("wsgi", wsgi),
        "three": Application("asgi", asgi)}

@hookimpl
def devserve_services(project):
    return [Service(name, project.root, f"{name}.localhost") for name in APPS]

@hookimpl
def devserve_application(service): return APPS.get(service.name)
"""
)


def test_applications_of_this_process_are_services_like_others(devserve_in, tmp_path):
    root = repository(tmp_path / "shop", plugin=APPLICATIONS)
    running = devserve_in(root, root / "tool.py")
    page = running.get("one", "/", Accept="text/html")
    assert (page.status, page.headers["X-Devserve"]) == (200, "injected")
    assert "livereload.js" in page.text
    assert running.get("two").text == f"https://two.localhost:{running.port}"
    assert running.get("three").text == "asgi"
    assert running.get("web").status == 200
    assert asyncio.run(echoed(running, "three")) == "wss hello"


async def echoed(running: Inside, name: str) -> object:
    """Return what a service sends back through its WebSocket."""
    context = ssl.create_default_context(cadata=running._authority.root.pem.decode())
    url = f"wss://{name}.localhost:{running.port}/"
    socket = await websocket_connect(
        HTTPRequest(url, ssl_options=context, headers={"Origin": url.replace("wss", "https", 1)[:-1]}),
        resolver=OverrideResolver(DefaultExecutorResolver(), {f"{name}.localhost": "127.0.0.1"}),
        subprotocols=["chat"],
    )
    assert socket.selected_subprotocol == "chat"
    await socket.write_message("hello")
    try:
        return await socket.read_message()
    finally:
        socket.close()
        await socket.read_message()
