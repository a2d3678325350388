"""Callers of tokens that held, so that a token's signature is checked once.

Bounded, by SHA-256 of the token, so that no token is kept in memory. Not for threads: one event
loop owns it.
"""

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256

from hub.identity.types import Caller

MAX_VERIFIED_TOKENS = 10_000


@dataclass(frozen=True, slots=True)
class _Entry:
    caller: Caller
    valid_from: float
    valid_until: float


class TokenCache:
    """The callers of recent tokens; the least recently used goes first."""

    def __init__(self, max_tokens: int = MAX_VERIFIED_TOKENS) -> None:
        self._max_tokens = max_tokens
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, text: str, now: float) -> Caller | None:
        """Find the caller of a token that held and holds at `now`."""
        digest = sha256(text.encode()).digest()
        entry = self._entries.get(digest)
        if entry is None:
            return None
        # Both ends: a clock that steps back must not accept what a full check would refuse.
        if not entry.valid_from <= now < entry.valid_until:
            del self._entries[digest]
            return None
        self._entries.move_to_end(digest)
        return entry.caller

    def keep(self, text: str, caller: Caller, valid_from: float, valid_until: float) -> None:
        """Keep the caller of a token that held; times are seconds since the epoch."""
        self._entries[sha256(text.encode()).digest()] = _Entry(caller, valid_from, valid_until)
        if len(self._entries) > self._max_tokens:
            self._entries.popitem(last=False)
