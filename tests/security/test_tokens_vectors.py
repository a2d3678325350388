"""Published vectors through our own code."""

import base64
import json
from pathlib import Path

import pytest
from joserfc.jwk import import_key, thumbprint_uri

from hub.errors import Unauthenticated
from hub.identity.keys.jose import check_signature
from hub.identity.keys.jwks import read_jwks
from tests.hub.identity import forge

VECTORS = Path(__file__).resolve().parents[1] / "vectors"


def vector(name):
    return json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))["vectors"][0]


async def test_v1_valid_hs256_token_is_refused():
    v1 = vector("rfc7515")
    head, body, signature = v1["token"].split(".")
    secret = base64.urlsafe_b64decode(v1["key"]["k"] + "==")
    assert forge.b64(forge.hs256(secret)(f"{head}.{body}".encode())) == signature
    payload = base64.urlsafe_b64decode(body + "==").decode()
    assert payload.startswith(v1["payload_starts"])
    assert await forge.refusal(v1["token"]) == "header: `typ` is not of an access token"


def test_v2_rsa_thumbprint():
    v2 = vector("rfc7638")
    assert import_key(v2["key"]).thumbprint() == v2["thumbprint"]
    assert thumbprint_uri({name: v2["key"][name] for name in ("kty", "n", "e")}) == v2["uri"]


def test_v3_ed25519_thumbprint():
    v3 = vector("rfc8037")
    assert import_key(v3["key"]).thumbprint() == v3["thumbprint"]


def test_v3_ed25519_signature_verifies_and_a_changed_one_does_not():
    v3 = vector("rfc8037")
    key = read_jwks({"keys": [v3["key"] | {"kid": "v3"}]})["v3"]
    check_signature(v3["token"], key, "EdDSA")
    head, _, signature = v3["token"].split(".")
    with pytest.raises(Unauthenticated) as caught:
        check_signature(f"{head}.{forge.b64(b'Another text')}.{signature}", key, "EdDSA")
    assert caught.value.detail == "signature: bad_signature"


async def test_v15_type_is_compared_without_case_and_rs256_is_refused():
    header = vector("rfc9068")["header"]
    signer = forge.RSASigner(header["kid"], pkcs1=True)
    refused = await forge.refusal(
        forge.compact(header, forge.claims(), signer), forge.verifier(forge.trusted(signer))
    )
    assert refused == "header: `alg` not allowed"
    ours = forge.compact(forge.header(typ=header["typ"]), forge.claims())
    assert (await forge.verifier().verify(forge.presented(ours))).member == "KR"
