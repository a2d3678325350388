"""The secret that a cookie keeps in one browser, and the values that come of it.

A value shown elsewhere (`state`, `nonce`, a CSRF token) tells nothing of the secret or of another
value, and only the browser that holds the secret can go with it. The database gets digests.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode


def new_secret() -> str:
    """Make a secret of 256 random bits."""
    return secrets.token_urlsafe(32)


def derive(secret: str, use: str) -> str:
    """Derive the secret's value for one use: 43 characters, fit for a PKCE verifier.

    Source: RFC 2104, RFC 7636 section 4.1.
    """
    code = hmac.digest(secret.encode(), use.encode(), "sha256")
    return urlsafe_b64encode(code).rstrip(b"=").decode()


def digest(value: str) -> bytes:
    """Give what the database keeps of a value."""
    return hashlib.sha256(value.encode()).digest()


def is_same(given: str, expected: str) -> bool:
    """Compare without telling by time how much of it fits."""
    return hmac.compare_digest(given.encode(), expected.encode())
