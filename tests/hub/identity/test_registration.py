"""What can be registered of an issuer, and what is refused."""

import json
from types import MappingProxyType

import pytest

from hub.errors import InvalidInput
from hub.identity.trust.registration import Registration, Tier
from hub.identity.trust.trusted import ClaimMap, ClaimSource
from hub.identity.types import Purpose, Role
from tests.hub.identity.registrations import ISSUER, registration, stated


def refusal(**changes):
    with pytest.raises(InvalidInput) as refused:
        registration(**changes)
    return refused.value.message


def test_registration_says_what_a_verifier_trusts():
    found = registration(algorithms=["ES256"], requires_sender_constraint=True).trusted()
    assert (found.issuer, found.members) == (ISSUER, {"KR"})
    assert (found.algorithms, found.requires_sender_constraint) == ({"ES256"}, True)
    assert found.roles == {Role.REGULATOR, Role.AGENCY}
    assert found.purposes == {Purpose.SHORTAGE_RESPONSE, Purpose.EXERCISE}
    assert found.claims == ClaimMap()


def test_claim_map_names_only_what_differs_from_the_hubs_own():
    claims = {
        "client": {"claim": "azp"},
        "member": {"fixed": ["KR"]},
        "roles": {"claim": "realm_access.roles", "words": {"감독관": "regulator"}},
    }
    found = registration(claims=claims).trusted().claims
    assert found.client == ClaimSource("azp")
    assert found.member == ClaimSource(None, ("KR",))
    words = MappingProxyType({"감독관": "regulator"})
    assert found.roles == ClaimSource("realm_access.roles", (), words)
    assert found.purposes == ClaimMap().purposes


def test_registration_is_read_back_as_it_was_kept():
    found = registration(claims={"client": {"claim": "azp", "words": {"a": "b"}}}, hosts=["k.test"])
    assert Registration.read(found.content()) == found


@pytest.mark.parametrize(("is_required", "tier"), [(True, "SENDER_CONSTRAINED"), (False, "BEARER")])
def test_tier_says_what_a_stolen_token_is_worth(is_required, tier):
    assert registration(requires_sender_constraint=is_required).tier is Tier(tier)


@pytest.mark.parametrize("name", ["issuer", "jwks_uri"])
@pytest.mark.parametrize(
    "address",
    [
        "", "login.example", "http://login.mfds.example", "ftp://login.mfds.example", "https://",
        "https://user@login.mfds.example", "https://login.mfds.example/#a", "https://[::1",
        "https://login.mfds.example:port", "https://bücher.example", "https://a b.example",
        "https://login.mfds.example/" + "a" * 256, "http://127.0.0.2/", 5, None,
    ],
)  # fmt: skip
def test_address_that_is_not_plain_https_is_refused(name, address):
    assert f"`{name}`" in refusal(**{name: address})


def test_issuer_has_no_query_but_a_key_set_may():
    assert "without a query" in refusal(issuer=f"{ISSUER}?a=b")
    assert registration(jwks_uri=f"{ISSUER}/keys?p=policy").jwks_uri.endswith("?p=policy")


@pytest.mark.parametrize(
    ("changes", "needs"),
    [
        ({}, False),
        ({"issuer": "http://127.0.0.1:9", "jwks_uri": "http://127.0.0.1:9/jwks"}, True),
        ({"issuer": "http://[::1]", "jwks_uri": "https://[::1]/jwks"}, True),
        ({"jwks_uri": "http://localhost/jwks", "hosts": ["localhost"]}, True),
    ],
)
def test_address_on_this_machine_is_known_as_one(changes, needs):
    assert registration(**changes).needs_loopback is needs


def test_key_set_on_another_host_has_to_be_named():
    other = "https://keys.cdn.example/mfds"
    assert "on another host than the issuer" in refusal(jwks_uri=other)
    assert registration(jwks_uri=other, hosts=["keys.cdn.example"]).jwks_uri == other
    assert "`hosts.0`" in refusal(hosts=["https://keys.cdn.example"])


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"members": []}, "`members`"),
        ({"members": ["XX"]}, "`members.0`"),
        ({"members": ["KR", "ALLIANCE"]}, "vouches for no member beside it"),
        ({"roles": []}, "`roles`"),
        ({"roles": ["regulator", "secretariat"]}, "hold only the roles agency, regulator"),
        ({"members": ["ALLIANCE"]}, "hold only the roles auditor, secretariat"),
        ({"purposes": []}, "`purposes`"),
        ({"purposes": ["curiosity"]}, "`purposes.0`"),
        ({"algorithms": []}, "`algorithms`"),
        ({"algorithms": ["RS256"]}, "use some of ES256, Ed25519, EdDSA, PS256"),
        ({"algorithms": ["none"]}, "use some of"),
        ({"claims": {"email": {"claim": "email"}}}, "use some of client, member"),
        ({"claims": {"client": {}}}, "name either"),
        ({"claims": {"client": {"claim": "a", "fixed": ["b"]}}}, "name either"),
        ({"claims": {"client": {"name": "a"}}}, "`claims.client.name`"),
        ({"claims": {"client": {"claim": "a\nb"}}}, "`claims.client.claim`"),
        ({"requires_sender_constraint": "yes"}, "`requires_sender_constraint`"),
        ({"trusted": True}, "`trusted`"),
    ],
)
def test_what_a_registration_cannot_say_is_refused_by_name(changes, told):
    assert told in refusal(**changes)


def test_issuer_of_the_alliance_vouches_for_its_bodies():
    assert registration(members=["ALLIANCE"], roles=["auditor"]).trusted().members == {"ALLIANCE"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "issuer: x",
        "{" * 100,
        '{"issuer": "https://a.example", "issuer": "https://b.example"}',
        json.dumps(stated())[:-1],
        "\ud800",
    ],
)
def test_text_that_can_be_read_in_two_ways_or_none_is_refused(text):
    with pytest.raises(InvalidInput, match="read in one way only"):
        Registration.read(text)
