"""Honest and forged tokens, made without the code under test."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

from hub.errors import Unauthenticated
from hub.identity.errors import PUBLIC_MESSAGE
from hub.identity.keys.jwks import ALGORITHMS, VerificationKey, read_jwks
from hub.identity.tokens.verifying import TokenRules, TokenVerifier
from hub.identity.trust.trusted import FixedTrust, TrustedIssuer
from hub.identity.types import Caller, Presented, UnverifiedToken

NOW = 1_800_000_000
ISSUER = "https://issuer.example"
AUDIENCE = "https://hub.example"
EVERYONE = frozenset({"KR", "US", "JP", "IN", "EU", "ALLIANCE"})


class Absent(Enum):
    """Stands for a member to leave out; its name is stable, as test ids must be."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT

Signer = Callable[[bytes], bytes]


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def b64_number(number: int) -> str:
    return b64(number.to_bytes((number.bit_length() + 7) // 8, "big"))


class ECSigner:
    def __init__(self, kid: str = "ec-1") -> None:
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.kid = kid

    def __call__(self, data: bytes) -> bytes:
        der = self.private.sign(data, ec.ECDSA(hashes.SHA256()))
        r, s = utils.decode_dss_signature(der)
        return r.to_bytes(32, "big") + s.to_bytes(32, "big")

    def jwk(self, **changes: Any) -> dict[str, Any]:
        point = self.private.public_key().public_numbers()
        x, y = (b64(number.to_bytes(32, "big")) for number in (point.x, point.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y, "kid": self.kid, **changes}


class RSASigner:
    """PS256 by default; `pkcs1` makes RS256."""

    def __init__(self, kid: str = "rsa-1", bits: int = 2048, *, pkcs1: bool = False) -> None:
        self.private = rsa.generate_private_key(65537, bits)
        self.kid = kid
        self.pkcs1 = pkcs1

    def __call__(self, data: bytes) -> bytes:
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
        return self.private.sign(data, padding.PKCS1v15() if self.pkcs1 else pss, hashes.SHA256())

    def jwk(self, **changes: Any) -> dict[str, Any]:
        numbers = self.private.public_key().public_numbers()
        n, e = b64_number(numbers.n), b64_number(numbers.e)
        return {"kty": "RSA", "n": n, "e": e, "kid": self.kid, **changes}


class EdSigner:
    def __init__(self, kid: str = "ed-1") -> None:
        self.private = ed25519.Ed25519PrivateKey.generate()
        self.kid = kid

    def __call__(self, data: bytes) -> bytes:
        return self.private.sign(data)

    def jwk(self, **changes: Any) -> dict[str, Any]:
        x = b64(self.private.public_key().public_bytes_raw())
        return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.kid, **changes}


def hs256(secret: bytes) -> Signer:
    return lambda data: hmac.new(secret, data, hashlib.sha256).digest()


@cache
def ec_key() -> ECSigner:
    return ECSigner()


@cache
def rsa_key() -> RSASigner:
    return RSASigner()


@cache
def ed_key() -> EdSigner:
    return EdSigner()


def _changed(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (values | changes).items() if value is not ABSENT}


def header(**changes: Any) -> dict[str, Any]:
    return _changed({"typ": "at+jwt", "alg": "ES256", "kid": "ec-1"}, changes)


def claims(**changes: Any) -> dict[str, Any]:
    honest = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "kr-mfds",
        "client_id": "kr-mfds",
        "iat": NOW,
        "nbf": NOW,
        "exp": NOW + 600,
        "jti": "token-1",
        "member": "KR",
        "organisation": "식품의약품안전처",
        "roles": ["regulator"],
        "purpose": "exercise",
    }
    return _changed(honest, changes)


def compact(
    header: dict[str, Any] | bytes, claims: dict[str, Any] | bytes, sign: Signer | None = None
) -> str:
    """Join and sign; bytes are taken as they are."""
    parts = [
        b64(part if isinstance(part, bytes) else json.dumps(part).encode())
        for part in (header, claims)
    ]
    signing_input = ".".join(parts)
    return f"{signing_input}.{b64((sign or ec_key())(signing_input.encode()))}"


def token(**claim_changes: Any) -> str:
    """An honest token but for the claims given."""
    return compact(header(), claims(**claim_changes))


Trusted = tuple[TrustedIssuer, Mapping[str, VerificationKey]]


def trusted(*signers: Any, **changes: Any) -> Trusted:
    """An issuer, but for the changes given, and its keys."""
    values = {"issuer": ISSUER, "algorithms": ALGORITHMS, "members": EVERYONE}
    keys = read_jwks({"keys": [signer.jwk() for signer in signers or (ec_key(),)]})
    return TrustedIssuer(**(values | changes)), keys


def verifier(
    *issuers: Trusted, now: float = NOW, proofs: Any = None, **rules: Any
) -> TokenVerifier:
    rules = {"audience": AUDIENCE} | rules
    trust = FixedTrust(issuers or (trusted(),))
    return TokenVerifier(TokenRules(**rules), trust, proofs, lambda: now)


def presented(text: str, **shown: Any) -> Presented:
    return Presented(UnverifiedToken(text), **shown)


async def verified(text: str, by: TokenVerifier | None = None, **shown: Any) -> Caller:
    """Verify a token that a request shows, with whatever else it shows."""
    return await (by or verifier()).verify(presented(text, **shown))


async def refusal(text: str, by: TokenVerifier | None = None, **shown: Any) -> str:
    """Expect a refusal with the one public message; return its cause."""
    with pytest.raises(Unauthenticated) as caught:
        await verified(text, by, **shown)
    assert (caught.value.message, caught.value.public_code) == (PUBLIC_MESSAGE, "UNAUTHENTICATED")
    assert caught.value.detail is not None
    return caught.value.detail
