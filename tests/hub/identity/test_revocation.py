"""Tokens taken back by those they were given to, and told about to those who may ask."""

import time

import psycopg
import pytest

from hub.identity.own_issuer import clients
from hub.identity.own_issuer.issuer import EmbeddedIssuer
from hub.identity.own_issuer.keys import SigningKeys
from hub.identity.own_issuer.revocation import revoke
from hub.identity.types import Client, Purpose, Role
from tests.hub.identity import forge, possession
from tests.hub.identity.issuing import ADDRESS, claims_of, header_of, issuing, proof

FIXTURES = (issuing,)


@pytest.fixture
async def agency(issuing):
    return await issuing.register(purposes=(Purpose.EXERCISE,))


@pytest.fixture(params=[Role.AUDITOR, Role.SECRETARIAT])
async def auditor(issuing, request):
    return await issuing.register(member="ALLIANCE", roles=(request.param,))


async def told(issuing, auditor, token):
    answer = await issuing.post("/oauth/introspect", auditor.form(token=token))
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    return answer.json()


async def revoked(issuing, agency, token, **form):
    answer = await issuing.post("/oauth/revoke", agency.form(token=token, **form))
    assert (answer.status_code, answer.json()) == (200, {})


async def test_a_revoked_token_opens_nothing_more(issuing, agency):
    token = (await issuing.token(agency))["access_token"]
    other = (await issuing.token(agency))["access_token"]
    assert (await issuing.me(token)).status_code == 200
    await revoked(issuing, agency, token, token_type_hint="access_token")
    await issuing.until_refused(token)
    assert (await issuing.me(other)).status_code == 200
    await revoked(issuing, agency, token)


async def test_a_bound_token_is_revoked_without_a_proof(issuing, agency):
    key = forge.ECSigner()
    token = (await issuing.token(agency, proof(key)))["access_token"]
    await revoked(issuing, agency, token)
    await issuing.until_refused(
        token, lambda: proof(key, f"{ADDRESS}/graphql", ath=possession.ath(token))
    )


async def test_a_token_given_to_another_is_not_revoked(issuing, agency):
    token = (await issuing.token(agency))["access_token"]
    other = await issuing.register()
    form = other.form(token=token)
    assert await issuing.error(form, path="/oauth/revoke") == (400, "invalid_grant")
    assert (await issuing.me(token)).status_code == 200


async def test_what_is_no_token_of_ours_is_no_error(issuing, agency):
    for token in ("nonsense", "é.é.é", forge.token(), agency.assertion()):
        await revoked(issuing, agency, token)


@pytest.mark.parametrize("path", ["/oauth/revoke", "/oauth/introspect"])
async def test_who_is_not_known_or_names_no_token_is_refused(issuing, auditor, path):
    nobody = auditor.form(client_assertion="nonsense", token="token")
    assert await issuing.error(nobody, path=path) == (401, "invalid_client")
    assert await issuing.error(auditor.form(), path=path) == (400, "invalid_request")


async def test_auditors_and_the_secretariat_are_told_what_a_token_says(issuing, agency, auditor):
    token = (await issuing.token(agency))["access_token"]
    said = await told(issuing, auditor, token)
    assert said == {"active": True, "token_type": "Bearer"} | claims_of(token)
    bound = (await issuing.token(agency, proof(forge.ECSigner())))["access_token"]
    said = await told(issuing, auditor, bound)
    assert (said["token_type"], said["cnf"]) == ("DPoP", claims_of(bound)["cnf"])


async def test_members_clients_are_told_nothing(issuing, agency):
    token = (await issuing.token(agency))["access_token"]
    form = agency.form(token=token)
    assert await issuing.error(form, path="/oauth/introspect") == (403, "unauthorized_client")


async def test_a_token_that_holds_no_longer_is_not_active(issuing, agency, auditor):
    keys = SigningKeys.open(issuing.settings.state_dir / "identity" / "keys")
    client = Client(agency.id, "KR", "o", frozenset({Role.AGENCY}), frozenset({Purpose.EXERCISE}))
    late = EmbeddedIssuer(ADDRESS, ADDRESS, keys, lambda: time.time() - 601)
    moved = EmbeddedIssuer("http://earlier.test", ADDRESS, keys)
    texts = {
        "expired": late.mint(client, Purpose.EXERCISE),
        "of an earlier address": moved.mint(client, Purpose.EXERCISE),
        "nonsense": "nonsense",
        "no ascii": "é.é.é",
        "by another key": forge.compact(forge.header(), forge.claims(iss=ADDRESS)),
        "without a kid": forge.compact(forge.header(kid=forge.ABSENT), forge.claims()),
    }
    signer = forge.ECSigner()
    signer.private = keys.current.private_key
    header = header_of(issuing.minted(agency))
    claims = claims_of(issuing.minted(agency))
    texts["of another type"] = forge.compact(header | {"typ": "JWT"}, claims, signer)
    texts["changed"] = forge.compact(header, claims, forge.ECSigner())
    for name, text in texts.items():
        assert await told(issuing, auditor, text) == {"active": False}, name


async def test_a_revoked_token_is_not_active(issuing, agency, auditor):
    token = (await issuing.token(agency))["access_token"]
    await revoked(issuing, agency, token)
    await issuing.until_refused(token)
    assert await told(issuing, auditor, token) == {"active": False}


async def test_a_disabled_client_gets_no_token_and_has_none(issuing, agency, auditor):
    token = (await issuing.token(agency))["access_token"]
    async with await psycopg.AsyncConnection.connect(issuing.url) as connection:
        await clients.disable(connection, agency.id, "a test")
    assert await issuing.error(agency.form()) == (401, "invalid_client")
    await issuing.until_refused(token)
    assert await told(issuing, auditor, token) == {"active": False}
    async with await psycopg.AsyncConnection.connect(issuing.url) as connection:
        await clients.enable(connection, agency.id, "a test")
    await issuing.token(agency)


async def test_revoked_tokens_are_forgotten_long_after_they_expired(connection):
    now = time.time()
    for token_id, expires_at in (("old", now - 90_000), ("older", now - 900_000), ("new", now)):
        await revoke(connection, ADDRESS, token_id, expires_at, "a test")
    await revoke(connection, ADDRESS, "new", now, "a test")
    cursor = await connection.execute("SELECT token_id, revoked_by FROM revoked_token")
    assert await cursor.fetchall() == [("new", "a test")]
