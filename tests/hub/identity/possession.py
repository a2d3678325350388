"""Honest and forged proofs of possession, made without the code under test."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from hub.errors import Unauthenticated
from hub.identity.errors import PUBLIC_MESSAGE
from hub.identity.proofs.dpop import ProofChecker
from hub.identity.proofs.nonces import Nonces
from tests.hub.identity import forge
from tests.hub.identity.forge import NOW

URL = "https://hub.example/graphql"
TOKEN = "an.access.token"

_VECTORS = Path(__file__).resolve().parents[2] / "vectors"


class InMemory:
    """Stands for the table of spent proofs."""

    def __init__(self) -> None:
        self.spent: dict[tuple[str, str, str], float] = {}

    async def spend(self, kind: str, issuer: str, id: str, until: float) -> bool:  # noqa: A002
        is_first = (kind, issuer, id) not in self.spent
        self.spent[kind, issuer, id] = until
        return is_first


def checker(
    nonces: Nonces | None = None, *, now: float = NOW, spent: Any = None, **more: Any
) -> ProofChecker:
    return ProofChecker(spent or InMemory(), nonces, lambda: float(now), **more)


def jwk(signer: Any) -> dict[str, Any]:
    """Give the public key as proofs hold it: nothing but the key."""
    return {name: value for name, value in signer.jwk().items() if name != "kid"}


def ath(token: str) -> str:
    return forge.b64(hashlib.sha256(token.encode()).digest())


def claims(**changes: Any) -> dict[str, Any]:
    honest = {"jti": "proof-1", "htm": "POST", "htu": URL, "iat": NOW, "ath": ath(TOKEN)}
    changed = honest | changes
    return {name: value for name, value in changed.items() if value is not forge.ABSENT}


def proof(signer: Any = None, *, header: dict[str, Any] | None = None, **changes: Any) -> str:
    """An honest proof but for the header's members and the claims given."""
    signer = signer or forge.ec_key()
    whole = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk(signer)} | (header or {})
    present = {name: value for name, value in whole.items() if value is not forge.ABSENT}
    return forge.compact(present, claims(**changes), signer)


async def check(proofs: Any, by: ProofChecker | None = None, **request: Any) -> str:
    """Check one proof, or a list of them, as of one request."""
    shown = [proofs] if isinstance(proofs, str) else proofs
    asked = {"method": "POST", "url": URL, "access_token": TOKEN} | request
    return await (by or checker()).check(shown, **asked)


async def refusal(proofs: Any, by: ProofChecker | None = None, **request: Any) -> str:
    """Expect a refusal with the one public message; return its cause."""
    with pytest.raises(Unauthenticated) as caught:
        await check(proofs, by, **request)
    assert (caught.value.message, caught.value.public_code) == (PUBLIC_MESSAGE, "UNAUTHENTICATED")
    assert caught.value.detail is not None
    return caught.value.detail


def vectors(name: str) -> dict[str, dict[str, Any]]:
    """Read a specification's published vectors by id."""
    text = (_VECTORS / f"{name}.json").read_text(encoding="utf-8")
    return {vector["id"]: vector for vector in json.loads(text)["vectors"]}


def decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
