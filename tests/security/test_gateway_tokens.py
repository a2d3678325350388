"""Attacks on tokens through a real socket: no answer, one message, one shape, whatever is wrong."""

import json

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hub.entrance import embedded_issuer
from hub.identity.errors import PUBLIC_MESSAGE
from hub.identity.own_issuer.issuer import EmbeddedIssuer
from hub.identity.own_issuer.keys import SigningKeys
from hub.identity.types import Purpose
from tests.hub.gateway.serving import ADDRESS, CLIENTS
from tests.hub.identity import forge
from tests.security.edge import EDGE_FIXTURES, QUESTION

hub, policy_folders, state, world_url, edge = EDGE_FIXTURES

OTHER = "https://other.example"
REFUSED = {"errors": [{"message": PUBLIC_MESSAGE, "extensions": {"code": "UNAUTHENTICATED"}}]}


def is_refusal(answer):
    assert (answer.status_code, answer.json()) == (401, REFUSED)
    assert answer.headers["www-authenticate"].startswith('Bearer resource_metadata="')
    return True


def unsigned(_):
    return b""


@pytest.mark.parametrize("algorithm", ["none", "nOnE", forge.ABSENT, "", None])
@pytest.mark.parametrize("signature", [b"", b"\0" * 64])
async def test_a1_unsigned_token_opens_nothing(edge, algorithm, signature):
    text = edge.forged(header={"alg": algorithm}, sign=lambda _: signature)
    assert is_refusal(await edge.ask(text))


async def test_a1_empty_signature_opens_nothing(edge):
    assert is_refusal(await edge.ask(edge.forged(sign=unsigned)))


def public_texts(key):
    public = key.public_key
    return {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk": json.dumps(key.as_dict(private=False)).encode(),
    }


@pytest.mark.parametrize("form", ["pem", "der", "jwk"])
async def test_a2_published_key_is_no_shared_secret(edge, form):
    sign = forge.hs256(public_texts(edge.key)[form])
    assert is_refusal(await edge.ask(edge.forged(header={"alg": "HS256"}, sign=sign)))


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "EdDSA", "ES384", "ES256K"])
async def test_a2_key_is_used_for_its_own_algorithm_alone(edge, algorithm):
    assert is_refusal(await edge.ask(edge.forged(header={"alg": algorithm})))


@pytest.mark.parametrize(
    "kid",
    ["../../dev/null", "x' OR '1'='1", f"{OTHER}/key", "x" * 10_000, 5, ["a"], {}, "", "\r\nx: y"],
    ids=lambda kid: str(kid)[:16],
)
async def test_a3_kid_finds_nothing_but_a_key_of_its_name(edge, kid):
    assert is_refusal(await edge.ask(edge.forged(header={"kid": kid})))


@pytest.mark.parametrize("name", ["jwk", "jku", "x5u", "x5c"])
async def test_a4_key_that_a_token_brings_is_refused(edge, name):
    thief = forge.ECSigner()
    brought = {"jwk": thief.jwk(), "jku": f"{edge.url}/.well-known/jwks.json"}
    text = edge.forged(header={name: brought.get(name, ["MIIB"])}, sign=thief)
    assert is_refusal(await edge.ask(text))


@pytest.mark.parametrize(
    "additions", [{"crit": ["exp"]}, {"crit": ["b64"], "b64": False}, {"x": 1}], ids=str
)
async def test_a5_extended_header_is_refused(edge, additions):
    assert is_refusal(await edge.ask(edge.forged(header=additions)))


async def test_a5_token_of_another_serialization_is_refused(edge):
    head, body, signature = edge.forged().split(".")
    for text in (f"{head}.{body}.{signature}.x.y", f"{head}..{signature}", f"{head}.{body}"):
        assert is_refusal(await edge.ask(text))
    general = {"payload": body, "signatures": [{"protected": head, "signature": ""}]}
    assert is_refusal(await edge.ask(json.dumps(general)))


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": OTHER},
        {"aud": [ADDRESS, OTHER]},
        {"iss": OTHER},
        {"iss": ADDRESS + "/"},
        {"iss": ADDRESS.upper()},
        {"client_id": forge.ABSENT},
    ],
    ids=str,
)
async def test_a7_token_for_another_place_is_refused(edge, claims):
    assert is_refusal(await edge.ask(edge.forged(**claims)))


@pytest.mark.parametrize("typ", [forge.ABSENT, "JWT", "dpop+jwt", "logout+jwt", "rt+jwt"])
async def test_a7_another_kind_of_token_is_refused(edge, typ):
    assert is_refusal(await edge.ask(edge.forged(header={"typ": typ})))


async def test_a7_token_of_another_environment_is_refused(edge, tmp_path):
    keys = SigningKeys.open(tmp_path / "staging")
    staging = EmbeddedIssuer(ADDRESS, ADDRESS, keys).mint(CLIENTS["kr-mfds"], Purpose.EXERCISE)
    assert is_refusal(await edge.ask(staging))


@pytest.mark.parametrize(("iat", "exp"), [(-7200, -1), (-600, 0), (61, 600), (-3600, 600)])
async def test_a8_token_of_another_time_is_refused(edge, iat, exp):
    now = embedded_issuer(edge.settings).clock()
    text = edge.forged(iat=int(now) + iat, nbf=int(now) + iat, exp=int(now) + exp)
    assert is_refusal(await edge.ask(text))


@pytest.mark.parametrize("exp", [float("nan"), 1e308, -1, "600", True], ids=str)
async def test_a8_time_that_is_none_is_refused(edge, exp):
    assert is_refusal(await edge.ask(edge.forged(exp=exp)))


@pytest.mark.parametrize(
    "authorization", ["", "Basic a3I6a3I=", "Bearer", "Bearer nonsense", f"Bearer {'a' * 10_000}"]
)
async def test_a_header_that_holds_no_token_is_refused(edge, authorization):
    headers = {"authorization": authorization}
    assert is_refusal(await edge.http.post("/graphql", json=QUESTION, headers=headers))


async def test_nobody_is_told_how_to_send_a_token(edge):
    answer = await edge.http.post("/graphql", json=QUESTION)
    assert is_refusal(answer)
    assert "error=" not in answer.headers["www-authenticate"]


async def test_a_token_in_the_address_or_the_body_is_none(edge):
    token = edge.minted()
    for answer in (
        await edge.http.post(f"/graphql?access_token={token}", json=QUESTION),
        await edge.http.post("/graphql", json=QUESTION | {"access_token": token}),
    ):
        assert is_refusal(answer)


async def test_two_tokens_are_none(edge):
    header = ("authorization", f"Bearer {edge.minted()}")
    answer = await edge.http.post("/graphql", json=QUESTION, headers=[header, header])
    assert is_refusal(answer)


async def test_nothing_of_a_request_is_looked_at_before_its_token(edge):
    # Each of these would be refused otherwise, with another status.
    for content, kind in ((b"{", "application/json"), (b"x" * 200_000, "text/plain")):
        headers = {"content-type": kind}
        assert is_refusal(await edge.http.post("/graphql", content=content, headers=headers))


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_a_token_that_holds_is_answered(edge, scheme):
    for token in (edge.minted(), edge.forged()):
        answer = await edge.ask(token, scheme)
        assert answer.status_code == 200
        assert answer.json()["data"]["me"] == {"client": "kr-mfds"}
