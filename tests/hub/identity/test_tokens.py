import dataclasses

import pytest

from hub.errors import InvalidInput, Unauthenticated
from hub.identity import tokens
from hub.identity.errors import PUBLIC_MESSAGE
from hub.identity.jwks import ALGORITHMS
from hub.identity.tokens import IssuerRegistry, TokenRules, TokenVerifier, bearer_token
from hub.identity.types import Caller, Purpose, Role, UnverifiedToken
from tests.hub.identity import forge


async def test_honest_token_gives_its_caller():
    caller = await forge.verifier().verify(UnverifiedToken(forge.token()))
    assert caller == Caller(
        issuer=forge.ISSUER,
        subject="kr-mfds",
        client="kr-mfds",
        member="KR",
        organisation="식품의약품안전처",
        roles=frozenset({Role.REGULATOR}),
        purpose=Purpose.EXERCISE,
        sender_constrained=False,
        token_id="token-1",
    )


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
async def test_token_types_are_compared_without_case(typ):
    text = forge.compact(forge.header(typ=typ), forge.claims())
    assert (await forge.verifier().verify(UnverifiedToken(text))).member == "KR"


@pytest.mark.parametrize(
    ("algorithm", "signer"),
    [
        ("ES256", forge.ec_key),
        ("PS256", forge.rsa_key),
        ("Ed25519", forge.ed_key),
        ("EdDSA", forge.ed_key),
    ],
)
async def test_every_allowed_algorithm_verifies(algorithm, signer):
    text = forge.compact(forge.header(alg=algorithm, kid=signer().kid), forge.claims(), signer())
    verifier = forge.verifier(forge.trusted(signer()))
    assert (await verifier.verify(UnverifiedToken(text))).client == "kr-mfds"


async def test_algorithm_that_the_rules_allow_but_the_issuer_does_not_is_refused():
    issuer = forge.trusted(forge.ec_key(), algorithms=frozenset({"PS256"}))
    assert await forge.refusal(forge.token(), forge.verifier(issuer)) == "header: `alg` not allowed"


async def test_algorithm_that_the_issuer_allows_but_the_rules_do_not_is_refused():
    verifier = forge.verifier(algorithms=frozenset({"PS256"}))
    assert await forge.refusal(forge.token(), verifier) == "header: `alg` not allowed"


async def test_two_live_keys_both_verify():
    old, new = forge.ECSigner("old"), forge.ECSigner("new")
    verifier = forge.verifier(forge.trusted(old, new))
    for signer in (old, new):
        text = forge.compact(forge.header(kid=signer.kid), forge.claims(), signer)
        assert (await verifier.verify(UnverifiedToken(text))).member == "KR"


async def test_issuer_may_not_vouch_for_another_member():
    issuer = forge.trusted(members=frozenset({"JP"}))
    cause = await forge.refusal(forge.token(), forge.verifier(issuer))
    assert cause == "member: the issuer may not vouch for it"


@pytest.mark.parametrize("roles", [["secretariat"], ["regulator", "auditor"]])
async def test_member_body_cannot_hold_an_alliance_role(roles):
    cause = await forge.refusal(forge.token(roles=roles))
    assert cause == "roles: not held by bodies of this member"


async def test_alliance_body_cannot_hold_a_member_role():
    cause = await forge.refusal(forge.token(member="ALLIANCE", roles=["regulator"]))
    assert cause == "roles: not held by bodies of this member"


async def test_key_bound_token_is_refused_as_bearer():
    cause = await forge.refusal(forge.token(cnf={"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2Hgl"}))
    assert cause == "cnf: a key-bound token came as a bearer token"


async def test_signature_of_a_known_token_is_checked_once(monkeypatch):
    checked = []
    check = tokens.check_signature
    monkeypatch.setattr(
        tokens, "check_signature", lambda *args: checked.append(args) or check(*args)
    )
    verifier, text = forge.verifier(), forge.token()
    first = await verifier.verify(UnverifiedToken(text))
    assert await verifier.verify(UnverifiedToken(text)) is first
    assert len(checked) == 1


async def test_refused_token_is_not_kept():
    verifier = forge.verifier()
    forged = forge.compact(forge.header(), forge.claims(), forge.ECSigner())
    assert await forge.refusal(forged, verifier) == await forge.refusal(forged, verifier)
    assert len(verifier._cache) == 0


async def test_oversize_token_is_refused_before_parsing():
    cause = await forge.refusal(forge.token(padding="x" * 8192))
    assert cause == "size: too long, or not ASCII"


@pytest.mark.parametrize("audience", ["", None])
def test_rules_without_audience_refuse_to_be_built(audience):
    with pytest.raises(InvalidInput, match="no audience"):
        TokenRules(audience=audience)


@pytest.mark.parametrize("algorithms", [set(), {"none"}, {"ES256", "HS256"}, {"RS256"}])
def test_rules_and_issuers_with_no_or_foreign_algorithms_refuse_to_be_built(algorithms):
    with pytest.raises(InvalidInput, match="algorithms must be some of ES256, Ed25519"):
        TokenRules(audience="a", algorithms=frozenset(algorithms))
    with pytest.raises(InvalidInput, match="algorithms must be some of ES256, Ed25519"):
        forge.trusted(algorithms=frozenset(algorithms))


@pytest.mark.parametrize(
    "wider", [{"ahead_leeway_s": 61}, {"expiry_leeway_s": 61}, {"max_lifetime_s": 3601}], ids=str
)
def test_rules_wider_than_the_limits_refuse_to_be_built(wider):
    with pytest.raises(InvalidInput, match="shorten it"):
        TokenRules(audience="a", **wider)


def test_rules_allow_what_the_specification_allows():
    assert TokenRules(audience="a").algorithms == ALGORITHMS
    assert {"ES256", "PS256", "Ed25519", "EdDSA"} == ALGORITHMS


@pytest.mark.parametrize(
    "missing", [{"issuer": ""}, {"keys": {}}, {"members": frozenset()}], ids=str
)
def test_issuer_that_lacks_a_part_refuses_to_be_built(missing):
    with pytest.raises(InvalidInput, match="lacks a name, keys or members"):
        forge.trusted(**missing)


def test_empty_registry_refuses_to_be_built():
    with pytest.raises(InvalidInput, match="no trusted issuer"):
        IssuerRegistry([])


def test_registry_with_one_issuer_twice_refuses_to_be_built():
    with pytest.raises(InvalidInput, match="registered twice"):
        IssuerRegistry([forge.trusted(), forge.trusted(forge.ECSigner())])


def test_verifier_reads_the_machine_clock_by_default():
    verifier = TokenVerifier(TokenRules(audience="a"), IssuerRegistry([forge.trusted()]))
    assert verifier._clock() > 1_700_000_000


def test_caller_cannot_be_changed():
    names = {field.name for field in dataclasses.fields(Caller)}
    assert {"member", "roles", "purpose", "sender_constrained", "token_id"} < names
    caller = Caller("i", "s", "c", "KR", "o", frozenset(), Purpose.EXERCISE, False, "t")
    with pytest.raises(dataclasses.FrozenInstanceError):
        caller.member = "US"


def test_unverified_token_is_not_shown():
    assert "secret" not in repr(UnverifiedToken("secret"))


@pytest.mark.parametrize("value", ["Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c"])
def test_bearer_scheme_is_read_without_case(value):
    assert bearer_token([value]) == UnverifiedToken("a.b.c")


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["Bearer a.b.c", "Bearer a.b.c"],
        [""],
        ["Bearer"],
        ["Bearer "],
        ["a.b.c"],
        ["Basic a.b.c"],
        ["DPoP a.b.c"],
        ["Bearer a.b.c d"],
        ["Bearer a.b.c,Bearer a.b.c"],
        [" Bearer a.b.c"],
        ["Bearer a.b.c\n"],
        ["Bearer\ta.b.c"],
        ["Bearer a.b.ſ"],
    ],
    ids=repr,
)
def test_anything_but_one_bearer_token_is_refused(values):
    with pytest.raises(Unauthenticated) as caught:
        bearer_token(values)
    assert caught.value.message == PUBLIC_MESSAGE
