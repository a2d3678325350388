"""Key sets of issuers and clients, fetched from where they are registered and kept.

A set is fresh for ten minutes and fetched anew before that, so that no request waits where one is
held. One that can't be fetched, or is no good, leaves the last one in use for a day; then it counts
as gone. Which issuers are trusted is for `followed_trust.py` to say. Start reading at `JWKSCache`.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

import prometheus_client
import structlog

from hub.errors import HubError, MemberFault
from hub.identity.keys.jwks import MAX_KID_CHARS, VerificationKey, read_jwks
from hub.identity.strict_json import read_object
from hub.outbound import Limits, Outbound

FRESH_S = 600.0
"""How long a key may go on verifying after it was removed from its set."""

REFRESH_S = 480.0
"""How old a set grows before it is fetched anew, in good time for `FRESH_S`."""

RETRY_S = 30.0
"""How long to wait after a fetch that failed."""

UNKNOWN_KID_S = 60.0
"""At most one fetch of a set in this time for the sake of kids that it lacks."""

STALE_S = 24 * 3600.0
"""How long a set is used that can't be fetched."""

MAX_UNKNOWN_KIDS = 1_000
"""Most kids remembered as looked for in vain; the oldest goes first."""

LIMITS = Limits(seconds=5.0, silence_seconds=5.0, body_bytes=64 * 1024)

_NEVER = float("-inf")

_fetches = prometheus_client.Counter(
    "hub_key_set_fetches", "Fetches of issuers' key sets.", ["owner", "outcome"]
)
_age = prometheus_client.Gauge(
    "hub_key_set_age_seconds", "Since an issuer's key set was last read.", ["owner"]
)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class KeySource:
    """Whose key set it is, and where it is registered to lie."""

    owner: str
    jwks_uri: str


@dataclass(slots=True)
class _KeySet:
    """What is held of one set. Times are the cache's clock's; `due_at` is of the next fetch.

    `asked_at` is of the last fetch for the sake of a `kid` it lacks.
    """

    keys: Mapping[str, VerificationKey] = field(default_factory=dict)
    read_at: float = _NEVER
    due_at: float = _NEVER
    asked_at: float = _NEVER
    is_failing: bool = False
    fetching: asyncio.Task[None] | None = None


async def fetch_keys(outbound: Outbound, jwks_uri: str) -> Mapping[str, VerificationKey]:
    """Fetch a key set, over TLS and within `LIMITS`.

    Raises:
        HubError: it can't be fetched, or is refused as a whole.
        ValueError: it is no strict JSON.
    """
    answer = await outbound.for_trust(LIMITS).get(jwks_uri, {"accept": "application/json"})
    if answer.status != 200:
        raise MemberFault(f"the key set is answered with status {answer.status}: ask its owner")
    return read_jwks(read_object(answer.content))


class JWKSCache:
    """The key sets that one process holds. Not for threads: one event loop owns it.

    `generation` grows when a key that verified no longer does.
    """

    def __init__(self, outbound: Outbound, clock: Callable[[], float] = time.monotonic) -> None:
        self.generation = 0
        self._outbound = outbound
        self._clock = clock
        self._sets: dict[KeySource, _KeySet] = {}
        self._unknown: OrderedDict[tuple[KeySource, str], float] = OrderedDict()

    async def key(self, source: KeySource, kid: str) -> VerificationKey | None:
        """Find a key; wait for a fetch only where no fresh set is held, or it lacks the `kid`."""
        if len(kid) > MAX_KID_CHARS:
            return None
        held = self._sets.setdefault(source, _KeySet())
        self._keep_up(source, held)
        if self._is_fetch_awaited(held):
            await _done(held)
        if kid not in held.keys:
            await self._look_for(source, held, kid)
        return held.keys.get(kid)

    def follow(self, sources: Iterable[KeySource]) -> None:
        """Hold the sets of these sources and of no other; to be called every second or so."""
        wanted = dict.fromkeys(sources)
        for source in self._sets.keys() - wanted.keys():
            self._drop(source)
        for source in wanted:
            self._keep_up(source, self._sets.setdefault(source, _KeySet()))

    async def close(self) -> None:
        """End what is under way."""
        running = [held.fetching for held in self._sets.values() if held.fetching]
        self.follow(())
        await asyncio.gather(*running, return_exceptions=True)

    def _keep_up(self, source: KeySource, held: _KeySet) -> None:
        """Start the fetch that is due; give up a set that is too old."""
        age = self._clock() - held.read_at
        if held.keys and age > STALE_S:
            # INVARIANT: this owner alone is cut off, and what its keys verified before, too.
            held.keys = {}
            self.generation += 1
            _log.error("key_set_given_up", owner=source.owner)
        if held.keys:
            _age.labels(source.owner).set(age)
        if held.fetching is None and self._clock() >= held.due_at:
            self._fetch(source, held)

    def _is_fetch_awaited(self, held: _KeySet) -> bool:
        """Tell whether a request has to wait for the fetch that is under way.

        Where the last one failed, it would wait in vain: what is held must do.
        """
        is_fresh = self._clock() - held.read_at < FRESH_S
        return not is_fresh and not (held.keys and held.is_failing)

    def _fetch(self, source: KeySource, held: _KeySet) -> None:
        held.due_at = self._clock() + RETRY_S
        # One task for all who wait: whoever of them goes away does not end it for the others.
        held.fetching = asyncio.create_task(self._fetched(source, held), name="jwks-fetch")

    async def _fetched(self, source: KeySource, held: _KeySet) -> None:
        try:
            keys = await fetch_keys(self._outbound, source.jwks_uri)
        except (HubError, ValueError) as error:
            self._keep_old(source, held, error)
        else:
            self._replace(source, held, keys)
        finally:
            held.fetching = None

    def _replace(
        self, source: KeySource, held: _KeySet, keys: Mapping[str, VerificationKey]
    ) -> None:
        now = self._clock()
        if any(not _is_same(key, keys.get(kid)) for kid, key in held.keys.items()):
            self.generation += 1
        if held.keys.keys() != keys.keys():
            _log.info("key_set_read", owner=source.owner, kids=sorted(keys))
        held.keys, held.read_at, held.due_at, held.is_failing = keys, now, now + REFRESH_S, False
        _fetches.labels(source.owner, "read").inc()
        _age.labels(source.owner).set(0)

    def _keep_old(self, source: KeySource, held: _KeySet, error: Exception) -> None:
        held.is_failing = True
        _fetches.labels(source.owner, "failed").inc()
        _log.warning(
            "key_set_not_read",
            owner=source.owner,
            is_held=bool(held.keys),
            error=str(error),
            detail=getattr(error, "detail", None),
        )

    async def _look_for(self, source: KeySource, held: _KeySet, kid: str) -> None:
        """Fetch a set that is held anew, or wait for who does, for the sake of a `kid` it lacks."""
        now = self._clock()
        looked_at = self._unknown.get((source, kid), _NEVER)
        may_fetch = now >= max(held.asked_at + UNKNOWN_KID_S, looked_at + FRESH_S)
        if held.keys and may_fetch and held.fetching is None:
            held.asked_at = now
            self._fetch(source, held)
        if held.fetching:
            await _done(held)
            if kid not in held.keys:
                self._remember_unknown(source, kid)

    def _remember_unknown(self, source: KeySource, kid: str) -> None:
        self._unknown[source, kid] = self._clock()
        self._unknown.move_to_end((source, kid))
        if len(self._unknown) > MAX_UNKNOWN_KIDS:
            self._unknown.popitem(last=False)

    def _drop(self, source: KeySource) -> None:
        held = self._sets.pop(source)
        if held.fetching:
            held.fetching.cancel()
        if held.keys:
            self.generation += 1


async def _done(held: _KeySet) -> None:
    if held.fetching:
        await asyncio.wait({held.fetching})


def _is_same(key: VerificationKey, other: VerificationKey | None) -> bool:
    return (
        other is not None
        and key.algorithms == other.algorithms
        and key.thumbprint == other.thumbprint
    )
