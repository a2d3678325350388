import json

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from joserfc.jwk import ECKey, import_key

from hub.errors import InvalidInput
from hub.identity.keys.public_keys import read_public_keys
from tests.hub.identity import forge

SIGNERS = (forge.ec_key, forge.rsa_key, forge.ed_key)


def pem(key):
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def private_pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize("signer", SIGNERS)
def test_pem_gets_its_thumbprint_as_kid(signer):
    [key] = read_public_keys(pem(signer().private.public_key()))["keys"]
    unnamed = {name: value for name, value in signer().jwk().items() if name != "kid"}
    assert key == unnamed | {"kid": import_key(unnamed).thumbprint()}


@pytest.mark.parametrize("signer", SIGNERS)
def test_jwk_and_jwk_set_keep_their_kid(signer):
    jwk = signer().jwk()
    assert read_public_keys(json.dumps(jwk)) == {"keys": [jwk]}
    assert read_public_keys(json.dumps({"keys": [jwk]})) == {"keys": [jwk]}


def test_jwk_without_kid_gets_its_thumbprint():
    jwk = {name: value for name, value in forge.ec_key().jwk().items() if name != "kid"}
    [key] = read_public_keys(json.dumps(jwk))["keys"]
    assert key["kid"] == import_key(jwk).thumbprint()


def test_private_keys_are_refused_in_every_form():
    key = ECKey.generate_key("P-256", auto_kid=True).as_dict(private=True)
    unnamed = {name: value for name, value in key.items() if name != "kid"}
    for document in (key, unnamed, {"keys": [key]}):
        with pytest.raises(InvalidInput, match="is private"):
            read_public_keys(json.dumps(document))
    for signer in SIGNERS:
        with pytest.raises(InvalidInput, match="no public key") as caught:
            read_public_keys(private_pem(signer().private))
        assert "PRIVATE" not in caught.value.message


def test_what_a_set_holds_beside_usable_keys_is_not_kept():
    secret = {"kty": "oct", "k": "c2VjcmV0", "kid": "secret"}
    other = ECKey.generate_key("P-384").as_dict(private=True)
    kept = read_public_keys(
        json.dumps({"keys": [secret, other | {"kid": "x"}, forge.ec_key().jwk()]})
    )
    assert kept == {"keys": [forge.ec_key().jwk()]}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "[]",
        '{"keys": 5}',
        '{"kty": "EC", "kty": "RSA"}',
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
        "-----BEGIN PUBLIC KEY-----",
    ],
)
def test_what_is_no_key_is_refused(text):
    with pytest.raises(InvalidInput, match="no public key"):
        read_public_keys(text)


@pytest.mark.parametrize("keys", [[], [5], [{"kty": "oct", "k": "eA", "kid": "x"}]])
def test_a_set_without_a_usable_key_is_refused(keys):
    with pytest.raises(InvalidInput, match="publish one"):
        read_public_keys(json.dumps({"keys": keys}))


def test_keys_of_another_kind_are_refused():
    for key in (dsa.generate_private_key(2048), ec.generate_private_key(ec.SECP384R1())):
        with pytest.raises(InvalidInput):
            read_public_keys(pem(key.public_key()))
