from devserve.io.dashboard.recorder import MOST_OF_BODY, Recorder
from devserve.proxy.access import Access
from support.proxied import answering, proxied, run, until

GET = b"GET /a HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
TEXT = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"


def test_nothing_is_heard_while_nobody_looks():
    async def scene() -> None:
        async with proxied(answering(TEXT)) as proxy:
            recorder = Recorder(proxy.site)
            await proxy.ask(GET % b"web.test")
            assert proxy.site.ended is None
            assert recorder.latest == 0

    run(scene())


def test_what_ends_while_somebody_looks_is_kept_with_its_body():
    async def scene() -> None:
        async with proxied(answering(TEXT)) as proxy:
            recorder = Recorder(proxy.site)
            with recorder.looking(), recorder.looking():
                assert proxy.site.keeps == MOST_OF_BODY
                await proxy.ask(GET % b"web.test")
                await until(lambda: recorder.latest == 1)
                found = recorder.find(1)
                assert found is not None
                assert found.response_body == b"ok"
                assert sum(recorder.rate("web").counts) == 1
            assert proxy.site.ended is None
            assert recorder.after(0, 9)[0][1].response_body is None

    run(scene())


def test_the_access_log_goes_on_beside_it():
    async def scene() -> None:
        told: list[Access] = []
        async with proxied(answering(TEXT)) as proxy:
            log = proxy.site.ended = lambda entry: told.append(entry.record())
            recorder = Recorder(proxy.site)
            with recorder.looking():
                await proxy.ask(GET % b"web.test")
                await until(lambda: recorder.latest == 1)
            assert proxy.site.ended is log
            assert len(told) == 1

    run(scene())


def test_an_open_event_stream_is_under_way_and_not_slow():
    async def scene() -> None:
        async with proxied(answering(STREAM + b"data: 2\n\n")) as proxy:
            recorder = Recorder(proxy.site)
            with recorder.looking():
                await proxy.ask(GET % b"web.test")
                await until(lambda: recorder.latest == 1)
                assert list(recorder.under_way()) == []
                assert recorder.rate("web").p95 is None

    run(scene())
