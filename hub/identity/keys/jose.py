"""The only door to joserfc's JWS: taking a compact token apart, checking and making signatures.

`joserfc.jwt.decode` accepts expired tokens and duplicate members, so it is called nowhere; claims
are read by `strict_json.py` and judged by `tokens/claims.py` and `tokens/verifying.py`.
"""

import json
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import JoseError, UnsupportedAlgorithmError
from joserfc.jwk import ECKey
from joserfc.jws import JWSRegistry
from joserfc.util import urlsafe_b64decode

from federation.records.declaration import Json
from hub.identity.errors import refused
from hub.identity.keys.jwks import ALGORITHMS, VerificationKey
from hub.identity.strict_json import read_object


class _Registry(JWSRegistry):
    """The algorithms it is given and no other. joserfc's own look-up warns on each `EdDSA`."""

    max_header_length = 2048  # bytes: a proof's header holds its key, and one of RSA is over 512

    def get_alg(self, name: str) -> Any:
        if name not in (self.allowed or ()):
            raise UnsupportedAlgorithmError(name)
        return self.algorithms[name]


_REGISTRIES = {name: _Registry(algorithms=[name]) for name in ALGORITHMS}


@dataclass(frozen=True, slots=True)
class UnverifiedParts:
    """Header and claims as the token states them, before any signature is checked."""

    header: dict[str, Json]
    claims: dict[str, Json]


def take_apart(text: str) -> UnverifiedParts:
    """Read header and claims of a compact JWS. The signature is not checked.

    Raises:
        Unauthenticated: not three non-empty parts, or a part that is not strict base64url of one
            strict JSON object.

    Source: RFC 7515 section 7.1.
    """
    parts = text.split(".")
    if len(parts) != 3 or not all(parts):
        raise refused("form: not three parts")
    try:
        header, claims = (read_object(urlsafe_b64decode(part.encode())) for part in parts[:2])
    except ValueError as error:
        raise refused(f"form: {type(error).__name__} in header or claims") from None
    return UnverifiedParts(header, claims)


def check_signature(text: str, key: VerificationKey, algorithm: str) -> None:
    """Check the signature of a compact JWS.

    Raises:
        Unauthenticated: the signature does not hold, or the key or the header is for another
            algorithm.

    Source: RFC 7515 section 5.2.
    """
    if algorithm not in key.algorithms:
        raise refused(f"key: not for {algorithm}")
    try:
        jws.deserialize_compact(text, key.key, registry=_REGISTRIES[algorithm])
    except JoseError as error:
        # Older texts of the library's errors held the token itself (CVE-2025-65015), so neither
        # the text nor the chain goes on.
        raise refused(f"signature: {error.error}") from None


def sign(header: dict[str, Json], claims: dict[str, object], key: ECKey) -> str:
    """Make a compact JWS of `claims`, by the algorithm that `header` names."""
    registry = _REGISTRIES[header["alg"]]
    return jws.serialize_compact(header, json.dumps(claims), key, registry=registry)
