import base64
import dataclasses
import json

import pytest

from hub.errors import Forbidden, InvalidInput
from hub.identity.own_issuer.clients import DEMO_CLIENTS
from hub.identity.own_issuer.issuer import EmbeddedIssuer, Grant
from hub.identity.own_issuer.keys import SigningKeys
from hub.identity.tokens.verifying import (
    MAX_TOKEN_LIFETIME_S,
    TokenRules,
    TokenVerifier,
)
from hub.identity.trust.trusted import FixedTrust
from hub.identity.types import Client, Purpose, Role
from tests.hub.identity import forge

CLIENTS = {client.client_id: client for client in DEMO_CLIENTS}


@pytest.fixture
def issuer(tmp_path):
    keys = SigningKeys.open(tmp_path)
    return EmbeddedIssuer(forge.ISSUER, forge.AUDIENCE, keys, lambda: forge.NOW + 0.9)


@pytest.fixture
def verifier(issuer):
    trust = FixedTrust([issuer.as_trusted()])
    return TokenVerifier(TokenRules(forge.AUDIENCE), trust, clock=lambda: forge.NOW + 1)


def read(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.mark.parametrize("client", DEMO_CLIENTS, ids=lambda client: client.client_id)
async def test_demo_client_gets_tokens_that_verify_for_every_purpose(client, issuer, verifier):
    for purpose in Purpose:
        caller = await verifier.verify(forge.presented(issuer.mint(client, purpose)))
        assert (caller.client, caller.subject) == (client.client_id, client.client_id)
        assert (caller.member, caller.organisation) == (client.member, client.organisation)
        assert (caller.roles, caller.purpose) == (client.roles, purpose)


def test_token_has_the_form_of_rfc_9068(issuer):
    header, claims, _ = issuer.mint(CLIENTS["eu-ema"], Purpose.EXERCISE).split(".")
    assert read(header) == {"typ": "at+jwt", "alg": "ES256", "kid": issuer.keys.current.kid}
    claims = read(claims)
    token_id = claims.pop("jti")
    assert len(token_id) >= 22
    assert claims == {
        "iss": forge.ISSUER,
        "aud": forge.AUDIENCE,
        "sub": "eu-ema",
        "client_id": "eu-ema",
        "iat": forge.NOW,
        "nbf": forge.NOW,
        "exp": forge.NOW + 600,
        "member": "EU",
        "organisation": "European Medicines Agency",
        "roles": ["agency", "regulator"],
        "purpose": "exercise",
    }


def test_every_token_has_its_own_id(issuer):
    tokens = [issuer.mint(CLIENTS["us-fda"], Purpose.EXERCISE) for _ in range(20)]
    assert len({read(token.split(".")[1])["jti"] for token in tokens}) == 20


def test_purpose_the_client_may_not_state_is_refused_with_those_it_may(issuer):
    client = Client(
        "narrow",
        "KR",
        "o",
        frozenset({Role.AGENCY}),
        frozenset({Purpose.EXERCISE, Purpose.SUPPLY_MAPPING}),
    )
    with pytest.raises(Forbidden) as caught:
        issuer.mint(client, Purpose.POLICY_RESEARCH)
    assert caught.value.message == (
        "client `narrow` may not state the purpose `policy-research`: "
        "use one of `exercise`, `supply-mapping`"
    )


@pytest.mark.parametrize("lifetime_s", [0, -1, MAX_TOKEN_LIFETIME_S + 1])
def test_lifetime_over_the_limit_is_refused(issuer, lifetime_s):
    with pytest.raises(InvalidInput, match="a token lives 1 to 3600 s"):
        issuer.mint(CLIENTS["us-fda"], Purpose.EXERCISE, lifetime_s)


async def test_longest_token_verifies(issuer, verifier):
    text = issuer.mint(CLIENTS["us-fda"], Purpose.EXERCISE, MAX_TOKEN_LIFETIME_S)
    assert (await verifier.verify(forge.presented(text))).member == "US"


GRANT = Grant(
    subject="officer",
    client="service",
    member="KR",
    organisation="o",
    roles=frozenset({Role.AGENCY}),
    purposes=frozenset({Purpose.SUPPLY_MAPPING, Purpose.EXERCISE}),
    key="k" * 43,
    actors=("service", "earlier"),
)


async def test_what_is_granted_is_what_a_verifier_reads(issuer, verifier):
    issued = issuer.issue(dataclasses.replace(GRANT, key=None), 60)
    caller = await verifier.verify(forge.presented(issued.text, purpose="exercise"))
    assert (caller.subject, caller.client) == ("officer", "service")
    assert (caller.actors, caller.purpose) == (("service", "earlier"), Purpose.EXERCISE)
    assert (caller.token_id, issued.lifetime_s) == (issued.id, 60)


def test_token_names_its_key_all_its_purposes_and_who_acts(issuer):
    claims = read(issuer.issue(GRANT).text.split(".")[1])
    assert claims["cnf"] == {"jkt": "k" * 43}
    assert claims["purpose"] == ["exercise", "supply-mapping"]
    assert claims["act"] == {"sub": "service", "client_id": "service", "act": {"sub": "earlier"}}


def test_token_is_not_shown(issuer):
    issued = issuer.issue(GRANT)
    assert issued.text not in repr(issued)
