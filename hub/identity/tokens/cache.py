"""Claims of tokens that held, so that a token's signature is checked once.

Bounded, by SHA-256 of the token, so that no token is kept in memory. Not for threads: one event
loop owns it.
"""

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256

from hub.identity.types import VerifiedClaims

MAX_VERIFIED_TOKENS = 10_000


@dataclass(frozen=True, slots=True)
class Held:
    """Claims, and while they hold: in one generation of trust, between two times."""

    claims: VerifiedClaims
    generation: int
    valid_from: float
    valid_until: float


class TokenCache:
    """The claims of recent tokens; the least recently used go first."""

    def __init__(self, max_tokens: int = MAX_VERIFIED_TOKENS) -> None:
        self._max_tokens = max_tokens
        self._held: OrderedDict[bytes, Held] = OrderedDict()

    def __len__(self) -> int:
        return len(self._held)

    def find(self, text: str, now: float, generation: int) -> VerifiedClaims | None:
        """Find the claims of a token that held and holds at `now`.

        Forget it where it holds no longer, or was kept under another `generation` of the trust.
        """
        digest = sha256(text.encode()).digest()
        held = self._held.get(digest)
        if held is None:
            return None
        # Both ends: a clock that steps back must not accept what a full check would refuse.
        if held.generation != generation or not held.valid_from <= now < held.valid_until:
            del self._held[digest]
            return None
        self._held.move_to_end(digest)
        return held.claims

    def held(self, text: str) -> Held | None:
        """Give what is kept of a token, which may hold no longer."""
        return self._held.get(sha256(text.encode()).digest())

    def keep(self, text: str, held: Held) -> None:
        """Keep the claims of a token that held."""
        self._held[sha256(text.encode()).digest()] = held
        if len(self._held) > self._max_tokens:
            self._held.popitem(last=False)
