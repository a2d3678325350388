import hashlib
import json

import pytest

from hub.errors import InvalidInput
from hub.identity.keys.jwks import MAX_KEYS, read_jwks
from tests.hub.identity import forge


def one(**changes):
    return {"keys": [forge.ec_key().jwk(**changes)]}


@pytest.mark.parametrize(
    ("signer", "algorithms"),
    [
        (forge.ec_key, {"ES256"}),
        (forge.rsa_key, {"PS256"}),
        (forge.ed_key, {"Ed25519", "EdDSA"}),
    ],
)
def test_key_is_for_the_algorithms_of_its_kind(signer, algorithms):
    keys = read_jwks({"keys": [signer().jwk(use="sig")]})
    assert {kid: key.algorithms for kid, key in keys.items()} == {signer().kid: algorithms}


def test_key_that_names_its_algorithm_is_for_that_one_alone():
    keys = read_jwks({"keys": [forge.ed_key().jwk(alg="EdDSA")]})
    assert keys["ed-1"].algorithms == {"EdDSA"}


@pytest.mark.parametrize(
    "foreign",
    [
        {"kty": "RSA", "use": "enc", "alg": "RSA-OAEP", "kid": "x"},
        {"kty": "EC", "crv": "P-256", "use": None, "kid": "x"},
        {"kty": "RSA", "alg": "RS256", "kid": "x"},
        {"kty": "EC", "crv": "P-384", "kid": "x"},
        {"kty": "OKP", "crv": "X25519", "kid": "x"},
        {"kty": "oct", "k": "c2VjcmV0", "kid": "x"},
        {"kty": ["EC"], "crv": "P-256", "kid": "x"},
        {"kty": "EC", "crv": "P-256", "alg": ["ES256"], "kid": "x"},
        "text",
        None,
    ],
    ids=str,
)
def test_key_for_another_use_is_left_out(foreign):
    assert set(read_jwks({"keys": [foreign, forge.ec_key().jwk()]})) == {"ec-1"}
    with pytest.raises(InvalidInput, match="no key of the set is for ES256, Ed25519"):
        read_jwks({"keys": [foreign]})


def test_two_keys_with_one_kid_refuse_the_set():
    twins = {"keys": [forge.ECSigner("twin").jwk(), forge.ECSigner("twin").jwk()]}
    with pytest.raises(InvalidInput, match="two keys share the kid `twin`"):
        read_jwks(twins)


@pytest.mark.parametrize("kid", [None, "", 5, ["ec-1"], "x" * 257, "a\nb"])
def test_key_without_a_usable_kid_refuses_the_set(kid):
    with pytest.raises(InvalidInput, match="has no `kid`"):
        read_jwks(one(kid=kid))


def test_short_rsa_key_refuses_the_set():
    weak = forge.RSASigner("weak", bits=1024)
    with pytest.raises(InvalidInput, match="`weak` is under 2048 bits"):
        read_jwks({"keys": [weak.jwk()]})


def test_private_key_refuses_the_set():
    secret = forge.b64_number(forge.ec_key().private.private_numbers().private_value)
    with pytest.raises(InvalidInput, match="`ec-1` is private"):
        read_jwks(one(d=secret))


@pytest.mark.parametrize(
    "changes",
    [{"x": "AAAA"}, {"x": 5}, {"x": "!"}, {"y": ""}, {"key_ops": 5}],
    ids=str,
)
def test_malformed_key_refuses_the_set(changes):
    with pytest.raises(InvalidInput, match="`ec-1` can't be read"):
        read_jwks(one(**changes))


@pytest.mark.parametrize("document", [{}, {"keys": None}, {"keys": {}}, {"keys": []}])
def test_set_without_keys_is_refused(document):
    with pytest.raises(InvalidInput):
        read_jwks(document)


def test_set_of_too_many_keys_is_refused():
    entry = forge.ec_key().jwk()
    with pytest.raises(InvalidInput, match=f"up to {MAX_KEYS} keys"):
        read_jwks({"keys": [entry] * (MAX_KEYS + 1)})


def test_thumbprint_is_the_keys_own_whatever_its_kid():
    first, second = (read_jwks(one(kid=kid))[kid] for kid in ("a", "b"))
    jwk = forge.ec_key().jwk()
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}  # RFC 7638 section 3.2
    digest = hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest()
    assert first.thumbprint == second.thumbprint == forge.b64(digest)


def test_keys_cannot_be_added_later():
    with pytest.raises(TypeError):
        read_jwks(one())["other"] = None
