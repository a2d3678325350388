"""What an ID token must keep before the hub believes who signed in.

The signature is checked as an access token's is: by a key of the issuer's own, under an algorithm
pinned here and in the issuer's registration. What the provider's metadata lists counts for nothing.
Its claims are read by `tokens/claims.py`.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from hub.errors import HubError
from hub.identity.errors import refused
from hub.identity.keys.jose import UnverifiedParts, check_signature, take_apart
from hub.identity.keys.jwks import VerificationKey
from hub.identity.sign_in.browser_secret import is_same
from hub.identity.tokens.claims import read_claims
from hub.identity.tokens.verifying import HEADER_MEMBERS
from hub.identity.trust.trusted import ClaimSource, Trust, TrustedIssuer
from hub.identity.types import VerifiedClaims

AHEAD_S = 10.0
"""How far ahead of ours an issuer's clock may be."""

MAX_AGE_S = 300.0
"""How old an ID token may be: it comes straight from the token endpoint."""

_NAMELESS = "-"
"""Stands for the `jti` of an ID token, which need not have one."""

_HASHES = {
    "ES256": hashlib.sha256,
    "PS256": hashlib.sha256,
    "Ed25519": hashlib.sha512,
    "EdDSA": hashlib.sha512,
}
"""What `at_hash` is made by, for each algorithm."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What an ID token must answer to."""

    client_id: str
    nonce: str = field(repr=False)
    access_token: str | None = field(repr=False)
    now: float


@dataclass(frozen=True, slots=True)
class IdToken:
    """What an ID token that holds says of a person, and the key that vouches for it."""

    kid: str
    claims: VerifiedClaims


async def check_id_token(
    text: str, trust: Trust, issuer: TrustedIssuer, expected: Expected
) -> IdToken:
    """Check an ID token of one issuer. What the issuer may vouch for is not asked.

    Raises:
        Unauthenticated: it does not hold.
        Unavailable: the issuer's keys can't be had now.

    Source: OpenID Connect Core section 3.1.3.7.
    """
    try:
        parts = take_apart(text)
        kid, algorithm = _check_header(parts.header, issuer)
        check_signature(text, await _key(trust, issuer, kid), algorithm)
        claims = _read(parts.claims, issuer, expected)
        _check_hash(parts, expected)
    except HubError:
        raise
    except Exception as error:  # noqa: BLE001 - a token that breaks a library is a bad token
        # The chain is cut: a library's text may hold the token.
        raise refused(f"unexpected: {type(error).__name__}") from None
    return IdToken(kid, claims)


def _check_header(header: Mapping[str, object], issuer: TrustedIssuer) -> tuple[str, str]:
    kid, algorithm = header.get("kid"), header.get("alg")
    if not header.keys() <= HEADER_MEMBERS or str(header.get("typ", "JWT")).upper() != "JWT":
        raise refused("header: not of an ID token")
    if not isinstance(kid, str) or not isinstance(algorithm, str):
        raise refused("header: `alg` or `kid` is missing")
    if algorithm not in issuer.algorithms:
        raise refused("header: `alg` not allowed")
    return kid, algorithm


async def _key(trust: Trust, issuer: TrustedIssuer, kid: str) -> VerificationKey:
    key = await trust.key(issuer, kid)
    if key is None:
        raise refused("header: `kid` not known")
    return key


def _read(
    values: Mapping[str, object], issuer: TrustedIssuer, expected: Expected
) -> VerifiedClaims:
    """Read the claims and check all that needs no header."""
    said = replace(issuer.claims, client=ClaimSource(fixed=(expected.client_id,)))
    claims = read_claims({"jti": _NAMELESS, **values}, said)
    if claims.issuer != issuer.issuer:
        raise refused("iss: another issuer")
    if claims.audience != expected.client_id:
        raise refused("aud: not the hub")
    if values.get("azp", expected.client_id) != expected.client_id:
        raise refused("azp: another client")
    if not is_same(str(values.get("nonce")), expected.nonce):
        raise refused("nonce: of another sign-in")
    if not expected.now < claims.expires_at:
        raise refused("exp: expired")
    if not expected.now - MAX_AGE_S <= claims.issued_at <= expected.now + AHEAD_S:
        raise refused("iat: too old, or in the future")
    return claims


def _check_hash(parts: UnverifiedParts, expected: Expected) -> None:
    """Check that the access token that came along is the one the ID token speaks of, if any."""
    if "at_hash" not in parts.claims:
        return
    whole = _HASHES[parts.header["alg"]]((expected.access_token or "").encode()).digest()
    half = urlsafe_b64encode(whole[: len(whole) // 2]).rstrip(b"=").decode()
    if not is_same(str(parts.claims["at_hash"]), half):
        raise refused("at_hash: of another access token")
