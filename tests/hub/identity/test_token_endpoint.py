"""What the token endpoint gives, over HTTP, and all that it refuses."""

import time

import pytest

from hub.identity.own_issuer.keys import kept_secret
from hub.identity.proofs.nonces import Nonces
from hub.identity.types import Purpose
from tests.hub.identity import forge, possession
from tests.hub.identity.issuing import (
    ADDRESS,
    TOKEN_URL,
    claims_of,
    header_of,
    issuing,
    open_issuing,
    proof,
)
from tests.hub.store.databases import migrated_database

FIXTURES = (issuing,)
GRAPHQL = f"{ADDRESS}/graphql"


async def test_a_client_gets_a_bearer_token_that_opens_the_gateway(issuing):
    agency = await issuing.register(purposes=(Purpose.EXERCISE,))
    given = await issuing.token(agency)
    assert (given.keys(), given["token_type"], given["expires_in"]) == (
        {"access_token", "token_type", "expires_in"},
        "Bearer",
        600,
    )
    token = given["access_token"]
    assert header_of(token)["typ"] == "at+jwt"
    claims = claims_of(token)
    assert (claims["iss"], claims["aud"], claims["exp"] - claims["iat"]) == (ADDRESS, ADDRESS, 600)
    assert (claims["sub"], claims["client_id"], claims["purpose"]) == (
        agency.id,
        agency.id,
        "exercise",
    )
    answer = await issuing.me(token)
    assert answer.json()["data"]["me"] == {
        "client": agency.id,
        "member": "KR",
        "purpose": "exercise",
    }


@pytest.mark.parametrize(
    ("signer", "algorithm"),
    [(forge.ec_key, "ES256"), (forge.rsa_key, "PS256"), (forge.ed_key, "Ed25519")],
)
async def test_every_algorithm_of_the_house_signs_assertions(issuing, signer, algorithm):
    agency = await issuing.register(signer=signer())
    assertion = agency.assertion({"alg": algorithm})
    assert (await issuing.token(agency, client_assertion=assertion))["token_type"] == "Bearer"


async def test_a_proof_binds_the_token_to_its_key(issuing):
    agency, key = await issuing.register(purposes=(Purpose.EXERCISE,)), forge.ECSigner()
    given = await issuing.token(agency, proof(key))
    assert given["token_type"] == "DPoP"
    token = given["access_token"]
    shown = proof(key, GRAPHQL, ath=possession.ath(token))
    assert (await issuing.me(token, shown)).json()["data"]["me"]["client"] == agency.id
    assert (await issuing.me(token)).status_code == 401
    other = proof(forge.ECSigner(), GRAPHQL, ath=possession.ath(token))
    assert (await issuing.me(token, other)).status_code == 401


@pytest.mark.parametrize(
    "changes",
    [{"htm": "GET"}, {"htu": GRAPHQL}, {"iat": 1_700_000_000}, {"jti": ""}],
    ids=str,
)
async def test_a_proof_for_another_request_is_refused(issuing, changes):
    agency = await issuing.register()
    shown = proof(forge.ECSigner(), **changes)
    assert await issuing.error(agency.form(), shown) == (400, "invalid_dpop_proof")


async def test_a_proof_is_taken_once(issuing):
    agency, shown = await issuing.register(), proof(forge.ECSigner())
    await issuing.token(agency, shown)
    assert await issuing.error(agency.form(), shown) == (400, "invalid_dpop_proof")


async def test_two_proofs_are_none(issuing):
    agency, key = await issuing.register(), forge.ECSigner()
    answer = await issuing.http.post(
        "/oauth/token",
        data=agency.form(),
        headers=[("dpop", proof(key)), ("dpop", proof(key))],
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")


async def test_an_old_proof_needs_a_nonce_which_the_refusal_brings(issuing):
    agency, key = await issuing.register(), forge.ECSigner()
    old = int(time.time()) - 120
    answer = await issuing.post("/oauth/token", agency.form(), proof(key, iat=old))
    assert (answer.status_code, answer.json()["error"]) == (400, "use_dpop_nonce")
    assert "`DPoP-Nonce`" in answer.json()["error_description"]
    nonce = answer.headers["dpop-nonce"]
    assert Nonces(kept_secret(issuing.settings.state_dir / "identity/gateways.secret")).accepts(
        nonce
    )
    given = await issuing.token(agency, proof(key, iat=old, nonce=nonce))
    assert given["token_type"] == "DPoP"


async def test_a_client_that_must_be_bound_gets_no_bearer_token(issuing):
    agency = await issuing.register(requires_sender_constraint=True)
    assert await issuing.error(agency.form()) == (400, "invalid_dpop_proof")
    assert (await issuing.token(agency, proof(forge.ECSigner())))["token_type"] == "DPoP"


async def test_a_token_for_several_purposes_is_used_for_one_that_each_request_states(issuing):
    agency = await issuing.register()
    token = (await issuing.token(agency))["access_token"]
    assert claims_of(token)["purpose"] == ["exercise", "supply-mapping"]
    refused = await issuing.me(token)
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["extensions"]["code"] == "PURPOSE_REQUIRED"
    stated = await issuing.me(token, **{"hub-purpose": "supply-mapping"})
    assert stated.json()["data"]["me"]["purpose"] == "supply-mapping"
    other = await issuing.me(token, **{"hub-purpose": "policy-research"})
    assert other.json()["errors"][0]["extensions"]["code"] == "PURPOSE_NOT_ALLOWED"


async def test_a_purpose_asked_for_is_the_tokens_only_one(issuing):
    agency = await issuing.register()
    token = (await issuing.token(agency, purpose="supply-mapping"))["access_token"]
    assert claims_of(token)["purpose"] == "supply-mapping"
    for purpose in ("policy-research", "nonsense"):
        assert await issuing.error(agency.form(purpose=purpose)) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"grant_type": forge.ABSENT}, "invalid_request"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
        ({"audience": f"{ADDRESS}/"}, "invalid_target"),
    ],
    ids=str,
)
async def test_what_the_endpoint_does_not_give_is_refused_by_its_code(issuing, form, code):
    agency = await issuing.register()
    assert await issuing.error(agency.form(**form)) == (400, code)


async def test_the_hub_itself_may_be_named_as_the_resource(issuing):
    agency = await issuing.register()
    given = await issuing.token(agency, resource=ADDRESS, audience=ADDRESS, scope="")
    assert claims_of(given["access_token"])["aud"] == ADDRESS


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/json", 400),
        (b"grant_type", "application/x-www-form-urlencoded", 400),
        (b"a=%ff", "application/x-www-form-urlencoded", 400),
        ("a=é".encode(), "application/x-www-form-urlencoded", 400),
        (b"a=1&a=2", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"f%d=1" % n for n in range(21)), "application/x-www-form-urlencoded", 400),
        (b"a=" + b"x" * 32_768, "application/x-www-form-urlencoded", 413),
    ],
    ids=["json", "no value", "no utf-8", "no ascii", "twice", "many", "long"],
)
async def test_a_body_that_is_no_small_form_is_refused(issuing, body, kind, status):
    answer = await issuing.http.post("/oauth/token", content=body, headers={"content-type": kind})
    assert (answer.status_code, answer.json()["error"]) == (status, "invalid_request")
    assert answer.headers["cache-control"] == "no-store"


async def test_an_empty_form_is_of_no_client(issuing):
    assert await issuing.error({}) == (400, "invalid_request")
    assert await issuing.error({"client_id": ""}) == (401, "invalid_client")


@pytest.mark.parametrize("path", ["token", "revoke", "introspect"])
async def test_only_a_posted_form_is_answered(issuing, path):
    assert (
        await issuing.http.get(f"/oauth/{path}?grant_type=client_credentials")
    ).status_code == 405


async def test_a_switched_off_issuer_answers_nothing_and_is_not_believed(
    issuing, database_url, tmp_path
):
    off = {"embedded_issuer": False, "state_dir": issuing.settings.state_dir}
    agency = await issuing.register(purposes=(Purpose.EXERCISE,))
    token = (await issuing.token(agency))["access_token"]
    async with (
        migrated_database(database_url) as url,
        open_issuing(url, tmp_path, **off) as hub,
    ):
        for path in ("/oauth/token", "/oauth/revoke", "/oauth/introspect"):
            assert (await hub.post(path, agency.form())).status_code == 404
        metadata = "/.well-known/oauth-authorization-server"
        assert (await hub.http.get(metadata)).status_code == 404
        resource = await hub.http.get("/.well-known/oauth-protected-resource")
        assert resource.json()["authorization_servers"] == []
        await hub.until_refused(token)


async def test_the_proof_of_rfc_9449_is_one_for_a_token_request():
    # V6: RFC 9449 section 4.1.
    vector = possession.vectors("rfc9449")["V6"]
    url = "https://server.example.com/token"
    request = {"method": "POST", "url": url, "access_token": None}
    by = possession.checker(now=1562262616 + 5)
    assert await possession.check(vector["proof"], by, **request)
    late = possession.checker(now=1562262616 + 301)
    assert "iat" in await possession.refusal(vector["proof"], late, **request)


async def test_a_database_that_fails_is_told_as_such(issuing, monkeypatch):
    import psycopg

    from hub.identity.own_issuer import assertions

    async def fail(*_):
        raise psycopg.OperationalError("gone")

    agency = await issuing.register()
    monkeypatch.setattr(assertions, "read_one", fail)
    assert await issuing.error(agency.form()) == (503, "temporarily_unavailable")


async def test_what_breaks_the_endpoint_is_a_bad_request(issuing, monkeypatch):
    from hub.identity.own_issuer import assertions

    async def fail(*_):
        raise RecursionError("secret")

    agency = await issuing.register()
    monkeypatch.setattr(assertions, "read_one", fail)
    answer = await issuing.post("/oauth/token", agency.form())
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "secret" not in answer.text


def test_the_endpoint_is_where_the_metadata_says():
    assert f"{ADDRESS}/oauth/token" == TOKEN_URL
