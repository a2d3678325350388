"""No answer without a token that holds, whatever is wrong with it, and one message for all."""

import time

import pytest

from hub.app import embedded_issuer
from hub.identity.errors import PUBLIC_MESSAGE
from hub.identity.issuer import EmbeddedIssuer
from hub.identity.keys import SigningKeys
from hub.identity.types import Purpose
from tests.hub.gateway.serving import ADDRESS, CLIENTS, HUB_FIXTURES
from tests.hub.identity import forge

hub, policy_folders, state, world_url = HUB_FIXTURES

CLIENT = CLIENTS["kr-mfds"]
ASKED = {"query": "{ products { totalCount } me { client } }"}


def minted(hub, **changes):
    issuer = embedded_issuer(hub.settings)
    parts = {"issuer": ADDRESS, "audience": ADDRESS, "keys": issuer.keys, "clock": time.time}
    return EmbeddedIssuer(**(parts | changes)).mint(CLIENT, Purpose.EXERCISE)


def forged(hub, sign, **header):
    now = int(time.time())
    kid = embedded_issuer(hub.settings).keys.current.kid
    claims = forge.claims(
        iss=ADDRESS, aud=ADDRESS, iat=now, nbf=now, exp=now + 600, organisation="x"
    )
    return forge.compact(forge.header(kid=kid, **header), claims, sign)


def foreign_keys(tmp_path):
    return SigningKeys.open(tmp_path / "foreign")


def unsigned(_data):
    return b""


CASES = {
    "missing": lambda _hub, _tmp: {},
    "empty": lambda _hub, _tmp: {"authorization": ""},
    "basic": lambda _hub, _tmp: {"authorization": "Basic a3I6a3I="},
    "nonsense": lambda _hub, _tmp: bearer("nonsense"),
    "expired": lambda hub, _tmp: bearer(minted(hub, clock=lambda: time.time() - 7200)),
    "not yet valid": lambda hub, _tmp: bearer(minted(hub, clock=lambda: time.time() + 600)),
    "other audience": lambda hub, _tmp: bearer(minted(hub, audience="http://other.test")),
    "other issuer": lambda hub, _tmp: bearer(minted(hub, issuer="http://other.test")),
    "foreign key": lambda hub, tmp: bearer(minted(hub, keys=foreign_keys(tmp))),
    "foreign key under our kid": lambda hub, _tmp: bearer(forged(hub, forge.ECSigner())),
    "alg none": lambda hub, _tmp: bearer(forged(hub, unsigned, alg="none")),
    "alg nOnE": lambda hub, _tmp: bearer(forged(hub, unsigned, alg="nOnE")),
    "empty signature": lambda hub, _tmp: bearer(forged(hub, unsigned)),
    "HS256": lambda hub, _tmp: bearer(forged(hub, forge.hs256(b"key"), alg="HS256")),
    "changed": lambda hub, _tmp: bearer(minted(hub)[:-4] + "AAAA"),
    "10 kB": lambda _hub, _tmp: bearer("a" * 10_000),
}


def bearer(token):
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize("case", CASES)
async def test_a_token_that_does_not_hold_is_refused_with_one_message(hub, tmp_path, case):
    answer = await hub.http.post("/graphql", json=ASKED, headers=CASES[case](hub, tmp_path))
    assert answer.status_code == 401
    assert answer.json() == {
        "errors": [{"message": PUBLIC_MESSAGE, "extensions": {"code": "UNAUTHENTICATED"}}]
    }
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_token_in_the_address_or_the_body_is_none(hub):
    token = hub.token("kr-mfds")
    for answer in (
        await hub.http.post(f"/graphql?access_token={token}", json=ASKED),
        await hub.http.post("/graphql", json=ASKED | {"access_token": token}),
    ):
        assert answer.status_code == 401


async def test_two_tokens_are_none(hub):
    token = f"Bearer {hub.token('kr-mfds')}"
    headers = [("authorization", token), ("authorization", token)]
    answer = await hub.http.post("/graphql", json=ASKED, headers=headers)
    assert answer.status_code == 401


async def test_nothing_of_a_request_is_looked_at_before_its_token(hub):
    # Each of these would be refused otherwise, with another status.
    for content, kind in ((b"{", "application/json"), (b"x" * 200_000, "text/plain")):
        answer = await hub.http.post("/graphql", content=content, headers={"content-type": kind})
        assert answer.status_code == 401


async def test_a_token_that_holds_is_answered(hub):
    answer = await hub.http.post("/graphql", json=ASKED, headers=bearer(minted(hub)))
    assert answer.status_code == 200
    assert answer.json()["data"]["me"] == {"client": "kr-mfds"}
