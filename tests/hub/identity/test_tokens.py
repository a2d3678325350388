import dataclasses

import pytest

from hub.errors import Forbidden, InvalidInput, Unauthenticated, Unavailable
from hub.identity.errors import UNBOUND_MESSAGE, NonceNeeded, refused
from hub.identity.keys.jwks import ALGORITHMS
from hub.identity.tokens import verifying as tokens
from hub.identity.tokens.verifying import TokenRules, TokenVerifier
from hub.identity.trust.trusted import ClaimMap, ClaimSource, FixedTrust
from hub.identity.types import Caller, Purpose, Role, Scheme, UnverifiedToken
from tests.hub.identity import forge

JKT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"  # RFC 9449 section 6.1
X5T = "A4DtL2JmUMhAsvJj5tKyn64SqzmuXbMrJa0n761y5v0"  # RFC 8705 appendix A


async def test_honest_token_gives_its_caller():
    caller = await forge.verifier().verify(forge.presented(forge.token()))
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


@pytest.mark.parametrize("vouching", ["https://elsewhere.test", 5, None, ["x"]])
async def test_a7_subject_of_an_issuer_that_is_not_trusted_is_refused(vouching):
    honest = forge.token(subject_issuer=forge.ISSUER)
    assert (await forge.verifier().verify(forge.presented(honest))).subject == "kr-mfds"
    cause = await forge.refusal(forge.token(subject_issuer=vouching))
    assert cause == "iss: of the subject, not trusted"


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
async def test_token_types_are_compared_without_case(typ):
    text = forge.compact(forge.header(typ=typ), forge.claims())
    assert (await forge.verifier().verify(forge.presented(text))).member == "KR"


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
    assert (await verifier.verify(forge.presented(text))).client == "kr-mfds"


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
        assert (await verifier.verify(forge.presented(text))).member == "KR"


@pytest.mark.parametrize(
    ("reach", "cause"),
    [
        ({"members": frozenset({"JP"})}, "member: the issuer may not vouch for it"),
        ({"roles": frozenset({Role.AGENCY})}, "roles: the issuer may not vouch for them"),
        (
            {"purposes": frozenset({Purpose.SUPPLY_MAPPING})},
            "purpose: the issuer may not vouch for it",
        ),
    ],
    ids=str,
)
async def test_issuer_may_not_vouch_beyond_its_registration(reach, cause):
    verifier = forge.verifier(forge.trusted(**reach))
    assert await forge.refusal(forge.token(), verifier) == cause


async def test_one_purpose_too_many_refuses_the_token():
    verifier = forge.verifier(forge.trusted(purposes=frozenset({Purpose.EXERCISE})))
    text = forge.token(purpose=["exercise", "supply-mapping"])
    assert await forge.refusal(text, verifier, purpose="exercise") == (
        "purpose: the issuer may not vouch for it"
    )


async def test_claims_are_read_as_the_issuer_is_registered():
    said = ClaimMap(organisation=ClaimSource(fixed=("MFDS",)))
    verifier = forge.verifier(forge.trusted(claims=said))
    text = forge.token(organisation=forge.ABSENT)
    assert (await forge.verified(text, verifier)).organisation == "MFDS"


@pytest.mark.parametrize("roles", [["secretariat"], ["regulator", "auditor"]])
async def test_member_body_cannot_hold_an_alliance_role(roles):
    cause = await forge.refusal(forge.token(roles=roles))
    assert cause == "roles: not held by bodies of this member"


async def test_alliance_body_cannot_hold_a_member_role():
    cause = await forge.refusal(forge.token(member="ALLIANCE", roles=["regulator"]))
    assert cause == "roles: not held by bodies of this member"


async def test_actors_are_the_caller_s_and_decide_nothing():
    text = forge.token(act={"sub": "portal", "act": {"sub": "secretariat"}})
    caller = await forge.verified(text)
    assert (caller.subject, caller.actors) == ("kr-mfds", ("portal", "secretariat"))
    assert caller.roles == {Role.REGULATOR}


# Purposes.


async def test_one_token_serves_each_of_its_purposes():
    verifier, text = forge.verifier(), forge.token(purpose="exercise supply-mapping")
    for purpose in ("exercise", "supply-mapping", "exercise"):
        assert (await forge.verified(text, verifier, purpose=purpose)).purpose == purpose


@pytest.mark.parametrize(
    ("stated", "code"), [(None, "PURPOSE_REQUIRED"), ("policy-research", "PURPOSE_NOT_ALLOWED")]
)
async def test_purpose_that_is_not_stated_or_not_allowed_is_refused(stated, code):
    verifier, text = forge.verifier(), forge.token(purpose=["exercise", "supply-mapping"])
    for _ in range(2):
        with pytest.raises(Forbidden) as caught:
            await forge.verified(text, verifier, purpose=stated)
        assert caught.value.public_code == code


# What a token is bound to.

BOUND = forge.token(cnf={"jkt": JKT})
SHOWN = {"scheme": Scheme.DPOP, "method": "POST", "url": "https://hub.example/graphql"}


class Proofs:
    """Answers with a key, or an error."""

    algorithms = ALGORITHMS

    def __init__(self, answer=JKT):
        self.answer = answer
        self.checked = []

    async def check(self, proofs, **request):
        self.checked.append((proofs, request))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def test_proven_token_gives_a_constrained_caller():
    proofs = Proofs()
    caller = await forge.verified(
        BOUND, forge.verifier(proofs=proofs), proofs=("a proof",), **SHOWN
    )
    assert (caller.sender_constrained, caller.key) == (True, JKT)
    request = {"method": "POST", "url": "https://hub.example/graphql", "access_token": BOUND}
    assert proofs.checked == [(("a proof",), request)]


async def test_key_bound_token_is_refused_as_bearer():
    proofs = Proofs()
    cause = await forge.refusal(BOUND, forge.verifier(proofs=proofs), proofs=("a proof",))
    assert cause == "cnf: a key-bound token came as a bearer token, or the reverse"
    assert proofs.checked == []


@pytest.mark.parametrize("bound", [forge.ABSENT, {"x5t#S256": X5T}])
async def test_token_that_no_proof_key_binds_is_refused_with_a_proof(bound):
    verifier = forge.verifier(proofs=Proofs())
    cause = await forge.refusal(forge.token(cnf=bound), verifier, certificate=X5T, **SHOWN)
    assert cause == "cnf: a key-bound token came as a bearer token, or the reverse"


async def test_proof_by_another_key_is_refused():
    verifier = forge.verifier(proofs=Proofs("another key"))
    cause = await forge.refusal(BOUND, verifier, **SHOWN)
    assert cause == "proof: by another key than the token's"


async def test_without_a_checker_no_proof_is_taken():
    assert await forge.refusal(BOUND, **SHOWN) == "proof: none is taken here"


@pytest.mark.parametrize("error", [NonceNeeded("n"), refused("proof: used"), Unavailable("later")])
async def test_refusal_of_a_proof_goes_on_as_it_is(error):
    with pytest.raises(type(error)) as caught:
        await forge.verified(BOUND, forge.verifier(proofs=Proofs(error)), **SHOWN)
    assert caught.value is error


async def test_token_bound_to_a_certificate_needs_that_certificate():
    verifier, text = forge.verifier(), forge.token(cnf={"x5t#S256": X5T})
    caller = await forge.verified(text, verifier, certificate=X5T)
    assert (caller.sender_constrained, caller.key) == (True, X5T)
    for certificate in (None, JKT):
        cause = await forge.refusal(text, verifier, certificate=certificate)
        assert cause == "cnf: by another certificate than the token's, or none"


async def test_token_bound_twice_needs_both():
    verifier = forge.verifier(proofs=Proofs())
    text = forge.token(cnf={"jkt": JKT, "x5t#S256": X5T})
    assert (await forge.verified(text, verifier, certificate=X5T, **SHOWN)).key == JKT
    assert (await forge.refusal(text, verifier, **SHOWN)).startswith("cnf: by another certificate")
    assert (await forge.refusal(text, verifier, certificate=X5T)).startswith("cnf: a key-bound")


async def test_issuer_that_requires_bound_tokens_has_others_refused_with_the_reason():
    verifier = forge.verifier(forge.trusted(requires_sender_constraint=True), proofs=Proofs())
    with pytest.raises(Unauthenticated) as caught:
        await forge.verified(forge.token(), verifier)
    assert caught.value.message == UNBOUND_MESSAGE
    assert (await forge.verified(BOUND, verifier, **SHOWN)).sender_constrained


async def test_every_request_needs_its_proof_though_the_token_is_known():
    proofs = Proofs()
    verifier = forge.verifier(proofs=proofs)
    for _ in range(3):
        await forge.verified(BOUND, verifier, **SHOWN)
    assert len(proofs.checked) == 3
    proofs.answer = refused("proof: used before")
    assert await forge.refusal(BOUND, verifier, **SHOWN) == "proof: used before"


async def test_who_is_verified_again_is_not_asked_for_the_spent_proof():
    proofs = Proofs()
    verifier, shown = forge.verifier(proofs=proofs), forge.presented(BOUND, **SHOWN)
    caller = await verifier.verify(shown)
    assert await verifier.verify_again(shown) == caller
    assert len(proofs.checked) == 1


# What is known, and trusted no longer.


class Withdrawing(FixedTrust):
    """Trust that a test takes back."""

    def __init__(self):
        super().__init__([forge.trusted()])
        self.generation = 0
        self.revoked = []
        self.is_trusted = True
        self.meanwhile = lambda: None

    def find(self, name):
        return super().find(name) if self.is_trusted else None

    async def key(self, issuer, kid):
        self.meanwhile()
        return await super().key(issuer, kid)

    def is_revoked(self, issuer, client, token_id):
        return (issuer, client, token_id) in self.revoked

    def distrust(self):
        self.is_trusted = False
        self.generation += 1


@pytest.fixture
def trust():
    return Withdrawing()


@pytest.fixture
def withdrawn(trust):
    """A verifier by a trust that a test takes back."""
    return TokenVerifier(TokenRules(forge.AUDIENCE), trust, clock=lambda: forge.NOW)


async def test_known_token_does_not_outlive_its_revocation(trust, withdrawn):
    text, shown = forge.token(), forge.presented(forge.token())
    await forge.verified(text, withdrawn)
    await withdrawn.verify(shown)
    trust.revoked.append((forge.ISSUER, "kr-mfds", "token-1"))
    assert await forge.refusal(text, withdrawn) == "jti: revoked"
    with pytest.raises(Unauthenticated):
        await withdrawn.verify_again(shown)


async def test_token_revoked_before_it_is_known_is_refused(trust, withdrawn):
    trust.revoked.append((forge.ISSUER, "kr-mfds", "token-1"))
    assert await forge.refusal(forge.token(), withdrawn) == "jti: revoked"


async def test_known_token_does_not_outlive_the_trust_in_its_issuer(trust, withdrawn):
    text = forge.token()
    await forge.verified(text, withdrawn)
    trust.distrust()
    assert await forge.refusal(text, withdrawn) == "iss: not trusted"


async def test_known_token_outlives_the_trust_in_something_else(trust, withdrawn):
    text = forge.token()
    await forge.verified(text, withdrawn)
    trust.generation += 1
    assert (await forge.verified(text, withdrawn)).token_id == "token-1"


async def test_issuer_distrusted_while_its_keys_are_fetched_is_refused(trust, withdrawn):
    trust.meanwhile = trust.distrust
    assert await forge.refusal(forge.token(), withdrawn) == "iss: trusted no longer"


async def test_trust_taken_back_while_keys_are_fetched_is_asked_again(trust, withdrawn):
    def distrust_a_key():
        trust.generation += 1

    trust.meanwhile, text = distrust_a_key, forge.token()
    await forge.verified(text, withdrawn)
    trust.meanwhile = trust.distrust
    assert await forge.refusal(text, withdrawn) == "iss: trusted no longer"


async def test_signature_of_a_known_token_is_checked_once(monkeypatch):
    checked = []
    check = tokens.check_signature
    monkeypatch.setattr(
        tokens, "check_signature", lambda *args: checked.append(args) or check(*args)
    )
    verifier = forge.verifier(proofs=Proofs())
    first = await forge.verified(BOUND, verifier, **SHOWN)
    assert await forge.verified(BOUND, verifier, **SHOWN) == first
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
    "missing",
    [
        {"issuer": ""},
        {"members": frozenset()},
        {"roles": frozenset()},
        {"purposes": frozenset()},
    ],
    ids=str,
)
def test_issuer_that_lacks_a_part_refuses_to_be_built(missing):
    with pytest.raises(InvalidInput, match="lacks a name, members, roles or purposes"):
        forge.trusted(**missing)


def test_trust_with_one_issuer_twice_refuses_to_be_built():
    with pytest.raises(InvalidInput, match="registered twice"):
        FixedTrust([forge.trusted(), forge.trusted(forge.ECSigner())])


def test_verifier_reads_the_machine_clock_by_default():
    verifier = TokenVerifier(TokenRules(audience="a"), FixedTrust([forge.trusted()]))
    assert verifier._clock() > 1_700_000_000


def test_caller_cannot_be_changed():
    names = {field.name for field in dataclasses.fields(Caller)}
    assert {"member", "roles", "purpose", "sender_constrained", "token_id"} < names
    caller = Caller("i", "s", "c", "KR", "o", frozenset(), Purpose.EXERCISE, False, "t")
    with pytest.raises(dataclasses.FrozenInstanceError):
        caller.member = "US"


def test_unverified_token_is_not_shown():
    assert "secret" not in repr(UnverifiedToken("secret"))
