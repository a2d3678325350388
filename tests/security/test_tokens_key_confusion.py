"""A2: a public key used as a shared secret, and signatures of one kind under another's key."""

import json

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.hub.identity import forge


def public_key_texts():
    public = forge.rsa_key().private.public_key()
    jwk = forge.rsa_key().jwk()
    return {
        "pem": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        "pkcs1": public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        "der": public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        "jwk": json.dumps(jwk).encode(),
        "modulus": jwk["n"].encode(),
        "empty": b"",
    }


@pytest.mark.parametrize("form", ["pem", "pkcs1", "der", "jwk", "modulus", "empty"])
async def test_a2_public_key_as_shared_secret_is_refused(form):
    secret = public_key_texts()[form]
    text = forge.compact(
        forge.header(alg="HS256", kid="rsa-1"), forge.claims(), forge.hs256(secret)
    )
    verifier = forge.verifier(forge.trusted(forge.rsa_key()))
    assert await forge.refusal(text, verifier) == "header: `alg` not allowed"


@pytest.mark.parametrize(
    ("algorithm", "signer", "kid"),
    [
        ("ES256", forge.ec_key, "rsa-1"),
        ("ES256", forge.ec_key, "ed-1"),
        ("PS256", forge.rsa_key, "ec-1"),
        ("Ed25519", forge.ed_key, "ec-1"),
        ("EdDSA", forge.ed_key, "rsa-1"),
    ],
)
async def test_a2_algorithm_of_another_kind_of_key_is_refused(algorithm, signer, kid):
    text = forge.compact(forge.header(alg=algorithm, kid=kid), forge.claims(), signer())
    verifier = forge.verifier(forge.trusted(forge.ec_key(), forge.rsa_key(), forge.ed_key()))
    assert await forge.refusal(text, verifier) == f"key: not for {algorithm}"


@pytest.mark.parametrize("algorithm", ["RS256", "RS384", "RS512", "PS384", "ES384", "ES512"])
async def test_a2_algorithm_off_the_list_is_refused_though_the_signature_holds(algorithm):
    signer = forge.RSASigner(pkcs1=True)
    text = forge.compact(forge.header(alg=algorithm, kid="rsa-1"), forge.claims(), signer)
    cause = await forge.refusal(text, forge.verifier(forge.trusted(signer)))
    assert cause == "header: `alg` not allowed"


async def test_a2_pkcs1_signature_under_ps256_is_refused():
    signer = forge.RSASigner(pkcs1=True)
    text = forge.compact(forge.header(alg="PS256", kid="rsa-1"), forge.claims(), signer)
    cause = await forge.refusal(text, forge.verifier(forge.trusted(signer)))
    assert cause == "signature: bad_signature"


async def test_a2_signature_of_another_key_of_the_same_kind_is_refused():
    text = forge.compact(forge.header(), forge.claims(), forge.ECSigner())
    assert await forge.refusal(text) == "signature: bad_signature"
