"""How what is sent is signed, and how the secrets for that are kept.

Source: Standard Webhooks 1.0.0, `standardwebhooks.com`: a secret is 24 to 64 random bytes, written
`whsec_` and base64; the signature is HMAC-SHA256 over id, time and body, joined by points.
"""

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.errors import Unavailable

SECRET_BYTES = 32
PREFIX = "whsec_"

_NONCE_BYTES = 12
"""Source: NIST SP 800-38D, section 8.2.2."""


def new_secret() -> bytes:
    """Make a secret of 256 random bits."""
    return os.urandom(SECRET_BYTES)


def shown_secret(secret: bytes) -> str:
    """Write a secret as its receiver is shown it, once."""
    return PREFIX + base64.b64encode(secret).decode()


def signed_headers(secret: bytes, message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """Sign a body.

    Args:
        secret: the receiver's.
        message_id: the same whenever this is sent again.
        timestamp: of this sending, in seconds since the epoch.
        body: as it goes on the wire.
    """
    content = b".".join((message_id.encode(), str(timestamp).encode(), body))
    signature = base64.b64encode(hmac.digest(secret, content, "sha256")).decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{signature}",
    }


class Sealer:
    """Keeps secrets sealed in the database, by a key that the hub has outside of it."""

    def __init__(self, secret: str) -> None:
        """Derive the key.

        Args:
            secret: the same in all gateways and workers of one hub.
        """
        key = HKDF(SHA256(), 32, None, b"secrets of webhooks").derive(secret.encode())
        self._cipher = AESGCM(key)
        self.key_id = hashlib.sha256(b"name of " + key).hexdigest()[:16]

    def seal(self, secret: bytes, webhook: str) -> bytes:
        """Seal a webhook's secret, to be opened for that webhook alone."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, secret, webhook.encode())

    def opened(self, sealed: bytes, webhook: str) -> bytes:
        """Open a webhook's secret.

        Raises:
            Unavailable: it was sealed with another key, or for another webhook.
        """
        nonce, rest = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        try:
            return self._cipher.decrypt(nonce, rest, webhook.encode())
        except InvalidTag as error:
            raise Unavailable(
                f"the secret of webhook `{webhook}` can't be opened here: remove it and add it anew"
            ) from error
