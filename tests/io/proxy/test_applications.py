import re

import pytest
from tornado.web import Application as TornadoApplication
from tornado.web import RequestHandler

from devserve.config.values import Origin
from devserve.io.proxy.applications import Applications
from devserve.run.application import Application
from support.applications import request, served
from support.proxied import run


class Hello(RequestHandler):
    def get(self):
        self.write(f"{self.request.protocol} {self.request.host}")


def wsgi(environ, start_response):
    if environ["PATH_INFO"] == "/broken":
        raise KeyError("oops")
    start_response("200 OK", [("X-Own", "1")])
    return [f"{environ['wsgi.url_scheme']} ".encode(), environ["wsgi.input"].read()]


def body(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]


def ask(kind, app, *requests):
    async def scene():
        async with served(kind, app) as (_, asking):
            return [await asking(each) for each in requests]

    return run(scene())


def test_a_tornado_application_answers():
    (answer,) = ask("tornado", TornadoApplication([(r"/", Hello)]), request())
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert body(answer) == b"https web.test:8443"


def test_a_wsgi_application_answers():
    plain, upload, head = ask("wsgi", wsgi, request(), request("POST", body="hello"), request("HEAD"))
    assert (body(plain), body(upload), body(head)) == (b"https ", b"https hello", b"")
    assert b"X-Own: 1\r\n" in head


def test_an_application_that_fails_is_named_and_answers_500(caplog):
    broken, after = ask("wsgi", wsgi, request(target="/broken"), request())
    assert broken.startswith(b"HTTP/1.1 500 Internal Server Error")
    assert body(after) == b"https "
    assert re.search(
        r"web: its application failed at /broken: .*test_applications.py:\d+: KeyError: 'oops'", caplog.text
    )


def test_one_takes_the_place_of_another_and_then_there_is_none():
    async def scene() -> None:
        async with served("wsgi", wsgi) as (applications, asking):
            from_tornado = applications.serve("web", Application("tornado", TornadoApplication([(r"/", Hello)])))
            assert body(await asking(request())) == b"https web.test:8443"
            applications.leave("web")
            assert applications.connect(from_tornado) is None

    run(scene())


def test_what_is_not_in_this_process_has_no_connection():
    assert Applications().connect(Origin(port=0)) is None


@pytest.mark.parametrize("kind", ["wsgi", "tornado"])
def test_requests_run_beside_each_other(kind):
    app = wsgi if kind == "wsgi" else TornadoApplication([(r"/", Hello)])
    assert len(ask(kind, app, *[request()] * 5)) == 5
