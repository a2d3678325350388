"""Head and body of an answer leave together, and neither waits for what is far off."""

import asyncio
import re
from contextlib import asynccontextmanager

import pytest
import uvicorn

from hub.joined_writes import WHOLE, JoinedWrites
from hub.tls import PeerProtocol


class Sent:
    """A transport that keeps what it is given."""

    def __init__(self):
        self.writes, self.is_closed = [], False

    def write(self, data):
        assert not self.is_closed
        self.writes.append(data)

    def is_closing(self):
        return self.is_closed

    def close(self):
        self.is_closed = True


@pytest.fixture
def sent():
    return Sent()


@pytest.fixture
async def joined(sent):
    return JoinedWrites(sent, asyncio.get_running_loop())


async def test_what_is_written_together_is_sent_at_once(sent, joined):
    joined.write(b"head ")
    joined.write(b"body")
    assert sent.writes == [b"head body"]


async def test_what_comes_later_is_sent_as_it_comes(sent, joined):
    for part in (b"head ", b"one", b"two"):
        joined.write(part)
    assert sent.writes == [b"head one", b"two"]


async def test_a_head_without_a_body_does_not_wait(sent, joined):
    joined.write(b"head ")
    await asyncio.sleep(0)
    assert sent.writes == [b"head "]
    joined.write(b"body")
    assert sent.writes == [b"head ", b"body"]


async def test_an_empty_body_sends_the_head(sent, joined):
    joined.write(b"head")
    joined.write(b"")
    assert sent.writes == [b"head"]


async def test_closing_sends_what_waits_first(sent, joined):
    joined.write(b"head")
    joined.close()
    assert (sent.writes, joined.is_closing()) == ([b"head"], True)


async def test_nothing_is_sent_on_what_another_closed(sent, joined):
    joined.write(b"head")
    sent.close()
    await asyncio.sleep(0)
    assert sent.writes == []


@asynccontextmanager
async def served(app):
    """Serve an application, and open a connection to it."""
    config = uvicorn.Config(app, port=0, http=PeerProtocol, lifespan="off", log_level="error")
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells nobody
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        server.should_exit = True
        await serving


async def test_a_served_stream_begins_before_its_end_and_pipelined_answers_keep_their_order():
    goes_on = asyncio.Event()

    async def app(scope, receive, send):
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/stream":
            await goes_on.wait()
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    async with served(app) as (reader, writer):
        for path in (b"/stream", b"/second", b"/third"):
            writer.write(b"GET %b HTTP/1.1\r\nhost: here\r\n\r\n" % path)
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200")
        goes_on.set()
        bodies = [await reader.readuntil(path) for path in (b"/stream", b"/second", b"/third")]
    assert [body.count(b"HTTP/1.1 200") for body in bodies] == [0, 1, 1]


async def _either(scope, receive, send):
    """Answer `/whole` by one message, all else by two."""
    message = await receive()
    body = [b"asked ", message.get("body") or b"nothing"]
    headers = [(b"content-length", b"%d" % sum(map(len, body))), (b"x-request-id", b"00ff")]
    if scope["path"] == "/whole":
        assert WHOLE in scope["extensions"]
        await send({"type": WHOLE, "headers": headers, "body": body})
        return
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"".join(body)})


@pytest.mark.parametrize("how", [b"", b"connection: close\r\n", b"expect: 100-continue\r\n"])
async def test_a_whole_answer_is_sent_as_one_in_two_messages(how):
    found = []
    for path in (b"/whole", b"/parts"):
        async with served(_either) as (reader, writer):
            writer.write(b"POST %b HTTP/1.1\r\nhost: here\r\n" % path)
            writer.write(b"content-length: 3\r\n%b\r\nall" % how)
            found.append(await reader.readuntil(b"asked all"))
            if b"close" in how:
                assert await reader.read() == b""
    whole, parts = [re.sub(rb"date: [^\r]+", b"date:", each) for each in found]
    assert whole == parts


async def test_whole_answers_to_pipelined_requests_keep_their_order():
    async with served(_either) as (reader, writer):
        for path, body in ((b"/whole", b"1"), (b"/parts", b"2"), (b"/whole", b"3")):
            writer.write(b"POST %b HTTP/1.1\r\nhost: here\r\n" % path)
            writer.write(b"content-length: 1\r\n\r\n%b" % body)
        for body in (b"1", b"2", b"3"):
            assert (await reader.readuntil(b"asked " + body)).count(b"HTTP/1.1 200") == 1


async def test_a_whole_answer_to_who_has_gone_is_dropped():
    asked, gone = asyncio.Event(), asyncio.Event()
    fault = []

    async def app(scope, receive, send):
        await receive()
        asked.set()
        await gone.wait()
        try:
            await _either(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test tells
            fault.append(error)

    async with served(app) as (_, writer):
        writer.write(b"POST /whole HTTP/1.1\r\nhost: here\r\ncontent-length: 0\r\n\r\n")
        await asked.wait()
        writer.transport.abort()
        await asyncio.sleep(0.05)
        gone.set()
    assert not fault
