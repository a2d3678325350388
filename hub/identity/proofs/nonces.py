"""Nonces that the hub hands out for proofs of possession, which say when a proof was made.

Nothing is stored: a nonce is the keyed digest of a slot of time, so every gateway of the hub makes
and knows the same ones, and none but they can. When a proof needs one is in `dpop.py`.
"""

import base64
import hmac
import time
from collections.abc import Callable

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SLOT_S = 150
"""How long the same nonce is handed out. It is taken in the next slot too: 300 s in all."""


class Nonces:
    """Makes nonces and knows them again.

    Source: RFC 9449 sections 8 and 9.
    """

    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        """Derive the key of a secret that all gateways of one address share."""
        kdf = HKDF(SHA256(), 32, None, b"nonces of proofs of possession")
        self._key = kdf.derive(secret.encode())
        self._clock = clock

    def fresh(self) -> str:
        """Make the nonce to hand out now."""
        return self._of(self._slot())

    def accepts(self, nonce: str) -> bool:
        """Tell whether a nonce is of this slot, the last, or the next.

        The next one comes from a gateway whose clock is ahead; refusing it would send the client
        back and forth between the two.
        """
        now = self._slot()
        return any(
            hmac.compare_digest(nonce.encode(), self._of(slot).encode())
            for slot in (now, now - 1, now + 1)
        )

    def _slot(self) -> int:
        return int(self._clock() // SLOT_S)

    def _of(self, slot: int) -> str:
        digest = hmac.digest(self._key, slot.to_bytes(8, "big"), "sha256")
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
