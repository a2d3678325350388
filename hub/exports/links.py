"""Addresses of files that hold for a while, without a token.

A link names the export, the client it is for and when it ends, under a signature: it can be neither
made up, changed nor stretched.
"""

import base64
import hmac
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.errors import Gone
from hub.exports.jobs import not_found
from hub.exports.types import Export

LINK_SECONDS = 900
"""How long a link holds. An open download goes on."""


class Links:
    """Signs links and checks them."""

    def __init__(self, secret: str, clock: Callable[[], float] = time.time) -> None:
        """Derive the key.

        Args:
            secret: the same in all processes that answer callers under one address.
            clock: gives seconds since the epoch.
        """
        self._key = HKDF(SHA256(), 32, None, b"links to exported files").derive(secret.encode())
        self._clock = clock

    def link(self, export: Export) -> "Link":
        """Make a link to a file."""
        expires = int(self._clock()) + LINK_SECONDS
        query = {"expires": str(expires), "signature": self._signature(export, str(expires))}
        return Link(f"/exports/{export.id}/file?{urlencode(query)}", expires)

    def check(self, export: Export, expires: str, signature: str) -> None:
        """Check a link.

        Raises:
            NotFound: it was not made for this export and its client.
            Gone: it no longer holds.
        """
        if not hmac.compare_digest(self._signature(export, expires).encode(), signature.encode()):
            raise not_found()
        if self._clock() >= int(expires):
            raise Gone(
                f"the link has expired: ask `/exports/{export.id}` for a new one",
                code="LINK_EXPIRED",
            )

    def _signature(self, export: Export, expires: str) -> str:
        caller = export.caller
        content = json.dumps([export.id, caller.issuer, caller.client, expires]).encode()
        digest = hmac.digest(self._key, content, "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Link:
    """A path with its query, and when it ends in seconds since the epoch."""

    path: str
    expires: int
