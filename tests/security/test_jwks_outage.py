"""Attack A12: an issuer whose key set can't be read, or is no good. SECURITY.md section 6.

What was held goes on for a day, and then that issuer alone is shut out.
"""

import asyncio
import gzip
import json
import socket
import ssl
from contextlib import asynccontextmanager

import pytest
from structlog.testing import capture_logs

import hub.outbound
from hub.identity.keys import jwks_cache
from hub.identity.keys.jwks_cache import FRESH_S, RETRY_S, STALE_S
from hub.outbound import Limits
from tests.hub.identity import authority, forge
from tests.hub.identity.key_server import key_server
from tests.hub.store.databases import migrated_database
from tests.security.issuer_scene import issuer_scene, token

KEY = forge.ECSigner("k1")


@pytest.fixture(scope="module")
async def url(database_url):
    async with migrated_database(database_url) as made:
        yield made


@pytest.fixture
async def scene(url):
    async with issuer_scene(url) as made:
        yield made


async def drip(writer):
    """Keep the line busy without an end."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.02)


class Flood:
    """A gigabyte, and how much of it was taken."""

    def __init__(self):
        self.sent = 0

    async def __call__(self, writer):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
        while self.sent < 2**30:
            writer.write(b" " * 65536)
            await writer.drain()
            self.sent += 65536


def document(body, *headers, status="200 OK"):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


def key_set(*keys):
    return document(json.dumps({"keys": keys}).encode())


BOMB = gzip.compress(b'{"keys":[' + b" " * 10_000_000 + b"]}")
FAULTS = {
    "500": document(b"", status="500 Internal Server Error"),
    "404 with a set": document(json.dumps({"keys": [KEY.jwk()]}).encode(), status="404 Not Found"),
    "HTML body": document(b"<html>Sign in to the network</html>", "Content-Type: text/html"),
    "empty body": document(b""),
    "empty set": key_set(),
    "no set": document(b"{}"),
    "set of other uses": key_set(KEY.jwk(use="enc")),
    "too many keys": key_set(*(forge.ec_key().jwk(kid=str(number)) for number in range(21))),
    "half a set": document(b'{"keys": [{"kty": "EC",'),
    "member twice": document(b'{"keys": [], "keys": []}'),
    "nested deep": document(b"[" * 10_000),
    "UTF-16": document(json.dumps({"keys": [KEY.jwk()]}).encode("utf-16")),
    "slow-loris": drip,
    "1 GB body": Flood(),
    "gzip bomb": document(BOMB, "Content-Encoding: gzip"),
    "broken off": document(b"x" * 10).replace(b"Length: 10", b"Length: 99"),
    "no HTTP": b"\x16\x03\x01",
    "closed": b"",
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a12_set_that_can_not_be_read_leaves_the_old_one_for_a_day(scene, monkeypatch, fault):
    monkeypatch.setattr(jwks_cache, "LIMITS", Limits(0.3, 0.3, 64 * 1024))
    async with key_server(KEY) as server:
        issuer = await scene.register(server)
        server.answer = FAULTS[fault]
        with capture_logs() as logs:
            await scene.go_on(FRESH_S)
        assert await scene.opens(token(issuer, KEY))
        assert {"key_set_not_read"} == {each["event"] for each in logs}
        assert {each["log_level"] for each in logs} == {"warning"}
        scene.clock.now += STALE_S
        await scene.look()
        assert not await scene.opens(token(issuer, KEY))
        server.publish(KEY)
        scene.clock.now += RETRY_S
        await scene.look()
        assert await scene.opens(token(issuer, KEY)), "back on the first fetch that works"


@pytest.mark.parametrize("fault", FAULTS)
async def test_a12_set_that_was_never_read_opens_nothing(scene, monkeypatch, fault):
    monkeypatch.setattr(jwks_cache, "LIMITS", Limits(0.3, 0.3, 64 * 1024))
    async with key_server(KEY) as server:
        server.answer = FAULTS[fault]
        issuer = await scene.register(server)
        assert not await scene.opens(token(issuer, KEY))


async def test_a12_body_of_a_gigabyte_is_cut_off_early(scene):
    flood = Flood()
    async with key_server(KEY) as server:
        server.answer = flood
        await scene.register(server)
    assert flood.sent < 16 * 2**20


async def test_a12_outage_of_one_issuer_is_no_other_issuers(scene):
    async with key_server(KEY) as here, key_server(KEY) as there:
        dead, alive = await scene.register(here), await scene.register(there)
        here.answer = b""
        verified = token(dead, KEY)
        assert await scene.opens(verified)
        scene.clock.now += STALE_S + 1
        await scene.look()
        assert not await scene.opens(verified), "though it was verified before"
        assert await scene.opens(token(alive, KEY))


async def test_a12_request_waits_for_no_fetch_while_a_set_is_held(scene):
    async with key_server(KEY) as server:
        issuer = await scene.register(server)
        server.hold.clear()
        scene.clock.now += FRESH_S - 1
        async with asyncio.timeout(3):
            assert await scene.opens(token(issuer, KEY))
        await server.reached.wait()


async def test_a12_request_waits_for_no_fetch_of_an_issuer_that_is_out(scene):
    async with key_server(KEY) as server:
        issuer = await scene.register(server)
        server.answer = b""
        await scene.go_on(FRESH_S)
        server.hold.clear()
        scene.clock.now += RETRY_S
        async with asyncio.timeout(3):
            assert await scene.opens(token(issuer, KEY))


async def test_a12_name_that_no_longer_resolves_leaves_the_old_set(scene, monkeypatch):
    loop = asyncio.get_running_loop()
    real, is_out = loop.getaddrinfo, False

    async def getaddrinfo(host, *more, **named):
        if is_out:
            raise socket.gaierror(socket.EAI_AGAIN, "no answer")
        return await real(host, *more, **named)

    monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)
    async with key_server(KEY) as server:
        issuer = await scene.register(server)
        asked, is_out = server.asked, True
        await scene.go_on(FRESH_S)
        assert server.asked == asked
        assert await scene.opens(token(issuer, KEY))
        is_out = False
        await scene.go_on(RETRY_S)
        assert server.asked == asked + 1


@asynccontextmanager
async def tls_server(folder, monkeypatch, *, days):
    """Serve a key set with a certificate of an authority that the hub trusts."""
    root = authority.make(folder, "authority", days=30)
    leaf = authority.make(folder, "server", root, days=days)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf.file)
    trust = ssl.create_default_context(cafile=root.file)
    monkeypatch.setattr(hub.outbound, "_trust", lambda: trust)
    async with key_server(KEY, tls=context) as server:
        yield server, context, root


async def test_a12_expired_certificate_leaves_the_old_set(url, monkeypatch, tmp_path):
    async with tls_server(tmp_path, monkeypatch, days=1) as (server, context, root):
        async with issuer_scene(url) as scene:
            issuer = await scene.register(server)
            assert await scene.opens(token(issuer, KEY))
            asked = server.asked
            expired = authority.make(tmp_path, "expired", root, days=-1)
            context.load_cert_chain(expired.file)
            with capture_logs() as logs:
                await scene.go_on(FRESH_S)
            assert await scene.opens(token(issuer, KEY))
        assert server.asked == asked
        assert all("certificate has expired" in each["detail"] for each in logs)
        assert logs


async def test_a12_expired_certificate_opens_nothing_at_first(url, monkeypatch, tmp_path):
    async with tls_server(tmp_path, monkeypatch, days=-1) as (server, *_):
        async with issuer_scene(url) as scene:
            issuer = await scene.register(server)
            assert not await scene.opens(token(issuer, KEY))
        assert server.asked == 0


async def test_s14_set_with_two_keys_of_one_kid_leaves_the_old_one(scene):
    twin = forge.ECSigner("k1")
    async with key_server(KEY) as server:
        issuer = await scene.register(server)
        server.publish(twin, KEY)
        with capture_logs() as logs:
            await scene.go_on(FRESH_S)
        assert await scene.opens(token(issuer, KEY))
        assert not await scene.opens(token(issuer, twin))
    assert {each["error"] for each in logs} == {"two keys share the kid `k1`: give each its own"}


async def test_s16_set_with_a_short_rsa_key_is_refused_whole(scene):
    weak = forge.RSASigner("weak", bits=1024)
    async with key_server(KEY, weak) as server:
        issuer = await scene.register(server)
        assert not await scene.opens(token(issuer, KEY))


@pytest.mark.parametrize(
    "keys",
    [
        [KEY.jwk(kid="a\nb")],
        [KEY.jwk(kid=None)],
        [KEY.jwk(), {"kty": "EC", "crv": "P-256", "kid": "x", "x": "AA", "y": "AA"}],
        [KEY.jwk(), {"kty": "RSA", "kid": "x", "n": 5, "e": "AQAB"}],
    ],
    ids=["line break in a kid", "no kid", "no point", "no number"],
)
async def test_s15_set_with_a_malformed_key_leaves_the_old_one(scene, keys):
    async with key_server(KEY) as server:
        issuer = await scene.register(server)
        server.answer = key_set(*keys)
        await scene.go_on(FRESH_S)
        assert await scene.opens(token(issuer, KEY))


async def test_a14_key_set_over_plain_http_is_asked_for_on_this_machine_alone(scene, monkeypatch):
    loop, reached = asyncio.get_running_loop(), []
    real = loop.getaddrinfo

    async def getaddrinfo(host, *more, **named):
        reached.append(host)
        return await real(host, *more, **named)

    async with key_server(KEY) as server:
        issuer = await scene.register(server)
        monkeypatch.setattr(loop, "getaddrinfo", getaddrinfo)
        source = jwks_cache.KeySource("x", "http://keys.example/jwks")
        assert await scene.trust._key_sets.key(source, "k1") is None
        assert await scene.opens(token(issuer, KEY))
    assert "keys.example" not in reached
