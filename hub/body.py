"""An answer's body as it comes in: counted, decoded, and over some size kept on disk.

One coding at most: gzip within gzip unfolds a thousand times a thousand. A body may come in several
parts over several connections; `taken` says where the next one has to begin.
"""

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Mapping
from tempfile import SpooledTemporaryFile

from hub.errors import MemberFault, TooLarge

_GZIP = 31
"""`wbits` of zlib for one gzip member with its header and trailer."""

_PLAIN = frozenset({"", "identity"})
_STATED = re.compile(r"(?i)\b(sha-(?:256|512))=:?([a-z0-9+/]+=*):?")


class Body:
    """The bytes of one representation, by the headers of the answer that began it.

    Attributes:
        coding: its content coding, in lower case.
        taken: bytes off the wire so far, still coded: what a `Range` counts.
    """

    def __init__(self, headers: Mapping[str, str], *, max_bytes: int, memory_bytes: int) -> None:
        """Begin a body.

        Args:
            headers: their names in lower case.
            max_bytes: most that is taken, coded or decoded.
            memory_bytes: most that is held in memory while it comes in; a temporary file has more.

        Raises:
            MemberFault: it is coded in a way that was not asked for.
        """
        self.coding = headers.get("content-encoding", "").strip().lower()
        if self.coding not in {*_PLAIN, "gzip", "x-gzip"}:
            raise MemberFault(
                f"the answer is coded as `{self.coding[:40]}`, which was not asked for: "
                "ask the member",
                code="SOURCE_CODING",
            )
        self.taken = 0
        self._max_bytes = max_bytes
        self._member = None if self.coding in _PLAIN else zlib.decompressobj(_GZIP)
        self._spool = SpooledTemporaryFile(max_size=memory_bytes)  # noqa: SIM115 - `close` ends it
        self._length = 0
        self._stated = _stated_digest(headers)
        self._digest = hashlib.new(self._stated[0]) if self._stated else None

    def take(self, part: bytes) -> None:
        """Add the next bytes off the wire.

        Raises:
            TooLarge: over the cap, coded or decoded.
            zlib.error: not gzip, though the source says so.
        """
        self.taken += len(part)
        if self._digest:
            self._digest.update(part)
        if self._member is None:
            self._keep(part)
        while self._member and part:
            if self._member.eof:
                self._member = zlib.decompressobj(_GZIP)
            self._keep(self._member.decompress(part, self._max_bytes - self._length + 1))
            part = self._member.unused_data
        if self.taken > self._max_bytes:
            self._refuse()

    def whole(self) -> bytes:
        """Give the body.

        Raises:
            MemberFault: it is not the one whose digest the source states.
            zlib.error: its gzip breaks off.
        """
        if self._member and self.taken and not self._member.eof:
            raise zlib.error("the gzip stream breaks off")
        if self._digest and self._stated and self._digest.digest() != self._stated[1]:
            raise MemberFault(
                f"the body is not the one of the {self._stated[0]} digest it was sent with: pull "
                "again later",
                code="SOURCE_DIGEST",
            )
        self._spool.seek(0)
        return self._spool.read()

    def close(self) -> None:
        """Let its temporary file go."""
        self._spool.close()

    def _keep(self, content: bytes) -> None:
        self._length += len(content)
        if self._length > self._max_bytes:
            self._refuse()
        self._spool.write(content)

    def _refuse(self) -> None:
        raise TooLarge(
            f"the answer is over {self._max_bytes} bytes: ask the member what it sends",
            code="SOURCE_TOO_LARGE",
        )


def _stated_digest(headers: Mapping[str, str]) -> tuple[str, bytes] | None:
    """Read the digest of the whole representation, where its source states one.

    Source: RFC 9530, `Repr-Digest`; RFC 3230, `Digest`, which it replaces.
    """
    found = _STATED.search(headers.get("repr-digest") or headers.get("digest", ""))
    if not found:
        return None
    try:
        return found[1].lower().replace("-", ""), base64.b64decode(found[2], validate=True)
    except binascii.Error:
        return None
