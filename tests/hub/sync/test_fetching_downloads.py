"""A body that breaks off is gone on with, and is never made of two different ones."""

import asyncio
import base64
import gzip
import hashlib
import random
import re
from contextlib import asynccontextmanager, nullcontext

import pytest

from federation.sources.exchange import Request
from hub.errors import MemberFault, Timeout, TooLarge
from hub.outbound import Limits, open_outbound
from hub.sync.fetching.downloading import MAX_PARTS, download

BODY = random.Random(7).randbytes(100_000)
OTHER = random.Random(8).randbytes(100_000)
LONG_AGO = "Tue, 15 Jul 2025 16:00:00 GMT"


class Server:
    """Serves one body in parts: each answer stops after so many bytes, the last ones do not."""

    def __init__(self, body=BODY, stops=(), **ways):
        self.body = body
        self.stops = list(stops)
        self.tag = ways.pop("tag", '"1"')
        self.ways = ways
        self.asked = []

    def change(self, body, tag):
        self.body, self.tag = body, tag

    def answer(self, request):
        head = {
            name.lower(): value
            for name, value in re.findall(r"([\w-]+): ([^\r]*)\r\n", request.decode("latin-1"))
        }
        self.asked.append(head)
        if "then" in self.ways and len(self.asked) == 2:
            self.change(*self.ways["then"])
        start, status, headers = 0, "200 OK", dict(self.ways.get("headers", {}))
        if self.tag:
            headers["ETag"] = self.tag
        is_asked = "range" in head and not self.ways.get("is_whole_always")
        if is_asked and head["if-range"] in {self.tag, headers.get("Last-Modified")}:
            start, status = int(head["range"][6:-1]), "206 Partial Content"
            place = f"bytes {start}-{len(self.body) - 1}/{len(self.body)}"
            headers["Content-Range"] = self.ways.get("place", place)
        if is_asked and (odd := self.ways.get("odd")):
            status, headers = odd, headers | {"Content-Range": "bytes */1"}
        sent = self.body[start:]
        headers["Content-Length"] = len(sent)
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        stop = self.stops.pop(0) if self.stops else len(sent)
        return f"HTTP/1.1 {status}\r\n{lines}\r\n".encode() + sent[:stop]


@asynccontextmanager
async def serving(server):
    async def serve(reader, writer):
        writer.write(server.answer(await reader.readuntil(b"\r\n\r\n")))
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/list"


async def get(server, headers=(), **limits):
    async with (
        serving(server) as url,
        open_outbound(allow_loopback=True, limits=Limits(**limits)) as outbound,
    ):
        return await download(Request(url, dict(headers)), outbound, nullcontext)


async def test_whole_body_is_asked_for_once():
    server = Server()
    got = await get(server, {"if-none-match": '"0"'})
    assert (got.status, got.content, got.headers["etag"]) == (200, BODY, '"1"')
    assert len(server.asked) == 1
    assert "range" not in server.asked[0]


async def test_body_that_breaks_off_is_gone_on_with_where_it_stopped():
    server = Server(stops=[30_000, 20_000, 49_999])
    got = await get(server)
    assert (got.status, got.content) == (200, BODY)
    assert [(asked.get("range"), asked.get("if-range")) for asked in server.asked] == [
        (None, None),
        ("bytes=30000-", '"1"'),
        ("bytes=50000-", '"1"'),
        ("bytes=99999-", '"1"'),
    ]


async def test_each_part_waits_for_its_place():
    entered = []

    @asynccontextmanager
    async def place():
        entered.append(True)
        yield

    async with (
        serving(Server(stops=[30_000, 30_000])) as url,
        open_outbound(allow_loopback=True) as outbound,
    ):
        await download(Request(url), outbound, place)
    assert len(entered) == 3


async def test_body_without_an_entity_tag_is_gone_on_with_by_its_settled_date():
    server = Server(stops=[10], tag=None, headers={"Last-Modified": LONG_AGO})
    assert (await get(server)).content == BODY
    assert server.asked[1]["if-range"] == LONG_AGO


@pytest.mark.parametrize("tag", ['W/"1"', None])
async def test_body_that_nothing_strong_names_is_not_gone_on_with(tag):
    server = Server(stops=[10, 10], tag=tag)
    with pytest.raises(MemberFault, match="broke the connection off"):
        await get(server)
    assert len(server.asked) == 1


async def test_body_that_changed_meanwhile_starts_anew():
    server = Server(stops=[30_000], then=(OTHER, '"2"'))
    got = await get(server)
    assert (got.content, got.headers["etag"]) == (OTHER, '"2"')
    assert len(server.asked) == 2, "the condition made the source send the whole other one"


async def test_source_that_ignores_ranges_starts_anew():
    server = Server(stops=[30_000], is_whole_always=True)
    assert (await get(server)).content == BODY


@pytest.mark.parametrize(
    "place", ["bytes 0-99999/100000", "bytes 30000-99999/100001", "x", "bytes 30000-99999/*"]
)
async def test_part_that_is_not_the_one_asked_for_starts_anew(place):
    server = Server(stops=[30_000], place=place)
    got = await get(server)
    assert got.content == BODY
    assert ["range" in asked for asked in server.asked] == [False, True, False]


async def test_part_of_another_body_under_the_old_condition_starts_anew():
    class Careless(Server):
        def answer(self, request):
            if len(self.asked) == 1:
                self.body, self.ways["headers"] = OTHER, {"ETag": '"2"'}
                self.tag = None
                head = super().answer(request.replace(b'if-range: "1"', b"if-range: None"))
                return head.replace(b"200 OK", b"206 Partial Content").replace(
                    b"Content-Length", b"Content-Range: bytes 30000-99999/100000\r\nContent-Length"
                )
            return super().answer(request)

    server = Careless(stops=[30_000])
    assert (await get(server)).content == OTHER
    assert len(server.asked) == 3


async def test_range_that_the_source_can_not_satisfy_starts_anew():
    server = Server(stops=[30_000], odd="416 Range Not Satisfiable")
    assert (await get(server)).content == BODY
    assert len(server.asked) == 3


async def test_source_that_never_comes_further_is_given_up():
    server = Server(stops=[30_000] * 9, is_whole_always=True)
    with pytest.raises(MemberFault, match="broke the connection off"):
        await get(server)
    assert len(server.asked) == 2


async def test_source_that_sends_a_byte_at_a_time_is_given_up():
    server = Server(stops=[1] * 99)
    with pytest.raises(MemberFault, match=f"did not come whole in {MAX_PARTS} parts") as given_up:
        await get(server)
    assert given_up.value.public_code == "SOURCE_BROKE_OFF"
    assert len(server.asked) == MAX_PARTS


async def test_answer_that_breaks_off_before_its_body_is_not_asked_for_again():
    server = Server(stops=[0])
    with pytest.raises(MemberFault):
        await get(server)
    assert len(server.asked) == 1


async def test_gzip_is_gone_on_with_by_its_coded_bytes():
    packed = gzip.compress(BODY)
    server = Server(packed, stops=[30_000, 20_000], headers={"Content-Encoding": "gzip"})
    assert (await get(server)).content == BODY
    assert server.asked[2]["range"] == "bytes=50000-"


async def test_parts_together_are_no_larger_than_the_cap():
    server = Server(stops=[60_000])
    with pytest.raises(TooLarge, match="over 99999 bytes"):
        await get(server, body_bytes=99_999)


async def test_error_on_the_way_is_the_answer():
    class Failing(Server):
        def answer(self, request):
            if self.asked:
                return b"HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno"
            return super().answer(request)

    got = await get(Failing(stops=[30_000]))
    assert (got.status, got.content) == (500, b"no")


async def test_source_that_falls_silent_half_way_is_asked_for_the_rest():
    server = Server(stops=[30_000])

    async def serve(reader, writer):
        writer.write(server.answer(await reader.readuntil(b"\r\n\r\n")))
        await writer.drain()
        if len(server.asked) == 1:
            await reader.read()  # until the hub gives it up
        writer.close()

    async with (
        await asyncio.start_server(serve, "127.0.0.1", 0) as listening,
        open_outbound(allow_loopback=True, limits=Limits(silence_seconds=0.2)) as outbound,
    ):
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
        got = await download(Request(url), outbound, nullcontext)
    assert got.content == BODY
    assert server.asked[1]["range"] == "bytes=30000-"


# Digests.


def _digest(body, name="sha-256"):
    found = hashlib.new(name.replace("-", ""), body).digest()
    return base64.b64encode(found).decode()


@pytest.mark.parametrize(
    "header",
    [
        {"Repr-Digest": f"sha-256=:{_digest(BODY)}:"},
        {"Repr-Digest": f"sha-512=:{_digest(BODY, 'sha-512')}:"},
        {"Digest": f"SHA-256={_digest(BODY)}"},
        {"Repr-Digest": "sha-256=:not base64!:"},
        {"Repr-Digest": "unixsum=:AA:"},
    ],
)
async def test_body_of_its_stated_digest_is_taken(header):
    assert (await get(Server(stops=[30_000], headers=header))).content == BODY


@pytest.mark.parametrize(
    "header",
    [{"Repr-Digest": f"sha-256=:{_digest(OTHER)}:"}, {"Digest": f"sha-512={_digest(OTHER)}"}],
)
async def test_body_that_is_not_of_its_stated_digest_is_refused(header):
    with pytest.raises(MemberFault, match=r"not the one of the sha(256|512) digest") as refused:
        await get(Server(headers=header))
    assert refused.value.public_code == "SOURCE_DIGEST"


async def test_two_bodies_under_one_entity_tag_are_told_apart_by_the_digest():
    header = {"Repr-Digest": f"sha-256=:{_digest(BODY)}:"}
    server = Server(stops=[30_000], headers=header, then=(OTHER, '"1"'))
    with pytest.raises(MemberFault, match="digest"):
        await get(server)


async def test_host_that_hangs_from_the_start_is_asked_once():
    asked = []

    async def serve(reader, writer):
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        await reader.read()
        writer.close()

    async with (
        await asyncio.start_server(serve, "127.0.0.1", 0) as listening,
        open_outbound(allow_loopback=True, limits=Limits(silence_seconds=0.2)) as outbound,
    ):
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/"
        with pytest.raises(Timeout):
            await download(Request(url), outbound, nullcontext)
    assert len(asked) == 1
