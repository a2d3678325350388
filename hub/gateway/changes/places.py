"""Places in the change feed, and the sealed cursors that callers hold them as.

A place says how far the feed was read, and under which view. As a cursor it is encrypted for one
caller: it can neither be read, changed, made up nor used by another, so it tells nothing of the
changes that lie between two places and were hidden. The same place is always the same text.
"""

import base64
import json
import struct
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hub.errors import InvalidInput
from hub.identity.types import Caller

_FORM = b"\x01"
"""First byte of a cursor's content: raised when its layout changes."""

_SPAN = struct.Struct(">q16sI")


@dataclass(frozen=True, slots=True)
class Span:
    """The versions up to a place in the sequence, from the span before: read under one view.

    `hour` counts from the epoch; 0 where the view does not hang on the rows' age.
    """

    upto: int
    view: bytes
    hour: int


Place = tuple[Span, ...]
"""Spans in rising order. One, unless the view changed and not all of it was told yet."""


class Seal:
    """Turns places into cursors and back."""

    def __init__(self, secret: str) -> None:
        """Derive the key.

        Args:
            secret: the same in all processes that answer callers under one address.
        """
        key = HKDF(SHA512(), 64, None, b"cursors of the change feed").derive(secret.encode())
        self._cipher = AESSIV(key)

    def cursor(self, caller: Caller, place: Place) -> str:
        """Write a place down for a caller."""
        content = _FORM + b"".join(_SPAN.pack(each.upto, each.view, each.hour) for each in place)
        sealed = self._cipher.encrypt(content, [_holder(caller)])
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def mark(self, caller: Caller, digest: bytes) -> str:
        """Write a digest down so that its caller can tell whether it changes, and no more."""
        sealed = self._cipher.encrypt(digest, [_holder(caller), b"mark"])
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def place(self, caller: Caller, cursor: str) -> Place:
        """Read a caller's own cursor.

        Raises:
            InvalidInput: it is none, or another's.
        """
        try:
            padded = cursor + "=" * (-len(cursor) % 4)
            sealed = base64.b64decode(padded.encode("ascii"), b"-_", validate=True)
            content = self._cipher.decrypt(sealed, [_holder(caller)])
        except (ValueError, InvalidTag) as error:
            raise InvalidInput(
                f"`since` is `{cursor[:40]}`, not a cursor that was given to you for this "
                "purpose: use `endCursor`, or start again without it",
                code="BAD_CURSOR",
            ) from error
        return tuple(Span(*parts) for parts in _SPAN.iter_unpack(content[len(_FORM) :]))


def _holder(caller: Caller) -> bytes:
    """Name all that a cursor is bound to: the client, and whatever policies ask of it."""
    return json.dumps(
        [
            caller.issuer,
            caller.client,
            caller.member,
            caller.organisation,
            sorted(caller.roles),
            caller.purpose,
            caller.sender_constrained,
        ]
    ).encode()
