"""What joserfc does that our own checks answer to (surprises S10 to S18), and what we lean on.

Each surprise stands beside the proof that our own code does otherwise. A failure of the first kind
after an update of the library is news, not necessarily a fault: read it, then decide whether the
check of ours may change.
"""

import json
import warnings

import pytest
from joserfc import jws, jwt
from joserfc.errors import (
    BadSignatureError,
    ExceededSizeError,
    InvalidKeyIdError,
    InvalidKeyTypeError,
    JoseError,
    SecurityWarning,
    UnsupportedAlgorithmError,
)
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey, import_key

from hub.errors import InvalidInput
from hub.identity.keys.jwks import read_jwks
from tests.hub.identity import forge

ES256 = ["ES256"]


def key_set(*signers):
    return KeySet([import_key(signer.jwk()) for signer in signers])


def test_s10_decode_accepts_an_expired_token():
    text = forge.token(exp=1)
    assert jwt.decode(text, key_set(forge.ec_key()), ES256).claims["exp"] == 1


async def test_s10_ours_refuses_an_expired_token():
    assert await forge.refusal(forge.token(iat=forge.NOW - 60, exp=forge.NOW)) == "exp: expired"


def proof(signer, algorithm, **private):
    header = {"typ": "dpop+jwt", "alg": algorithm, "jwk": signer.jwk(**private)}
    return forge.compact(header, b"{}", signer)


def read_proof(text, signer, algorithm):
    registry = jws.JWSRegistry(algorithms=[algorithm])
    return jws.deserialize_compact(text, import_key(signer.jwk()), registry=registry)


def test_s11_proof_with_an_rsa_key_is_over_the_size_of_a_header():
    with pytest.raises(ExceededSizeError, match="512"):
        read_proof(proof(forge.rsa_key(), "PS256"), forge.rsa_key(), "PS256")


def test_s12_proof_that_shows_its_private_key_is_accepted():
    signer = forge.ec_key()
    private = forge.b64_number(signer.private.private_numbers().private_value)
    found = read_proof(proof(signer, "ES256", d=private), signer, "ES256")
    assert import_key(found.headers()["jwk"]).is_private


def test_s13_missing_kid_is_accepted_by_a_set_of_one_and_refused_by_a_set_of_two():
    text = forge.compact(forge.header(kid=forge.ABSENT), forge.claims())
    assert jwt.decode(text, key_set(forge.ec_key()), ES256).claims["sub"] == "kr-mfds"
    with pytest.raises(InvalidKeyIdError):
        jwt.decode(text, key_set(forge.ec_key(), forge.ECSigner("two")), ES256)


async def test_s13_ours_requires_a_kid_of_a_set_of_one():
    text = forge.compact(forge.header(kid=forge.ABSENT), forge.claims())
    assert await forge.refusal(text) == "header: `alg` or `kid` is missing"


def test_s14_only_the_first_of_two_keys_with_one_kid_is_tried():
    first, second = forge.ECSigner("twin"), forge.ECSigner("twin")
    text = forge.compact(forge.header(kid="twin"), forge.claims(), second)
    with pytest.raises(BadSignatureError):
        jwt.decode(text, key_set(first, second), ES256)


def test_s14_ours_refuses_a_set_in_which_two_keys_share_a_kid():
    twins = [forge.ECSigner("twin").jwk(), forge.ECSigner("twin").jwk()]
    with pytest.raises(InvalidInput, match="two keys share the kid `twin`"):
        read_jwks({"keys": twins})


BROKEN_KEYS = ({"x": "AAAA"}, ValueError), ({"kty": ["EC"]}, TypeError)


@pytest.mark.parametrize(("changes", "error"), BROKEN_KEYS)
def test_s15_bad_keys_raise_errors_outside_the_library_tree(changes, error):
    with pytest.raises(error) as caught:
        import_key(forge.ec_key().jwk(**changes))
    assert not isinstance(caught.value, JoseError)


def test_s15_deep_claims_raise_outside_the_library_tree():
    deep = b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    with pytest.raises(RecursionError):
        jwt.decode(forge.compact(forge.header(), deep), key_set(forge.ec_key()), ES256)


@pytest.mark.parametrize(("changes", "_error"), BROKEN_KEYS)
def test_s15_ours_refuses_a_set_with_a_bad_key_by_our_own_error(changes, _error):
    with pytest.raises(InvalidInput):
        read_jwks({"keys": [forge.ec_key().jwk(**changes)]})


async def test_s15_ours_refuses_deep_claims_as_it_refuses_any_token():
    deep = b'{"a":' + b"[" * 2_000 + b"]" * 2_000 + b"}"
    text = forge.compact(forge.header(), deep)
    assert await forge.refusal(text) == "form: ValueError in header or claims"


def test_s16_short_rsa_key_verifies_with_a_warning_only():
    weak = forge.RSASigner("weak", bits=1024)
    text = forge.compact(forge.header(alg="PS256", kid="weak"), forge.claims(), weak)
    with pytest.warns(SecurityWarning, match="2048"):
        key = import_key(weak.jwk())
    assert jwt.decode(text, key, ["PS256"]).claims["sub"] == "kr-mfds"


def test_s16_ours_refuses_a_set_with_a_short_rsa_key():
    with pytest.raises(InvalidInput, match="under 2048 bits"):
        read_jwks({"keys": [forge.RSASigner("weak", bits=1024).jwk()]})


def test_s17_last_of_two_equal_members_wins():
    text = forge.compact(forge.header(), b'{"sub":"a","sub":"b"}')
    assert jwt.decode(text, key_set(forge.ec_key()), ES256).claims == {"sub": "b"}


async def test_s17_ours_refuses_a_member_that_stands_twice():
    twice = json.dumps(forge.claims())[:-1].encode() + b', "sub": "another"}'
    text = forge.compact(forge.header(), twice)
    assert await forge.refusal(text) == "form: ValueError in header or claims"


def test_s18_registry_that_names_none_accepts_an_unsigned_token():
    text = forge.compact(forge.header(alg="none"), forge.claims(), lambda _: b"")
    with warnings.catch_warnings(action="ignore", category=SecurityWarning):
        assert jwt.decode(text, key_set(forge.ec_key()), ["none"]).claims["sub"] == "kr-mfds"


async def test_s18_ours_refuses_an_unsigned_token_and_no_issuer_may_name_none():
    text = forge.compact(forge.header(alg="none"), forge.claims(), lambda _: b"x")
    assert await forge.refusal(text) == "header: `alg` not allowed"
    with pytest.raises(InvalidInput, match="algorithms must be some of"):
        forge.trusted(algorithms=frozenset({"none"}))


def test_default_algorithms_have_hs256_and_rs256_and_lack_ps256():
    assert set(jws.JWSRegistry.recommended) == {"HS256", "RS256", "ES256"}


def test_deprecated_name_of_ed25519_warns_on_use():
    text = forge.compact(forge.header(alg="EdDSA", kid="ed-1"), forge.claims(), forge.ed_key())
    with pytest.warns(SecurityWarning, match="EdDSA is deprecated"):
        jwt.decode(text, key_set(forge.ed_key()), ["EdDSA"])


@pytest.mark.parametrize("algorithm", ["none", "nOnE"])
def test_none_is_refused_unless_named(algorithm):
    text = forge.compact(forge.header(alg=algorithm), forge.claims(), lambda _: b"")
    with pytest.raises(UnsupportedAlgorithmError):
        jwt.decode(text, key_set(forge.ec_key()))


def test_public_key_is_never_a_shared_secret():
    key = import_key(forge.rsa_key().jwk())
    text = forge.compact(
        forge.header(alg="HS256", kid="rsa-1"), forge.claims(), forge.hs256(key.as_pem())
    )
    with pytest.raises(InvalidKeyTypeError):
        jwt.decode(text, key, ["HS256"])
    with pytest.raises((ValueError, JoseError, SecurityWarning)):
        OctKey.import_key(key.as_pem())


def test_brought_key_is_ignored():
    thief = forge.ECSigner("ec-1")
    text = forge.compact(forge.header(jwk=thief.jwk()), forge.claims(), thief)
    with pytest.raises(BadSignatureError):
        jwt.decode(text, key_set(forge.ec_key()), ES256)


def test_base64url_has_one_spelling():
    head, body, signature = forge.token().split(".")
    for other in (signature + "=", signature[:-1] + "B", signature.replace("-", "+")):
        if other != signature:
            with pytest.raises(BadSignatureError):
                jwt.decode(f"{head}.{body}.{other}", key_set(forge.ec_key()), ES256)


def test_curve_and_kind_of_key_are_checked_against_the_algorithm():
    p384 = ECKey.generate_key("P-384")
    text = forge.token()
    for key in (p384, RSAKey.import_key(forge.rsa_key().jwk())):
        with pytest.raises(JoseError):
            jwt.decode(text, key, ES256)


def test_thumbprint_is_over_the_required_members_alone():
    plain = import_key(forge.ec_key().jwk())
    adorned = import_key(forge.ec_key().jwk(kid="other", use="sig", alg="ES256"))
    assert plain.thumbprint() == adorned.thumbprint()


def test_private_members_are_not_exported_by_default():
    key = ECKey.generate_key("P-256", {"use": "sig"}, auto_kid=True)
    assert "d" in json.loads(json.dumps(key.as_dict(private=True)))
    assert "d" not in key.as_dict(private=False)
