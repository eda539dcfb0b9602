from support.proxied import head_of, proxied, run


def test_an_early_answer_ends_the_upload():
    async def script(reader, writer) -> None:
        await head_of(reader)
        writer.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()

    async def conversation() -> None:
        async with proxied(script) as proxy:
            reader, writer = await proxy.open()
            writer.write(b"POST / HTTP/1.1\r\nHost: web.test\r\nContent-Length: 1000000\r\n\r\nsome")
            answer = await reader.read()
            assert answer.startswith(b"HTTP/1.1 413 ")
            writer.close()

    run(conversation())
