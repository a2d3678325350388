"""A9, S11, S12, S21: proofs that are not this client's, for this request, made now."""

import pytest

from hub.identity.errors import NonceNeeded
from hub.identity.proofs.dpop import MAX_AGE_S
from hub.identity.proofs.nonces import SLOT_S, Nonces
from hub.identity.types import Scheme
from tests.hub.identity import forge
from tests.hub.identity.forge import ABSENT, NOW
from tests.hub.identity.possession import (
    TOKEN,
    URL,
    ath,
    check,
    checker,
    jwk,
    proof,
    refusal,
)

EC = forge.ec_key()
THUMBPRINT = forge.read_jwks({"keys": [EC.jwk()]})["ec-1"].key.thumbprint()


def bound(thumbprint=THUMBPRINT):
    return forge.token(cnf={"jkt": thumbprint})


def shown(token, made=None, *, scheme=Scheme.DPOP):
    """What a request shows that sends a token with a proof for it."""
    proofs = (proof(ath=ath(token)) if made is None else made,)
    return {"scheme": scheme, "proofs": proofs, "method": "POST", "url": URL}


async def test_a9_a_bound_token_with_its_proof_is_taken():
    token = bound()
    caller = await forge.verified(token, forge.verifier(proofs=checker()), **shown(token))
    assert (caller.key, caller.sender_constrained) == (THUMBPRINT, True)


@pytest.mark.parametrize("method", ["GET", "PUT", "post", ""])
async def test_a9_another_method_is_refused(method):
    assert await refusal(proof(htm=method))


@pytest.mark.parametrize("tail", ["?query={members}", "#part", "?", "#"])
async def test_a9_query_and_fragment_say_nothing_of_where_a_proof_is_for(tail):
    assert await check(proof(htu=URL + tail))
    cause = await refusal(proof(htu=f"https://hub.example/{tail}"))
    assert cause == "proof: `htu` is another address"


async def test_a9_case_and_default_port_are_the_same_address():
    assert await check(proof(htu="hTTps://Hub.Example:443/graphql"))
    assert await refusal(proof(htu="https://hub.example/GraphQL"))
    assert await refusal(proof(htu="https://hub.example:80/graphql"))


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "hub.example.evil.example",
        "hub.example@evil.example",
        "evil.example#@hub.example",
        "evil.example\\@hub.example",
        "xn--hub-xyz.example",
        "hub。example",
        "127.0.0.1",
    ],
)
async def test_a9_another_host_is_refused(host):
    assert await refusal(proof(htu=f"https://{host}/graphql"))


@pytest.mark.parametrize("digest", [ABSENT, ath("another.access.token"), TOKEN])
async def test_a9_a_missing_or_foreign_token_digest_is_refused(digest):
    assert await refusal(proof(ath=digest)) == "proof: `ath` is missing, or of another token"


async def test_a9_a_proof_by_another_key_than_the_tokens_is_refused():
    token = bound("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")
    cause = await forge.refusal(token, forge.verifier(proofs=checker()), **shown(token))
    assert cause == "proof: by another key than the token's"


@pytest.mark.parametrize("algorithm", ["HS256", "HS384", "HS512", "none"])
async def test_a9_a_symmetric_algorithm_is_refused(algorithm):
    point = jwk(EC)
    secret = forge.hs256(forge.json.dumps(point).encode())
    text = proof(header={"alg": algorithm})
    head, body, _ = text.split(".")
    signed = f"{head}.{body}.{forge.b64(secret(f'{head}.{body}'.encode()))}"
    assert await refusal(signed) == f"key: not for {algorithm}"


async def test_a9_a_shared_secret_as_key_is_refused():
    secret = b"a secret that both sides know, 32+"
    stated = {"kty": "oct", "k": forge.b64(secret)}
    text = proof(header={"alg": "HS256", "jwk": stated})
    head, body, _ = text.split(".")
    signed = f"{head}.{body}.{forge.b64(forge.hs256(secret)(f'{head}.{body}'.encode()))}"
    assert await refusal(signed) == "proof: `jwk` holds private parts"


async def test_a9_a_bound_token_sent_as_bearer_is_refused():
    by, token = forge.verifier(proofs=checker()), bound()
    for request in ({}, shown(token, scheme=Scheme.BEARER)):
        cause = await forge.refusal(token, by, **request)
        assert cause == "cnf: a key-bound token came as a bearer token, or the reverse"


async def test_a9_a_bearer_token_sent_with_a_proof_is_refused():
    by, token = forge.verifier(proofs=checker()), forge.token()
    cause = await forge.refusal(token, by, **shown(token))
    assert cause == "cnf: a key-bound token came as a bearer token, or the reverse"


async def test_a9_a_bound_token_without_a_proof_is_refused():
    by, token = forge.verifier(proofs=checker()), bound()
    cause = await forge.refusal(token, by, **shown(token) | {"proofs": ()})
    assert cause == "proof: not exactly one header"


async def test_a9_a_proof_of_one_token_does_not_serve_another():
    other = forge.token(cnf={"jkt": THUMBPRINT}, jti="token-2")
    by = forge.verifier(proofs=checker())
    cause = await forge.refusal(other, by, **shown(bound()))
    assert cause == "proof: `ath` is missing, or of another token"


def at(now, *, secret="the hub's", **more):
    """A gateway that demands a nonce of every proof, at a moment."""
    return checker(Nonces(secret, lambda: now), now=now, unaided_s=0, **more)


async def nonce_of(by, **claims):
    """Have a proof refused for its nonce; return the one to use."""
    with pytest.raises(NonceNeeded) as caught:
        await check(proof(**claims), by)
    return caught.value.nonce


async def test_a9_a_missing_nonce_is_answered_with_one():
    assert await nonce_of(at(NOW))


async def test_a9_a_stale_nonce_is_answered_with_a_fresh_one():
    stale = await nonce_of(at(NOW))
    later = NOW + 3 * SLOT_S
    fresh = await nonce_of(at(later), nonce=stale, iat=later)
    assert fresh != stale
    assert await check(proof(nonce=fresh, iat=later), at(later))


async def test_a9_a_nonce_of_another_node_of_the_hub_is_taken():
    assert await check(proof(nonce=await nonce_of(at(NOW))), at(NOW))


async def test_a9_a_nonce_of_another_hub_is_refused():
    foreign = await nonce_of(at(NOW, secret="another's"))
    assert await nonce_of(at(NOW), nonce=foreign) != foreign


@pytest.mark.parametrize("moment", range(-SLOT_S, SLOT_S + 1, SLOT_S // 5))
@pytest.mark.parametrize("skew", [-30, 0, 30])
async def test_a9_no_nonce_loop_between_nodes_whose_clocks_differ(moment, skew):
    now = NOW // SLOT_S * SLOT_S + moment
    nonce = await nonce_of(at(now + skew), iat=now + min(skew, 0))
    assert await check(proof(nonce=nonce, iat=now), at(now))


async def test_a9_no_nonce_loop_for_a_client_whose_clock_is_wrong():
    by = at(NOW)
    nonce = await nonce_of(by)
    cause = await refusal(proof(nonce=nonce, iat=NOW - MAX_AGE_S - 1), by)
    assert cause == "proof: `iat` too old, or in the future"


async def test_a9_a_refused_nonce_does_not_spend_the_proof():
    by = at(NOW)
    nonce = await nonce_of(by, jti="same")
    assert await check(proof(jti="same", nonce=nonce), by)


async def test_s11_a_proof_by_a_key_of_rsa_is_taken():
    signer = forge.rsa_key()
    text = proof(signer, header={"alg": "PS256"})
    assert len(text.split(".")[0]) > 512
    assert await check(text)


@pytest.mark.parametrize("bits", [3072, 4096])
async def test_s11_a_proof_by_a_longer_key_of_rsa_is_taken(bits):
    assert await check(proof(forge.RSASigner(bits=bits), header={"alg": "PS256"}))


async def test_s12_a_private_key_is_refused():
    private = forge.b64_number(EC.private.private_numbers().private_value)
    cause = await refusal(proof(header={"jwk": jwk(EC) | {"d": private}}))
    assert cause == "proof: `jwk` holds private parts"


@pytest.mark.parametrize("member", ["d", "p", "q", "dp", "dq", "qi", "oth"])
async def test_s12_any_private_part_of_a_key_is_refused(member):
    """The library takes a key for public that holds its primes but not `d`."""
    signer = forge.rsa_key()
    prime = forge.b64_number(signer.private.private_numbers().p)
    stated = jwk(signer) | {member: prime}
    cause = await refusal(proof(signer, header={"alg": "PS256", "jwk": stated}))
    assert cause == "proof: `jwk` holds private parts"


@pytest.mark.parametrize("second", ["the same", "another"])
async def test_s21_two_headers_are_refused(second):
    first = proof()
    both = [first, first if second == "the same" else proof(jti="another")]
    assert await refusal(both) == "proof: not exactly one header"
    assert await refusal(", ".join(both)) == "form: not three parts"
