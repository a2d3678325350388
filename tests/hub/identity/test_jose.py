import pytest
from joserfc.jwk import ECKey

from hub.errors import Unauthenticated
from hub.identity.keys.jose import check_signature, sign, take_apart
from hub.identity.keys.jwks import read_jwks
from tests.hub.identity import forge


@pytest.fixture
def keys():
    return read_jwks({"keys": [forge.ec_key().jwk(), forge.ed_key().jwk()]})


def test_signed_claims_come_apart_as_they_were_and_verify():
    key = ECKey.generate_key("P-256", auto_kid=True)
    text = sign(forge.header(kid=key.kid), forge.claims(), key)
    parts = take_apart(text)
    assert (parts.header, parts.claims) == (forge.header(kid=key.kid), forge.claims())
    public = read_jwks({"keys": [key.as_dict(private=False)]})[key.kid]
    check_signature(text, public, "ES256")


@pytest.mark.parametrize("algorithm", ["none", "HS256", "RS256"])
def test_nothing_is_signed_by_an_algorithm_off_the_list(algorithm):
    with pytest.raises(KeyError):
        sign(forge.header(alg=algorithm), forge.claims(), ECKey.generate_key("P-256"))


@pytest.mark.parametrize("stated", ["none", "HS256", "ES384", "EdDSA"])
def test_header_of_another_algorithm_than_asked_for_is_refused(keys, stated):
    text = forge.compact(forge.header(alg=stated, kid="ed-1"), forge.claims(), forge.ed_key())
    with pytest.raises(Unauthenticated) as caught:
        check_signature(text, keys["ed-1"], "Ed25519")
    assert caught.value.detail == "signature: unsupported_algorithm"


def test_key_for_another_algorithm_is_refused(keys):
    with pytest.raises(Unauthenticated) as caught:
        check_signature(forge.token(), keys["ec-1"], "PS256")
    assert caught.value.detail == "key: not for PS256"
