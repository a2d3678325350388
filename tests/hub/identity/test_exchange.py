"""Acting for an officer: who may, and that the new token says no more than the officer's."""

import time

import pytest

from hub.identity.types import Purpose, Role
from tests.hub.identity import forge, possession
from tests.hub.identity.issuing import (
    ACCESS_TOKEN,
    ADDRESS,
    claims_of,
    exchange_of,
    issuing,
    proof,
)

FIXTURES = (issuing,)
JWT = "urn:ietf:params:oauth:token-type:jwt"


@pytest.fixture
async def service(issuing):
    return await issuing.register(may_act=True)


@pytest.fixture
async def officer(issuing):
    return await issuing.register()


async def refused(issuing, service, subject, code="invalid_request", **form):
    """Expect a refusal; return what the answer says."""
    answer = await issuing.post("/oauth/token", service.form(**exchange_of(subject, **form)))
    assert (answer.status_code, answer.json()["error"]) == (400, code)
    return answer.json()["error_description"]


async def test_both_identities_stay_known(issuing, service, officer):
    subject = issuing.minted(officer, organisation="The ministry")
    given = await issuing.exchanged(service, subject)
    assert (given["issued_token_type"], given["token_type"]) == (ACCESS_TOKEN, "Bearer")
    claims = claims_of(given["access_token"])
    assert (claims["sub"], claims["client_id"]) == (officer.id, service.id)
    assert claims["act"] == {"sub": service.id, "client_id": service.id}
    assert (claims["member"], claims["organisation"]) == ("KR", "The ministry")
    assert (claims["iss"], claims["aud"], claims["subject_issuer"]) == (ADDRESS,) * 3
    answer = await issuing.me(given["access_token"])
    assert answer.json()["data"]["me"]["client"] == service.id


async def test_a_proof_binds_the_new_token_to_the_services_key(issuing, service, officer):
    key = forge.ECSigner()
    subject = issuing.minted(officer)
    answer = await issuing.post("/oauth/token", service.form(**exchange_of(subject)), proof(key))
    assert answer.json()["token_type"] == "DPoP"
    claims = claims_of(answer.json()["access_token"])
    assert claims["cnf"]["jkt"] == forge_thumbprint(key)


def forge_thumbprint(key):
    from joserfc.jwk import ECKey

    return ECKey.import_key(possession.jwk(key)).thumbprint()


async def test_roles_are_those_that_both_have(issuing, officer):
    service = await issuing.register(may_act=True, roles=(Role.AGENCY,))
    both = issuing.minted(officer, roles=frozenset({Role.AGENCY, Role.REGULATOR}))
    given = await issuing.exchanged(service, both)
    assert claims_of(given["access_token"])["roles"] == ["agency"]
    said = await refused(
        issuing, service, issuing.minted(officer, roles=frozenset({Role.REGULATOR}))
    )
    assert "roles" in said


async def test_a_purpose_that_one_of_them_may_not_state_is_refused(issuing, service, officer):
    research = issuing.minted(officer, Purpose.POLICY_RESEARCH)
    assert "purpose" in await refused(issuing, service, research)
    exercise = issuing.minted(officer, Purpose.EXERCISE)
    said = await refused(issuing, service, exercise, purpose="supply-mapping")
    assert "purpose" in said


async def test_of_several_purposes_one_is_stated_and_kept(issuing, service, officer):
    several = (await issuing.token(officer))["access_token"]
    assert "no purpose is stated" in await refused(issuing, service, several)
    given = await issuing.exchanged(service, several, purpose="supply-mapping")
    assert claims_of(given["access_token"])["purpose"] == "supply-mapping"


async def test_the_new_token_ends_no_later_than_the_officers(issuing, service, officer):
    from hub.entrance import embedded_issuer
    from hub.identity.types import Client

    issuer = embedded_issuer(issuing.settings)
    roles, purposes = frozenset({Role.AGENCY}), frozenset({Purpose.EXERCISE})
    client = Client(officer.id, "KR", "An agency", roles, purposes)
    short = issuer.mint(client, Purpose.EXERCISE, 30)
    given = await issuing.exchanged(service, short)
    assert given["expires_in"] <= 30
    assert claims_of(given["access_token"])["exp"] <= claims_of(short)["exp"]
    long = issuer.mint(client, Purpose.EXERCISE, 3600)
    assert (await issuing.exchanged(service, long))["expires_in"] == 600


async def test_a_chain_has_two_actors_at_most(issuing, service, officer):
    second = await issuing.register(may_act=True)
    once = (await issuing.exchanged(service, issuing.minted(officer)))["access_token"]
    twice = (await issuing.exchanged(second, once))["access_token"]
    claims = claims_of(twice)
    assert claims["sub"] == officer.id
    assert claims["act"] == {"sub": second.id, "client_id": second.id, "act": {"sub": service.id}}
    assert (await issuing.me(twice)).status_code == 200
    third = await issuing.register(may_act=True)
    assert "actors" in await refused(issuing, third, twice)


async def test_an_officer_of_another_member_is_refused(issuing, service, officer):
    said = await refused(issuing, service, issuing.minted(officer, member="US"))
    assert "another member" in said


async def test_only_a_client_registered_for_it_acts(issuing, officer):
    plain = await issuing.register()
    await refused(issuing, plain, issuing.minted(officer), "unauthorized_client")


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"subject_token": forge.ABSENT}, "invalid_request"),
        ({"subject_token_type": forge.ABSENT}, "invalid_request"),
        (
            {"subject_token_type": "urn:ietf:params:oauth:token-type:id_token"},
            "invalid_request",
        ),
        (
            {"requested_token_type": "urn:ietf:params:oauth:token-type:refresh_token"},
            "invalid_request",
        ),
        ({"actor_token": "token"}, "invalid_request"),
        ({"audience": "https://elsewhere.example"}, "invalid_target"),
        ({"resource": "https://elsewhere.example"}, "invalid_target"),
        ({"scope": "more"}, "invalid_scope"),
    ],
    ids=str,
)
async def test_what_an_exchange_does_not_give_is_refused(issuing, service, officer, form, code):
    await refused(issuing, service, issuing.minted(officer), code, **form)


async def test_the_request_fields_are_those_of_rfc_8693(issuing, service, officer):
    # V12: RFC 8693 section 2.1.
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "subject_token": issuing.minted(officer),
        "subject_token_type": JWT,
        "requested_token_type": JWT,
        "audience": ADDRESS,
        "resource": ADDRESS,
    }
    given = await issuing.token(service, **form)
    assert given["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token"


async def test_tokens_that_do_not_hold_here_are_no_subjects(issuing, service, officer):
    bound = await issuing.token(officer, proof(forge.ECSigner()), purpose="exercise")
    now = int(time.time())
    foreign = forge.compact(
        forge.header(), forge.claims(iss=ADDRESS, aud=ADDRESS, iat=now, nbf=now, exp=now + 60)
    )
    cases = {
        "bound to the officer's key": bound["access_token"],
        "by another key": foreign,
        "an assertion": officer.assertion(),
        "of another audience": forge.token(aud="https://other.example"),
        "nonsense": "nonsense",
        "unsigned": forge.compact(forge.header(alg="none"), forge.claims(), lambda _: b""),
    }
    said = {name: await refused(issuing, service, text) for name, text in cases.items()}
    assert len(set(said.values())) == 1


async def test_a_revoked_token_is_no_subject(issuing, service, officer):
    token = (await issuing.token(officer, purpose="exercise"))["access_token"]
    await issuing.exchanged(service, token)
    form = officer.form(token=token)
    assert (await issuing.post("/oauth/revoke", form)).status_code == 200
    await issuing.until_refused(token)
    await refused(issuing, service, token)
