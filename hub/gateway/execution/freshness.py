"""What answers say of stale data: `extensions.freshness`, absent where nothing they rest on is.

It is told by the record types that a question reads and the origins whose records its caller may
be shown, whatever rows there are, so it gives none away. Each gateway keeps what is stale in
memory: see `Staleness.follow`. When data are stale is `hub/sync/freshness.py`' matter.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta

import orjson
import psycopg
import structlog

from federation.records.declaration import Group
from hub.gateway.changes.wakeups import Wakeups
from hub.gateway.execution.roots import RootPlans
from hub.gateway.planning.decisions import Decisions
from hub.gateway.planning.plan import Plan
from hub.gateway.recent import Recent
from hub.gateway.stats.counted import CountedDecisions
from hub.gateway.stats.plan import StatsPlan
from hub.gateway.subgraph.entities import EntitiesPlan
from hub.store.database import Pool
from hub.sync.freshness import Freshness, Sight, all_freshness, look

TICK_SECONDS = 15.0
"""How often to look where nothing was heard."""

LEAST_SECONDS = 1.0
"""How long to leave the database alone, however often the bell rings."""

PATIENCE_SECONDS = 5.0
"""How long to wait for the database before what was seen last is gone by."""

MAX_TOLD = 1_000
"""Most combinations of types and callers' classes whose text is kept."""

_log = structlog.get_logger()


class Staleness:
    """What is stale now. Not for threads: one event loop owns it."""

    def __init__(
        self, stale: Iterable[Freshness] = (), clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Take what is stale already; `clock` gives seconds that only go forward."""
        self._clock = clock
        self._stale: tuple[Freshness, ...] = ()
        self._told = Recent[Hashable, bytes](MAX_TOLD)
        self._sight: Sight | None = None
        self._seen_at = 0.0
        self.replace(stale)

    def replace(self, found: Iterable[Freshness]) -> None:
        """Take how fresh the feeds are now. One that never had good data serves none."""
        stale = tuple(
            sorted(
                (each for each in found if each.stale_since and each.last_seen_at),
                key=lambda each: each.feed.id,
            )
        )
        if stale != self._stale:
            self._stale = stale
            self._told = Recent[Hashable, bytes](MAX_TOLD)

    def told(self, types: Collection[str], decisions: Decisions) -> bytes:
        """Write what is stale of what an answer rests on; empty where nothing is.

        Args:
            types: names of the record types it reads.
            decisions: its caller's.
        """
        if not self._stale or not types:
            return b""
        key = frozenset(types), decisions.digest, decisions.class_key
        told = self._told.find(key)
        if told is None:
            entries = self.entries(types, decisions)
            told = orjson.dumps(entries) if entries else b""
            self._told.keep(key, told)
        return told

    def entries(self, types: Collection[str], decisions: Decisions) -> list[dict[str, object]]:
        """List the stale feeds among those that an answer rests on, by feed id."""
        found = ((each, _rests_on(each, types, decisions)) for each in self._stale)
        return [_entry(each, touched) for each, touched in found if touched]

    async def follow(self, pool: Pool, wakeups: Wakeups) -> None:
        """Keep up with the database until cancelled; looks whenever the bell rings."""
        while True:
            bell = wakeups.bell
            await self.look(pool)
            await asyncio.sleep(LEAST_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await bell.wait()

    async def look(self, pool: Pool) -> None:
        """See how fresh the feeds are; without the database, by what was seen of them last.

        Instants are the database's: of this machine's clock only what went by is used.
        """
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), pool.connection() as connection:
                self._sight, self._seen_at = await look(connection), self._clock()
        except (psycopg.Error, TimeoutError) as error:
            _log.warning("freshness not read", detail=str(error))
        if self._sight:
            gone_by = timedelta(seconds=self._clock() - self._seen_at)
            self.replace(all_freshness(self._sight, self._sight.at + gone_by).values())


def types_of(plans: RootPlans) -> frozenset[str]:
    """Name the record types that plans read."""
    return frozenset().union(*map(_types, plans.values()))


def _types(plan: object) -> Collection[str]:
    match plan:
        case Plan():
            return plan.types
        case StatsPlan():
            return (plan.record_type,)
        case EntitiesPlan():
            return types_of(plan.plans)
        case _:
            return ()


def _rests_on(stale: Freshness, types: Collection[str], decisions: Decisions) -> list[str]:
    """Name the record types of a feed that are read, and may be of its member's records."""
    counted = CountedDecisions(decisions)
    brought = {mapping.record_type.name for mapping in stale.feed.mappings}
    return [
        name
        for name in sorted(brought.intersection(types))
        if (origins := counted.predicate(name, Group.PUBLIC).origins) is None
        or stale.feed.member in origins
    ]


def _entry(stale: Freshness, types: Sequence[str]) -> dict[str, object]:
    return {
        "origin": stale.feed.member.value,
        "recordTypes": types,
        "feed": stale.feed.id,
        "staleSince": _instant(stale.stale_since),
        "lastSeenAt": _instant(stale.last_seen_at),
        "statedAt": _instant(stale.stated_at),
    }


def _instant(at: datetime | None) -> str | None:
    """Write an instant as records' own are written."""
    if at is None:
        return None
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@asynccontextmanager
async def open_staleness(pool: Pool, wakeups: Wakeups) -> AsyncIterator[Staleness]:
    """Keep up with what is stale for the life of the process."""
    staleness = Staleness()
    await staleness.look(pool)
    following = asyncio.create_task(staleness.follow(pool, wakeups), name="freshness")
    try:
        yield staleness
    finally:
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
