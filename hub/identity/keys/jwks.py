"""Public key sets: which keys may verify which algorithms.

A set is read once, whole, into a dictionary by `kid`; a weak, private or ambiguous key refuses the
set. Keys of the embedded issuer are made in `own_issuer/keys.py`; sets are fetched in
`jwks_cache.py`.
"""

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import Key, RSAKey, import_key

from hub.errors import InvalidInput

ALGORITHMS = frozenset({"ES256", "PS256", "Ed25519", "EdDSA"})
"""All that any issuer may sign with. `EdDSA` is the older name of `Ed25519` (RFC 9864).

Source: FAPI 2.0 Security Profile section 5.4.
"""

MIN_RSA_BITS = 2048  # FAPI 2.0 Security Profile section 5.4
MAX_KEYS = 20
PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})
"""Members of a JWK that no public key has; joserfc calls a key public that lacks `d` alone.

Source: RFC 7518 section 6.
"""

MAX_KID_CHARS = 256


@dataclass(frozen=True, slots=True)
class VerificationKey:
    """A public key and the algorithms whose signatures it may verify."""

    kid: str
    algorithms: frozenset[str]
    key: Key

    @property
    def thumbprint(self) -> str:
        """The key's own name, whatever its `kid` (RFC 7638, SHA-256)."""
        return self.key.thumbprint()


def read_jwks(document: Mapping[str, object]) -> Mapping[str, VerificationKey]:
    """Read a JWK set into keys by `kid`, leaving out those made for other uses.

    Raises:
        InvalidInput: no usable key, too many keys, or a usable one that has no `kid`, shares it,
            is private, weak or malformed.

    Source: RFC 7517 section 5.
    """
    entries = document.get("keys")
    if not isinstance(entries, list) or len(entries) > MAX_KEYS:
        raise InvalidInput(f"the key set has no list `keys` of up to {MAX_KEYS} keys: correct it")
    keys: dict[str, VerificationKey] = {}
    for entry in entries:
        algorithms = _algorithms(entry)
        if not algorithms:
            continue
        key = _verification_key(entry, algorithms)
        if key.kid in keys:
            raise InvalidInput(f"two keys share the kid `{key.kid}`: give each its own")
        keys[key.kid] = key
    if not keys:
        raise InvalidInput(f"no key of the set is for {', '.join(sorted(ALGORITHMS))}: publish one")
    return MappingProxyType(keys)


def _algorithms(entry: Any) -> frozenset[str]:
    """Say which algorithms a JWK is for; none when it is for another use or not understood."""
    match entry:
        case {"use": use} if use != "sig":
            return frozenset()
        case {"kty": "EC", "crv": "P-256"}:
            possible = {"ES256"}
        case {"kty": "RSA"}:
            possible = {"PS256"}
        case {"kty": "OKP", "crv": "Ed25519"}:
            possible = {"Ed25519", "EdDSA"}
        case _:
            return frozenset()
    return frozenset(name for name in possible if entry.get("alg", name) == name)


def _verification_key(entry: dict[str, Any], algorithms: frozenset[str]) -> VerificationKey:
    kid = entry.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= MAX_KID_CHARS or not kid.isprintable():
        raise InvalidInput(f"a key has no `kid` of up to {MAX_KID_CHARS} characters: give it one")
    try:
        with warnings.catch_warnings(action="ignore", category=SecurityWarning):
            key = import_key(entry)
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise InvalidInput(f"the key `{kid}` can't be read: publish it again") from error
    if not PRIVATE_MEMBERS.isdisjoint(entry):
        raise InvalidInput(f"the key `{kid}` is private: replace it and publish the public half")
    if isinstance(key, RSAKey) and key.public_key.key_size < MIN_RSA_BITS:
        raise InvalidInput(f"the key `{kid}` is under {MIN_RSA_BITS} bits: use a longer one")
    return VerificationKey(kid, algorithms, key)
