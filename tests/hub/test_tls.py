"""TLS of `hub serve`: a client's certificate reaches the application, and what is refused."""

import asyncio
import ssl
from contextlib import asynccontextmanager

import httpx  # noqa: TID251 - asks a server on loopback
import pytest
import uvicorn
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from websockets.asyncio.client import connect

from hub.cli.serving import serve
from hub.errors import InvalidInput
from hub.identity.certificates import ClientCertificates, thumbprint
from hub.tls import PeerProtocol, server_context
from tests.hub.identity.authority import client_context, make


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def server(folder):
    return make(folder, "server")


@pytest.fixture(scope="module")
def authority(folder):
    return make(folder, "authority")


@pytest.fixture(scope="module")
def client(folder, authority):
    return make(folder, "client", authority)


async def _answer(request):
    return JSONResponse(ClientCertificates().find(request))


async def _socket(socket):
    await socket.accept()
    await socket.send_json(ClientCertificates().find(socket))
    await socket.close()


@asynccontextmanager
async def serving(context):
    """Serve an application that tells what certificate it saw."""
    app = Starlette(routes=[Route("/", _answer), WebSocketRoute("/", _socket)])
    config = uvicorn.Config(
        app,
        port=0,
        http=PeerProtocol,
        ssl_context_factory=(lambda *_: context) if context else None,
        log_level="error",
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn tells it in no other way
        await asyncio.sleep(0.01)
    try:
        yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await running


async def seen(context, verify):
    """Ask twice over one connection what certificate the server saw."""
    async with serving(context) as address, httpx.AsyncClient(verify=verify) as http:
        answers = [(await http.get(f"https://{address}/")).json() for _ in range(2)]
    assert answers[0] == answers[1]
    return answers[0]


async def test_the_clients_certificate_is_seen(server, authority, client):
    context = server_context(server.file, None, authority.file)
    assert await seen(context, client_context(server, client)) == thumbprint(client.der)


async def test_a_socket_sees_it_too(server, authority, client):
    context = server_context(server.file, None, authority.file)
    shown = client_context(server, client)
    async with serving(context) as address, connect(f"wss://{address}/", ssl=shown) as socket:
        assert await socket.recv() == f'"{thumbprint(client.der)}"'


async def test_a_client_may_show_none(server, authority):
    context = server_context(server.file, None, authority.file)
    assert await seen(context, client_context(server)) is None


async def test_a_self_signed_certificate_that_is_listed_is_seen(folder, server, authority):
    own = make(folder, "self-signed")
    listed = folder / "listed.pem"
    listed.write_bytes(authority.file.read_bytes() + own.file.read_bytes())
    context = server_context(server.file, None, listed)
    assert await seen(context, client_context(server, own)) == thumbprint(own.der)


@pytest.mark.parametrize("kind", ["stranger", "of another authority", "expired"])
async def test_a_certificate_that_nobody_vouches_for_ends_the_connection(
    folder, server, authority, kind
):
    by = {"stranger": None, "of another authority": make(folder, "other"), "expired": authority}
    shown = make(folder, "bad", by[kind], days=-1 if kind == "expired" else 1)
    context = server_context(server.file, None, authority.file)
    with pytest.raises((httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError)):
        await seen(context, client_context(server, shown))


async def test_without_an_authority_no_certificate_is_asked_for(server, client):
    context = server_context(server.file, None, None)
    assert await seen(context, client_context(server, client)) is None


async def test_without_tls_there_is_none():
    async with serving(None) as address, httpx.AsyncClient() as http:
        assert (await http.get(f"http://{address}/")).json() is None


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_tls_1_2_and_1_3_are_spoken(server, version):
    verify = client_context(server)
    verify.minimum_version = verify.maximum_version = version
    assert await seen(server_context(server.file, None, None), verify) is None


def test_older_versions_and_weaker_ciphers_are_not_spoken(server):
    context = server_context(server.file, None, None)
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert all(cipher["aead"] for cipher in context.get_ciphers())


def test_the_key_may_be_in_a_file_of_its_own(folder, server):
    pem = server.file.read_text()
    (folder / "key").write_text(pem[: pem.index("-----BEGIN CERT")])
    (folder / "chain").write_text(pem[pem.index("-----BEGIN CERT") :])
    assert server_context(folder / "chain", folder / "key", None)
    with pytest.raises(InvalidInput):
        server_context(folder / "chain", None, None)


@pytest.mark.parametrize("bad", ["missing", "text", "directory", "encrypted", "another's"])
def test_a_file_that_cannot_be_used_is_named(folder, server, client, bad):
    file = folder / bad
    if bad == "directory":
        file.mkdir()
    elif bad == "text":
        file.write_text("no PEM")
    elif bad == "encrypted":
        encryption = BestAvailableEncryption(b"password")
        form = (Encoding.PEM, PrivateFormat.PKCS8)
        file.write_bytes(server.key.private_bytes(*form, encryption))
    elif bad == "another's":
        file.write_bytes(client.file.read_bytes())
    with pytest.raises(InvalidInput, match=f"`{file}`"):
        server_context(server.file, file, None)


def test_authorities_that_cannot_be_read_are_named(folder, server):
    with pytest.raises(InvalidInput, match="nowhere"):
        server_context(server.file, None, folder / "nowhere")


@pytest.mark.parametrize("option", ["tls_key", "client_ca"])
def test_what_belongs_to_tls_needs_a_certificate(folder, option):
    with pytest.raises(InvalidInput, match="--tls-certificate"):
        serve(**{option: folder / "any"})
