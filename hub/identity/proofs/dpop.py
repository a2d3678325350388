"""Proofs of possession (DPoP): whoever sends a request holds a key, and means this request.

`ProofChecker.check` makes every check of RFC 9449 section 4.3 but the last: whether the key is the
one a token is bound to is judged in `tokens/verifying.py`. What was spent is in `replay.py`, the
nonces are in `nonces.py`.
"""

import base64
import hashlib
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from hub.errors import InvalidInput, Unauthenticated
from hub.identity.errors import NonceNeeded, refused
from hub.identity.keys.jose import check_signature, take_apart
from hub.identity.keys.jwks import ALGORITHMS, PRIVATE_MEMBERS, VerificationKey, read_jwks
from hub.identity.proofs.nonces import Nonces
from hub.identity.proofs.replay import SpentProofs

MAX_AGE_S = 300
"""How old a proof may be; past it no nonce helps."""

MAX_AHEAD_S = 10
"""How far a client's clock may be ahead of ours."""

UNAIDED_S = 60
"""How old a proof may be without a nonce of ours."""

MAX_PROOF_CHARS = 4096
MAX_ID_CHARS = 256

KEPT_KEYS = 1024
"""Keys that are kept once read: a client makes many proofs with one."""

_HEADER_MEMBERS = frozenset({"typ", "alg", "jwk"})
# RFC 7517 section 4, RFC 7518 section 6
_KEY_MEMBERS = frozenset({"kty", "use", "alg", "crv", "x", "y", "n", "e"})
_PORTS = {"http": 80, "https": 443}
_ESCAPE = re.compile("%[0-9A-Fa-f]{2}")
_UNRESERVED = re.compile("[A-Za-z0-9._~-]")


@dataclass(frozen=True, slots=True)
class _Proof:
    """What a proof says that the key of a thumbprint signed. Nothing of it is judged yet."""

    key: str
    id: str
    method: str
    url: str
    issued_at: float
    token_digest: object
    nonce: object


class ProofChecker:
    """Checks proofs of possession, and takes each once.

    A proof needs a nonce once it is older than `unaided_s`, or always where that is 0. Between the
    two limits of age the nonce tells a slow clock from a proof kept back; asking for one always
    also stops proofs made in advance by someone who had a client's key for a moment, at the price
    of a refused request per client every few minutes.
    """

    algorithms = ALGORITHMS

    def __init__(
        self,
        spent: SpentProofs,
        nonces: Nonces | None = None,
        clock: Callable[[], float] = time.time,
        *,
        unaided_s: float = UNAIDED_S,
    ) -> None:
        self._spent = spent
        self._nonces = nonces
        self._clock = clock
        self._unaided_s = unaided_s

    async def check(
        self, proofs: Sequence[str], *, method: str, url: str, access_token: str | None
    ) -> str:
        """Check a request's proof and spend it; return the thumbprint of its key (RFC 7638).

        Args:
            proofs: all `DPoP` headers of the request.
            method: of the request.
            url: as callers write it, never made of a `Host` header.
            access_token: what the request shows with the proof; None where it asks for a token.

        Raises:
            NonceNeeded: the client has to make a new proof with the nonce the error holds.
            Unauthenticated: whatever else is wrong, with one public message.
            Unavailable: the database does not say whether the proof was used before.

        Source: RFC 9449 sections 4.3 and 11.1.
        """
        try:
            proof = _read(proofs)
            _check_request(proof, method, url, access_token)
            self._check_time(proof)
        except Unauthenticated:
            raise
        except Exception as error:  # noqa: BLE001 - a proof that breaks a library is a bad proof
            raise refused(f"proof: unexpected {type(error).__name__}") from None
        until = proof.issued_at + MAX_AGE_S + MAX_AHEAD_S
        if not await self._spent.spend("dpop", proof.key, proof.id, until):
            raise refused("proof: used before")
        return proof.key

    def _check_time(self, proof: _Proof) -> None:
        age = self._clock() - proof.issued_at
        if not -MAX_AHEAD_S <= age <= MAX_AGE_S:
            raise refused("proof: `iat` too old, or in the future")
        if self._nonces is None:
            return
        if proof.nonce is None and abs(age) < self._unaided_s:
            return
        if not isinstance(proof.nonce, str) or not self._nonces.accepts(proof.nonce):
            raise NonceNeeded(self._nonces.fresh())


def _read(proofs: Sequence[str]) -> _Proof:
    if len(proofs) != 1:
        raise refused("proof: not exactly one header")
    [text] = proofs
    if len(text) > MAX_PROOF_CHARS or not text.isascii():
        raise refused("proof: too long, or not ASCII")
    parts = take_apart(text)
    header = parts.header
    if header.keys() != _HEADER_MEMBERS or header["typ"] != "dpop+jwt":
        raise refused("proof: the header is not of a proof")
    jwk = header["jwk"]
    if jwk.keys() & PRIVATE_MEMBERS:
        raise refused("proof: `jwk` holds private parts")
    members = frozenset((name, jwk[name]) for name in _KEY_MEMBERS & jwk.keys())
    key, thumbprint = _public_key(members)
    check_signature(text, key, header["alg"])
    return _typed(parts.claims, thumbprint)


@lru_cache(maxsize=KEPT_KEYS)
def _public_key(members: frozenset[tuple[str, Any]]) -> tuple[VerificationKey, str]:
    """Read a key, and take its thumbprint."""
    # A set of this one key keeps the rules of all keys: strong, and of a known kind.
    try:
        key = read_jwks({"keys": [dict(members) | {"kid": "proof"}]})["proof"]
    except InvalidInput:
        raise refused("proof: `jwk` is no public key that proofs are made with") from None
    return key, key.thumbprint


def _typed(claims: Mapping[str, Any], key: str) -> _Proof:
    """Read the claims of a proof whose signature holds."""
    jti, method, url = (_text(claims, name) for name in ("jti", "htm", "htu"))
    if len(jti) > MAX_ID_CHARS:
        raise refused(f"proof: `jti` is over {MAX_ID_CHARS} characters")
    issued_at = claims.get("iat")
    if isinstance(issued_at, bool) or not isinstance(issued_at, int | float):
        raise refused("proof: `iat` is missing, or no number")
    return _Proof(key, jti, method, url, issued_at, claims.get("ath"), claims.get("nonce"))


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value or not value.isprintable():
        raise refused(f"proof: `{name}` is missing, or no printable text")
    return value


def _check_request(proof: _Proof, method: str, url: str, access_token: str | None) -> None:
    if proof.method != method:
        raise refused("proof: `htm` is another method")
    if proof.url != url and _normal(proof.url) != _normal(url):
        raise refused("proof: `htu` is another address")
    if access_token is not None and proof.token_digest != _digest(access_token):
        raise refused("proof: `ath` is missing, or of another token")


def _digest(access_token: str) -> str:
    digest = hashlib.sha256(access_token.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _normal(url: str) -> tuple[str, str | None, int, str]:
    """Take an address to scheme, host, port and path as RFC 3986 section 6.2 writes them alike.

    Query and fragment are left out. Dot segments stay: clients resolve them before they send.

    Raises:
        ValueError: it names a user, or is no http(s) address.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or "@" in parts.netloc:
        raise ValueError("no plain http(s) address")
    port = _PORTS[parts.scheme] if parts.port is None else parts.port
    return parts.scheme, parts.hostname, port, _ESCAPE.sub(_unescaped, parts.path) or "/"


def _unescaped(escape: re.Match[str]) -> str:
    """Write what needs no escape plainly, and any other escape in capitals."""
    character = unquote(escape[0])
    return character if _UNRESERVED.fullmatch(character) else escape[0].upper()
