"""One test for each check of a proof, in the order of RFC 9449 section 4.3."""

import pytest

from hub.errors import Unavailable
from hub.identity.errors import NonceNeeded
from hub.identity.proofs.dpop import MAX_AGE_S, MAX_AHEAD_S, MAX_PROOF_CHARS, UNAIDED_S
from hub.identity.proofs.nonces import Nonces
from hub.identity.proofs.replay import SpentProofs
from tests.hub.identity import forge
from tests.hub.identity.forge import ABSENT, NOW
from tests.hub.identity.possession import (
    TOKEN,
    URL,
    InMemory,
    ath,
    check,
    checker,
    proof,
    refusal,
)

EC, RSA, ED = forge.ec_key(), forge.rsa_key(), forge.ed_key()


@pytest.mark.parametrize(
    ("signer", "algorithm"),
    [(EC, "ES256"), (RSA, "PS256"), (ED, "Ed25519"), (ED, "EdDSA")],
    ids=["ES256", "PS256", "Ed25519", "EdDSA"],
)
async def test_an_honest_proof_proves_its_key(signer, algorithm):
    thumbprint = forge.read_jwks({"keys": [signer.jwk()]})[signer.kid].key.thumbprint()
    assert await check(proof(signer, header={"alg": algorithm})) == thumbprint


async def test_check_1_no_header_is_refused():
    assert await refusal([]) == "proof: not exactly one header"


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("", "form: not three parts"),
        ("a.b", "form: not three parts"),
        ("a.b.c", "form: Error in header or claims"),
        ("e30.W10.c", "form: ValueError in header or claims"),
        ("é.b.c", "proof: too long, or not ASCII"),
        ("a" * (MAX_PROOF_CHARS + 1), "proof: too long, or not ASCII"),
    ],
    ids=["empty", "two parts", "no base64", "no object", "not ASCII", "too long"],
)
async def test_check_2_what_is_no_token_is_refused(text, cause):
    assert await refusal(text) == cause


@pytest.mark.parametrize("name", ["jti", "htm", "htu", "iat"])
@pytest.mark.parametrize("value", [ABSENT, None, "", [], {}, True, "a\nb"], ids=repr)
async def test_check_3_a_required_claim_that_is_missing_or_of_another_type_is_refused(name, value):
    assert (await refusal(proof(**{name: value}))).startswith(f"proof: `{name}` is missing, or no ")


@pytest.mark.parametrize("size", [256, 257])
async def test_check_3_the_id_has_a_limit(size):
    if size == 256:
        assert await check(proof(jti="x" * size))
    else:
        assert await refusal(proof(jti="x" * size)) == "proof: `jti` is over 256 characters"


@pytest.mark.parametrize("typ", [ABSENT, "at+jwt", "JWT", "DPOP+JWT", 5, None], ids=repr)
async def test_check_4_another_type_is_refused(typ):
    assert await refusal(proof(header={"typ": typ})) == "proof: the header is not of a proof"


@pytest.mark.parametrize("name", ["kid", "crit", "b64", "x5c", "x5u", "jku", "nonce"])
async def test_check_4_another_member_in_the_header_is_refused(name):
    assert await refusal(proof(header={name: "a"})) == "proof: the header is not of a proof"


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256", "ES384", "PS256", "", "es256"])
async def test_check_5_an_algorithm_that_is_not_allowed_for_the_key_is_refused(algorithm):
    assert await refusal(proof(header={"alg": algorithm})) == f"key: not for {algorithm}"


@pytest.mark.parametrize("algorithm", [5, None, [], {}], ids=repr)
async def test_check_5_an_algorithm_that_is_no_text_is_refused(algorithm):
    assert await refusal(proof(header={"alg": algorithm}))


async def test_check_6_a_signature_by_another_key_is_refused():
    other = forge.ECSigner()
    stated = {name: value for name, value in other.jwk().items() if name != "kid"}
    assert await refusal(proof(header={"jwk": stated})) == "signature: bad_signature"


@pytest.mark.parametrize("part", [0, 1, 2], ids=["header", "claims", "signature"])
async def test_check_6_a_changed_part_is_refused(part):
    parts = proof().split(".")
    parts[part] = proof(jti="another", header={"alg": "ES256"}).split(".")[part]
    if part == 0:
        parts[0] = proof(forge.ECSigner()).split(".")[0]
    assert await refusal(".".join(parts)) == "signature: bad_signature"


async def test_check_7_members_that_say_nothing_of_the_key_are_passed_over():
    """As browsers write keys out."""
    written = forge.ec_key().jwk(ext=True, key_ops=["verify"])
    assert await check(proof(header={"jwk": written})) == await check(proof())


async def test_check_7_a_private_key_is_refused():
    private = forge.b64_number(EC.private.private_numbers().private_value)
    stated = {name: value for name, value in EC.jwk(d=private).items() if name != "kid"}
    assert await refusal(proof(header={"jwk": stated})) == "proof: `jwk` holds private parts"


@pytest.mark.parametrize(
    "changes",
    [
        {"kty": "oct", "k": "c2VjcmV0"},
        {"crv": "P-384"},
        {"crv": "secp256k1"},
        {"x": "AA"},
        {"use": "enc"},
        {"alg": "ES384"},
        {"kty": ["EC"]},
    ],
    ids=repr,
)
async def test_check_7_a_key_of_another_kind_is_refused(changes):
    stated = {name: value for name, value in EC.jwk(**changes).items() if name != "kid"}
    assert (await refusal(proof(header={"jwk": stated}))).startswith("proof: ")


@pytest.mark.parametrize("stated", ["text", None, 5, [], [["a", "b"]]], ids=repr)
async def test_check_7_a_key_that_is_no_object_is_refused(stated):
    assert (await refusal(proof(header={"jwk": stated}))).startswith("proof: unexpected ")


async def test_check_7_a_weak_key_is_refused():
    weak = forge.RSASigner(bits=1024)
    cause = await refusal(proof(weak, header={"alg": "PS256"}))
    assert cause == "proof: `jwk` is no public key that proofs are made with"


@pytest.mark.parametrize("method", ["GET", "post", "POST ", "POSTS"])
async def test_check_8_another_method_is_refused(method):
    assert await refusal(proof(htm=method)) == "proof: `htm` is another method"


async def test_check_9_another_address_is_refused():
    assert (
        await refusal(proof(htu="https://hub.example/other")) == "proof: `htu` is another address"
    )


async def test_check_10_a_nonce_that_is_demanded_and_missing_is_refused():
    nonces = Nonces("secret", lambda: NOW)
    with pytest.raises(NonceNeeded) as caught:
        await check(proof(), checker(nonces, unaided_s=0))
    assert await check(proof(nonce=caught.value.nonce), checker(nonces, unaided_s=0))


@pytest.mark.parametrize("age", [-MAX_AHEAD_S, 0, MAX_AGE_S])
async def test_check_11_a_proof_within_the_window_is_taken(age):
    assert await check(proof(iat=NOW - age))


@pytest.mark.parametrize("age", [-1e300, -60, -MAX_AHEAD_S - 1, MAX_AGE_S + 1, 1e300])
async def test_check_11_a_proof_outside_the_window_is_refused(age):
    assert await refusal(proof(iat=NOW - age)) == "proof: `iat` too old, or in the future"


async def test_check_11_a_time_too_great_for_a_clock_is_refused():
    assert await refusal(proof(iat=10**400)) == "proof: unexpected OverflowError"


@pytest.mark.parametrize(
    "digest", [ABSENT, None, "", 5, ath("another"), ath(TOKEN) + "="], ids=repr
)
async def test_check_12_a_missing_or_foreign_token_digest_is_refused(digest):
    assert await refusal(proof(ath=digest)) == "proof: `ath` is missing, or of another token"


async def test_without_a_token_no_digest_of_one_is_asked_for():
    assert await check(proof(ath=ABSENT), access_token=None)
    assert await check(proof(ath="whatever"), access_token=None)


@pytest.mark.parametrize(
    "htu",
    [
        "HTTPS://HUB.EXAMPLE/graphql",
        "https://hub.example:443/graphql",
        "https://hub.example/graphql?query=x",
        "https://hub.example/graphql#part",
        "https://hub.example/gr%61phql",
    ],
)
async def test_an_address_written_in_another_way_is_the_same(htu):
    assert await check(proof(htu=htu))


@pytest.mark.parametrize(
    ("htu", "url"),
    [
        ("https://hub.example", "https://hub.example/"),
        ("https://hub.example/a%2fb", "https://hub.example/a%2Fb"),
        ("http://hub.example:80/", "http://hub.example/"),
        ("http://[::1]:8000/graphql", "http://[::1]:8000/graphql?x"),
    ],
)
async def test_an_address_is_compared_after_normalisation(htu, url):
    assert await check(proof(htu=htu), url=url)


@pytest.mark.parametrize(
    "htu",
    [
        "http://hub.example/graphql",
        "https://hub.example:8443/graphql",
        "https://hub.example:0/graphql",
        "https://hub.example./graphql",
        "https://hub.example/graphql/",
        "https://hub.example/Graphql",
        "https://hub.example//graphql",
        "https://hub.example/a/../graphql",
        "https://hub.example/%2Fgraphql",
        "//hub.example/graphql",
        "/graphql",
    ],
)
async def test_an_address_that_differs_is_refused(htu):
    assert (await refusal(proof(htu=htu))).startswith("proof: ")


@pytest.mark.parametrize(
    "htu",
    [
        "https://user@hub.example/graphql",
        "https://hub.example:port/graphql",
        "https://[hub.example/graphql",
        "ftp://hub.example/graphql",
    ],
)
async def test_what_is_no_plain_address_is_refused(htu):
    assert await refusal(proof(htu=htu)) == "proof: unexpected ValueError"


async def test_a_proof_is_taken_once():
    by = checker()
    assert await check(proof(), by)
    assert await refusal(proof(), by) == "proof: used before"


async def test_a_spent_proof_is_kept_for_as_long_as_it_could_be_taken():
    spent = InMemory()
    key = await check(proof(iat=NOW + MAX_AHEAD_S), checker(spent=spent))
    assert spent.spent == {("dpop", key, "proof-1"): NOW + MAX_AHEAD_S + MAX_AGE_S + MAX_AHEAD_S}


@pytest.mark.parametrize(
    "bad", [{"htm": "GET"}, {"htu": URL + "x"}, {"iat": NOW - 301}, {"ath": "x"}], ids=repr
)
async def test_a_refused_proof_is_not_spent(bad):
    spent = InMemory()
    await refusal(proof(**bad), checker(spent=spent))
    assert spent.spent == {}


async def test_a_store_that_is_down_refuses_the_proof():
    class Down(SpentProofs):
        async def spend(self, *_):
            raise Unavailable("not now")

    with pytest.raises(Unavailable):
        await check(proof(), checker(spent=Down(None)))


@pytest.mark.parametrize("age", [-MAX_AHEAD_S, 0, UNAIDED_S - 1])
async def test_a_young_proof_needs_no_nonce(age):
    nonces = Nonces("secret", lambda: NOW)
    assert await check(proof(iat=NOW - age), checker(nonces))


@pytest.mark.parametrize("age", [UNAIDED_S, MAX_AGE_S])
async def test_an_older_proof_needs_a_nonce(age):
    nonces = Nonces("secret", lambda: NOW)
    with pytest.raises(NonceNeeded):
        await check(proof(iat=NOW - age), checker(nonces))
    assert await check(proof(iat=NOW - age, nonce=nonces.fresh()), checker(nonces))


@pytest.mark.parametrize("nonce", ["", "other", "é", 5, [], {}], ids=repr)
async def test_a_nonce_that_is_none_of_ours_is_refused_even_where_none_is_needed(nonce):
    with pytest.raises(NonceNeeded):
        await check(proof(nonce=nonce), checker(Nonces("secret", lambda: NOW)))


async def test_where_no_nonces_are_handed_out_none_is_read():
    assert await check(proof(nonce="whatever", iat=NOW - MAX_AGE_S))
