"""Public keys as operators have them, for a client's registration.

A JWK, a JWK set, or PEM as OpenSSL writes it. A private key is refused, and never stored: the hub
needs none of a client's. What a key must be is in `jwks.py`.
"""

import warnings
from collections.abc import Mapping
from typing import Any

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import import_key

from hub.errors import InvalidInput
from hub.identity.keys.jwks import read_jwks
from hub.identity.strict_json import read_object

_PEM = "-----BEGIN"


def read_public_keys(text: str) -> Mapping[str, object]:
    """Read keys into a JWK set of their public parts; one without a `kid` gets its thumbprint.

    Raises:
        InvalidInput: no such key, or a private, weak or ambiguous one.

    Source: RFC 7517 section 5, RFC 7638.
    """
    try:
        entries = [_from_pem(text)] if _PEM in text else _entries(text)
    except (ValueError, UnsupportedAlgorithm, JoseError) as error:
        # The library's text may hold the key's.
        raise InvalidInput(
            "the file holds no public key: give a JWK, a JWK set, or PEM that begins "
            "with `-----BEGIN PUBLIC KEY-----`",
            detail=type(error).__name__,
        ) from None
    keys = read_jwks({"keys": [_named(entry) for entry in entries]})
    return {"keys": [each.key.as_dict(private=False) for each in keys.values()]}


def _from_pem(text: str) -> Mapping[str, object]:
    # Refuses a private key, which the next call would take.
    load_pem_public_key(text.encode())
    with warnings.catch_warnings(action="ignore", category=SecurityWarning):
        return import_key(text).as_dict(private=False)


def _entries(text: str) -> list[object]:
    document = read_object(text.encode())
    entries = document.get("keys", [document])
    if not isinstance(entries, list):
        raise ValueError("no list of keys")  # noqa: TRY004 - wrong input, not a wrong call
    return entries


def _named(entry: Any) -> Any:
    if not isinstance(entry, dict) or "kid" in entry:
        return entry
    [key] = read_jwks({"keys": [{**entry, "kid": "unnamed"}]}).values()
    return {**entry, "kid": key.thumbprint}
