"""A6 over HTTP: two gateway processes over one database take a proof once between them."""

import asyncio
import secrets
import time
from collections import Counter

import httpx  # noqa: TID251 - asks gateways on loopback
import pytest

from hub.entrance import embedded_issuer
from hub.identity.own_issuer.clients import DEMO_CLIENTS
from hub.identity.own_issuer.issuer import grant_to
from hub.identity.types import Purpose
from hub.settings import Settings
from tests.e2e.gateways import gateway
from tests.hub.identity import forge
from tests.hub.identity.possession import ath, proof
from tests.hub.store.databases import migrated_database

PUBLIC = "https://hub.example"
KEY = forge.ECSigner()
THUMBPRINT = forge.read_jwks({"keys": [KEY.jwk()]})[KEY.kid].thumbprint
[KR] = [client for client in DEMO_CLIENTS if client.client_id == "kr-mfds"]


@pytest.fixture(scope="module")
def token(tmp_path_factory):
    """A bound token of the embedded issuer, whose keys lie in the gateways' state folder."""
    settings = Settings(state_dir=_state(tmp_path_factory), public_url=PUBLIC)
    grant = grant_to(KR, frozenset({Purpose.EXERCISE}), THUMBPRINT)
    return embedded_issuer(settings).issue(grant).text


def _state(tmp_path_factory):
    return tmp_path_factory.getbasetemp() / "two-gateways"


@pytest.fixture(scope="module")
async def gateways(database_url, tmp_path_factory, token):
    """The GraphQL addresses of two gateways."""
    state = _state(tmp_path_factory)
    async with (
        migrated_database(database_url) as url,
        gateway(state, url, PUBLIC) as one,
        gateway(state, url, PUBLIC, HUB_DPOP_UNAIDED_SECONDS="0") as two,
    ):
        yield [f"http://{each}/graphql" for each in (one, two)]


def shown(token, **claims):
    """The headers of a request with a new proof, made for the address callers use."""
    jti, iat = secrets.token_urlsafe(16), int(time.time())
    honest = {"jti": jti, "iat": iat, "htu": f"{PUBLIC}/graphql", "ath": ath(token)}
    return {"authorization": f"DPoP {token}", "dpop": proof(KEY, **honest | claims)}


async def ask(http, url, headers):
    return await http.post(url, json={"query": "{ me { client } }"}, headers=headers)


async def test_a6_of_100_uses_at_once_at_two_processes_one_passes(gateways, token):
    async with httpx.AsyncClient(timeout=60) as http:
        nonce = (await ask(http, gateways[1], shown(token))).headers["dpop-nonce"]
        headers = shown(token, nonce=nonce)
        uses = [ask(http, gateways[number % 2], headers) for number in range(100)]
        answers = await asyncio.gather(*uses)
    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 99}
    [passed] = [answer.json() for answer in answers if answer.status_code == 200]
    assert passed["data"] == {"me": {"client": "kr-mfds"}}


async def test_a9_a_nonce_of_one_process_is_taken_by_the_other(gateways, token):
    async with httpx.AsyncClient(timeout=60) as http:
        asked = await ask(http, gateways[1], shown(token))
        assert asked.status_code == 401
        assert 'error="use_dpop_nonce"' in asked.headers["www-authenticate"]
        nonce = asked.headers["dpop-nonce"]
        for url in gateways:
            answer = await ask(http, url, shown(token, nonce=nonce))
            assert answer.json()["data"] == {"me": {"client": "kr-mfds"}}


async def test_a9_a_host_header_does_not_say_where_a_proof_is_for(gateways, token):
    async with httpx.AsyncClient(timeout=60) as http:
        headers = shown(token, htu="https://evil.example/graphql") | {"host": "evil.example"}
        assert (await ask(http, gateways[0], headers)).status_code == 401
        headers = shown(token) | {"host": "evil.example"}
        assert (await ask(http, gateways[0], headers)).status_code == 200


async def test_s21_two_headers_are_refused_over_http(gateways, token):
    headers = list(shown(token).items())
    async with httpx.AsyncClient(timeout=60) as http:
        twice = await ask(http, gateways[0], [*headers, headers[-1]])
        assert twice.status_code == 401
        once = await ask(http, gateways[0], headers)
        assert once.status_code == 200
