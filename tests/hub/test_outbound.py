"""The one module that speaks HTTP outwards: what goes on the wire, and what it takes back."""

import asyncio
import gzip
import tempfile
import zlib
from contextlib import asynccontextmanager

import pytest

from hub.errors import HubError, MemberFault, Timeout, TooLarge
from hub.outbound import Limits, open_outbound


class Server:
    """A server of raw bytes on loopback, with what it was sent."""

    def __init__(self, url, asked, connections):
        self.url = url
        self.asked = asked
        self.connections = connections


@asynccontextmanager
async def serving(*answers, hold=None, is_kept=False):
    """Answer one request after another with the given bytes; then close, unless it is kept."""
    asked, connections, left = [], [], list(answers)

    async def serve(reader, writer):
        connections.append(writer)
        try:
            while left:
                request = await reader.readuntil(b"\r\n\r\n")
                length = int(next(iter(_header(request, b"content-length")), b"0"))
                asked.append(request + await reader.readexactly(length))
                writer.write(left.pop(0))
                await writer.drain()
                if hold:
                    await hold.wait()
                if not is_kept:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield Server(f"http://127.0.0.1:{port}", asked, connections)


def _header(request, name):
    for line in request.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            yield value.strip()


def answer(body=b"", *headers, status="200 OK", length=None):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}"]
    return "\r\n".join([*lines, *headers, "", ""]).encode("latin-1") + body


async def get(server, path="/", headers=(), **limits):
    async with open_outbound(allow_loopback=True, limits=Limits(**limits)) as outbound:
        return await outbound.get(server.url + path, dict(headers))


async def test_answer_has_status_lower_case_headers_and_body():
    async with serving(answer(b"body", "X-One: 1", "X-ONE: 2", status="404 Not Found")) as server:
        got = await get(server)
    assert (got.status, got.content) == (404, b"body")
    assert got.headers["x-one"] == "1, 2"


async def test_request_names_host_and_asks_for_gzip_at_most():
    async with serving(answer()) as server:
        await get(server, "/a?b=c", {"User-Agent": "hub", "If-None-Match": '"é"'})
    (request,) = server.asked
    assert request.startswith(b"GET /a?b=c HTTP/1.1\r\n")
    assert list(_header(request, b"host")) == [server.url.removeprefix("http://").encode()]
    assert list(_header(request, b"accept-encoding")) == [b"gzip"]
    assert list(_header(request, b"user-agent")) == [b"hub"]
    assert list(_header(request, b"if-none-match")) == ['"é"'.encode("latin-1")]


async def test_post_sends_its_body_and_length():
    async with serving(answer()) as server, open_outbound(allow_loopback=True) as outbound:
        await outbound.post(server.url, {"content-type": "application/json"}, b'{"a":1}')
    (request,) = server.asked
    assert request.startswith(b"POST / HTTP/1.1\r\n")
    assert request.endswith(b'\r\n\r\n{"a":1}')


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("", b"/"),
        ("?q=1", b"/?q=1"),
        ("/a b", b"/a%20b"),
        ("/파일.csv", b"/%ED%8C%8C%EC%9D%BC.csv"),
        ("/%ED%8C%8C?a=%20&b=c+d", b"/%ED%8C%8C?a=%20&b=c+d"),
        ("/a#fragment", b"/a"),
        ("//double/../up", b"//double/../up"),
    ],
)
async def test_target_goes_out_percent_coded_once(path, target):
    async with serving(answer()) as server:
        await get(server, path)
    assert server.asked[0].split(b" ")[1] == target


async def test_redirect_is_an_answer_like_any_other():
    async with serving(answer(b"", "Location: /next", status="302 Found"), answer()) as server:
        got = await get(server)
    assert (got.status, got.headers["location"], len(server.asked)) == (302, "/next", 1)


async def test_cookie_of_one_answer_goes_into_no_other_request():
    cookie = answer(b"", "Set-Cookie: session=1; Path=/")
    async with (
        serving(cookie, answer(), is_kept=True) as server,
        open_outbound(allow_loopback=True) as outbound,
    ):
        await outbound.get(server.url, {})
        await outbound.get(server.url, {})
    assert list(_header(server.asked[1], b"cookie")) == []
    assert len(server.connections) == 1, "and the connection was kept"


async def test_proxy_of_the_environment_is_not_used(monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with serving(answer(b"direct")) as server:
        assert (await get(server)).content == b"direct"


# Bytes.


async def test_body_of_exactly_the_cap_is_taken_and_one_byte_more_is_not():
    async with serving(answer(b"x" * 1000)) as server:
        assert len((await get(server, body_bytes=1000)).content) == 1000
    async with serving(answer(b"x" * 1001)) as server:
        with pytest.raises(TooLarge, match="over 1000 bytes") as refused:
            await get(server, body_bytes=1000)
    assert refused.value.public_code == "SOURCE_TOO_LARGE"


async def test_body_without_an_end_is_cut_at_the_cap():
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with serving(head + b"400\r\n" + b"x" * 1024 + b"\r\n" * 1) as server:
        with pytest.raises(TooLarge):
            await get(server, body_bytes=1000)


GZIP = "Content-Encoding: gzip"


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "x-gzip", " gzip "])
async def test_gzip_is_undone(coding):
    body = gzip.compress(b"plain text " * 1000)
    async with serving(answer(body, f"Content-Encoding: {coding}")) as server:
        assert (await get(server)).content == b"plain text " * 1000


async def test_gzip_of_several_members_is_undone_whole():
    body = gzip.compress(b"one ") + gzip.compress(b"") + gzip.compress(b"two")
    async with serving(answer(body, GZIP)) as server:
        assert (await get(server)).content == b"one two"


async def test_gzip_answer_without_a_body_is_empty():
    async with serving(answer(b"", GZIP, status="304 Not Modified")) as server:
        assert (await get(server)).content == b""


async def test_gzip_bomb_is_refused_by_its_decoded_size_and_without_unfolding_it(monkeypatch):
    bomb = gzip.compress(bytes(50_000_000))
    assert len(bomb) < 60_000
    unfolded = []
    real = zlib.decompressobj

    class Counting:
        def __init__(self, *options):
            self._stream = real(*options)

        def decompress(self, part, room):
            unfolded.append(len(found := self._stream.decompress(part, room)))
            return found

        def __getattr__(self, name):
            return getattr(self._stream, name)

    monkeypatch.setattr(zlib, "decompressobj", Counting)
    async with serving(answer(bomb, GZIP)) as server:
        with pytest.raises(TooLarge, match="over 100000 bytes"):
            await get(server, body_bytes=100_000)
    assert sum(unfolded) == 100_001


async def test_gzip_of_nothing_without_end_counts_as_it_comes():
    body = gzip.compress(b"") * 100
    async with serving(answer(body, GZIP)) as server:
        with pytest.raises(TooLarge):
            await get(server, body_bytes=1000)


@pytest.mark.parametrize("coding", ["gzip, gzip", "br", "zstd", "deflate", "gzip, identity"])
async def test_coding_that_was_not_asked_for_is_refused(coding):
    body = gzip.compress(gzip.compress(bytes(1000)))
    async with serving(answer(body, f"Content-Encoding: {coding}")) as server:
        with pytest.raises(MemberFault, match=f"coded as `{coding}`") as refused:
            await get(server)
    assert refused.value.public_code == "SOURCE_CODING"


@pytest.mark.parametrize(
    "body",
    [gzip.compress(b"x" * 1000)[:-9], b"not gzip", gzip.compress(b"x") + b"tail"],
    ids=["cut off", "no gzip", "with a tail"],
)
async def test_broken_gzip_is_no_whole_answer(body):
    async with serving(answer(body, GZIP)) as server:
        with pytest.raises(MemberFault, match="broke the connection off"):
            await get(server)


@pytest.mark.parametrize(
    "raw",
    [
        answer(b"half", length=8),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhalf",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"\x16\x03\x01 not http at all\r\n\r\n",
        b"",
    ],
    ids=["length", "chunked", "header", "garbage", "nothing"],
)
async def test_answer_that_breaks_off_is_the_members_fault(raw):
    async with serving(raw) as server:
        with pytest.raises(
            MemberFault, match=r"`127\.0\.0\.1` broke the connection off"
        ) as refused:
            await get(server)
    assert refused.value.public_code == "SOURCE_BROKE_OFF"


async def test_header_without_end_is_cut_off():
    raw = b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 300_000
    async with serving(raw) as server:
        with pytest.raises(MemberFault):
            await get(server)


# Seconds.


@pytest.mark.parametrize("raw", [b"", answer(b"half", length=8)], ids=["no answer", "half a body"])
async def test_silence_is_waited_for_no_longer_than_stated(raw):
    hold = asyncio.Event()
    async with serving(raw, hold=hold) as server, asyncio.timeout(5):
        with pytest.raises(Timeout, match=r"`127\.0\.0\.1` did not answer in time") as refused:
            await get(server, silence_seconds=0.1)
        hold.set()
    assert refused.value.public_code == "SOURCE_TIMEOUT"


async def test_source_that_drips_is_cut_off_by_the_time_of_the_whole():
    async def drip(reader, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        try:
            while True:
                writer.write(b"x")
                await writer.drain()
                await asyncio.sleep(0.02)
        except ConnectionError:
            writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    async with server, asyncio.timeout(5):
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        with pytest.raises(Timeout):
            await get(Server(url, [], []), seconds=0.3, silence_seconds=1)


async def test_look_up_that_hangs_is_cut_off_too(monkeypatch):
    async def hang(*_, **__):
        await asyncio.sleep(60)

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", hang)
    async with asyncio.timeout(5):
        with pytest.raises(Timeout):
            await get(Server("http://list.test", [], []), seconds=0.1)


# Limits of a call's own.


async def test_trusted_fetch_has_limits_of_its_own_over_the_same_connections():
    async with (
        serving(answer(b"x" * 1000), answer(b"x" * 1000), is_kept=True) as server,
        open_outbound(allow_loopback=True) as outbound,
    ):
        assert len((await outbound.get(server.url, {})).content) == 1000
        with pytest.raises(TooLarge, match="over 100 bytes"):
            await outbound.for_trust(Limits(body_bytes=100)).get(server.url, {})
    assert len(server.connections) == 1


@pytest.mark.parametrize(
    ("path", "headers", "body"),
    [("/" + "a" * 200, {}, b""), ("/", {"x": "a" * 200}, b""), ("/", {}, b"a" * 201)],
    ids=["url", "headers", "body"],
)
async def test_request_over_its_cap_is_not_sent(path, headers, body):
    async with serving(answer()) as server:
        limits = Limits(request_bytes=200)
        async with open_outbound(allow_loopback=True, limits=limits) as outbound:
            with pytest.raises(TooLarge, match="the request is over 200 bytes") as refused:
                await outbound.post(server.url + path, headers, body)
    assert (refused.value.public_code, server.asked) == ("REQUEST_TOO_LARGE", [])


# What the errors say.


async def test_source_that_is_not_there_is_unreachable_and_named():
    with pytest.raises(MemberFault, match=r"`127\.0\.0\.1` could not be reached") as refused:
        await get(Server("http://127.0.0.1:1", [], []))
    assert refused.value.public_code == "SOURCE_UNREACHABLE"


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/path?serviceKey=s3cret",
        "http://s3cret@127.0.0.1/",
        "http://user:s3cret@127.0.0.1/",
        "ftp://127.0.0.1/?serviceKey=s3cret",
        "http://127.0.0.1:99999/?serviceKey=s3cret",
        "http://no-such-host.invalid/?serviceKey=s3cret",
    ],
)
async def test_no_error_shows_what_an_address_carries(url):
    async with open_outbound(allow_loopback=True) as outbound:
        with pytest.raises(HubError) as refused:
            await outbound.get(url, {"authorization": "s3cret"})
    assert "s3cret" not in f"{refused.value} {refused.value.detail}"


# Where a body is while it comes in.


async def test_body_over_what_memory_takes_is_held_in_a_file_that_goes_again(monkeypatch):
    rolled = []
    real = tempfile.SpooledTemporaryFile.rollover

    def rollover(spool):
        rolled.append(spool)
        real(spool)

    monkeypatch.setattr(tempfile.SpooledTemporaryFile, "rollover", rollover)
    async with serving(answer(b"x" * 100_000)) as server:
        assert (await get(server, memory_bytes=100_000)).content == b"x" * 100_000
    assert rolled == []
    async with serving(answer(b"x" * 100_001)) as server:
        assert len((await get(server, memory_bytes=100_000)).content) == 100_001
    assert [spool.closed for spool in rolled] == [True]


async def test_file_of_a_body_that_breaks_off_goes_too(monkeypatch):
    opened = []
    real = tempfile.SpooledTemporaryFile

    def spool(**options):
        opened.append(real(**options))
        return opened[-1]

    monkeypatch.setattr("hub.body.SpooledTemporaryFile", spool)
    async with serving(answer(b"x" * 100_000, length=100_001)) as server:
        with pytest.raises(MemberFault):
            await get(server, memory_bytes=10)
    assert [one.closed for one in opened] == [True]
