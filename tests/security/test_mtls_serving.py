"""RFC 8705 and A13 on a real server: a token bound to a certificate, and forged headers."""

import asyncio
import base64
import json
from contextlib import asynccontextmanager

import httpx  # noqa: TID251 - asks a gateway on loopback
import pytest
from websockets.asyncio.client import connect

from hub.entrance import embedded_issuer
from hub.identity.certificates import thumbprint
from hub.identity.keys.jose import sign
from hub.identity.own_issuer.issuer import grant_to
from hub.identity.types import Purpose
from hub.settings import Settings
from tests.e2e.gateways import gateway
from tests.hub.gateway.serving import CLIENTS
from tests.hub.identity.authority import client_context, make
from tests.hub.identity.possession import decoded
from tests.hub.store.databases import migrated_database

PUBLIC = "https://hub.example"
QUESTION = {"query": "{ me { client } }"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("mtls")


@pytest.fixture(scope="module")
def server(folder):
    return make(folder, "server")


@pytest.fixture(scope="module")
def clients(folder):
    """Two clients of an authority, and one that signed its own certificate."""
    authority = make(folder, "authority")
    made = {name: make(folder, name, authority) for name in ("one", "two")}
    made["self-signed"] = own = make(folder, "self-signed")
    (folder / "taken.pem").write_bytes(authority.file.read_bytes() + own.file.read_bytes())
    return made


@pytest.fixture(scope="module")
async def database(database_url):
    async with migrated_database(database_url) as url:
        yield url


@pytest.fixture(scope="module")
async def direct(folder, server, clients, database):
    """A gateway that callers reach without a proxy."""
    options = ("--tls-certificate", server.file, "--client-ca", folder / "taken.pem")
    async with gateway(folder, database, PUBLIC, *map(str, options)) as address:
        yield address


@pytest.fixture(scope="module")
async def proxied(folder, database, direct):
    """A gateway that trusts whatever comes from this machine to be its proxy."""
    trusted = json.dumps(["127.0.0.0/8"])
    async with gateway(folder, database, PUBLIC, HUB_TRUSTED_PROXIES=trusted) as address:
        yield address


@pytest.fixture(scope="module")
def bound(folder):
    """Make a token of the embedded issuer that is bound to a certificate."""
    issuer = embedded_issuer(Settings(state_dir=folder, public_url=PUBLIC))

    def make_token(certificate):
        plain = issuer.issue(grant_to(CLIENTS["kr-mfds"], frozenset({Purpose.EXERCISE}))).text
        head, body, _ = (decoded(part) for part in plain.split("."))
        claims = json.loads(body) | {"cnf": {"x5t#S256": thumbprint(certificate.der)}}
        return sign(json.loads(head), claims, issuer.keys.current)

    return make_token


def header(certificate):
    """Say as a proxy does which certificate a client showed."""
    return ("client-cert", f":{base64.b64encode(certificate.der).decode()}:")


async def status(url, token, *headers, verify=True):
    """Ask who calls; return the answer's status."""
    asked = [("authorization", f"Bearer {token}"), *headers]
    async with httpx.AsyncClient(verify=verify, timeout=60) as http:
        answer = await http.post(
            f"{url}/graphql", json={"query": "{ me { client } }"}, headers=asked
        )
    return answer.status_code


@pytest.mark.parametrize("name", ["one", "self-signed"])
async def test_a_bound_token_passes_with_its_certificate(direct, server, clients, bound, name):
    verify = client_context(server, clients[name])
    assert await status(f"https://{direct}", bound(clients[name]), verify=verify) == 200


@pytest.mark.parametrize("shown", ["two", "self-signed", None])
async def test_a_bound_token_is_refused_with_another_certificate_or_none(
    direct, server, clients, bound, shown
):
    verify = client_context(server, clients.get(shown))
    assert await status(f"https://{direct}", bound(clients["one"]), verify=verify) == 401


@asynccontextmanager
async def socket_with(gateway, token, verify):
    """Open a socket and present a token."""
    url = f"wss://{gateway}/graphql"
    async with connect(url, ssl=verify, subprotocols=["graphql-transport-ws"]) as socket:
        payload = {"authorization": f"Bearer {token}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": payload}))
        async with asyncio.timeout(10):
            yield socket


async def test_a_socket_is_held_to_the_certificate_too(direct, server, clients, bound):
    token = bound(clients["one"])
    async with socket_with(direct, token, client_context(server, clients["one"])) as socket:
        assert json.loads(await socket.recv())["type"] == "connection_ack"
    async with socket_with(direct, token, client_context(server, clients["two"])) as socket:
        await socket.wait_closed()
        assert socket.close_code == 4403


async def test_a13_a_client_that_sends_the_proxys_header_itself_is_refused(
    direct, server, clients, bound
):
    token, forged = bound(clients["one"]), header(clients["one"])
    for shown in (None, clients["two"], clients["one"]):
        verify = client_context(server, shown)
        assert await status(f"https://{direct}", token, forged, verify=verify) == 401


@pytest.mark.parametrize("name", ["x-forwarded-for", "forwarded", "x-real-ip"])
async def test_a13_a_client_cannot_say_that_it_is_the_proxy(proxied, clients, bound, name):
    """The peer is trusted here, and stays the peer whatever a header says."""
    token, honest = bound(clients["one"]), header(clients["one"])
    value = "for=203.0.113.9" if name == "forwarded" else "203.0.113.9"
    assert await status(f"http://{proxied}", token, honest, (name, value)) == 200


async def test_a_trusted_proxys_header_opens_a_bound_token(proxied, clients, bound):
    token = bound(clients["one"])
    assert await status(f"http://{proxied}", token, header(clients["one"])) == 200
    assert await status(f"http://{proxied}", token, header(clients["two"])) == 401
    assert await status(f"http://{proxied}", token) == 401


async def test_a13_two_headers_are_refused(proxied, clients, bound):
    honest = header(clients["one"])
    for second in (honest, header(clients["two"]), ("client-cert", "")):
        assert await status(f"http://{proxied}", bound(clients["one"]), honest, second) == 401
