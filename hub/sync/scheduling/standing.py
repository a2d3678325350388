"""Where each feed's schedule stands: when it runs next, what waits, and what its breakers say.

It is only read here: `runs.py` makes and ends runs, `changes.py` is what people do to schedules,
and `hub/sync/breaker.py` has the breakers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import class_row

from federation.members.registry import FEEDS
from hub.sync.breaker import Breaker, BreakerState, feed_breakers, host_breakers


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run that has not ended: since when, how many of its pulls ended, and from when it tries."""

    feed: str
    slot: datetime | None
    made_at: datetime
    attempts: int
    next_try_at: datetime
    is_pulling: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a feed's schedule stands. `next_run_at` is None before any worker planned it.

    `is_own_line` tells that the member changed the line. `host` is whom its last pull asked.
    """

    feed: str
    cron: str
    time_zone: str
    is_own_line: bool
    next_run_at: datetime | None
    paused_at: datetime | None
    paused_by: str | None
    pause_reason: str | None
    waiting: Waiting | None
    breaker: Breaker
    host: Breaker | None
    now: datetime

    @property
    def held_back(self) -> Breaker | None:
        """The breaker that keeps it from being pulled now, the host's before its own."""
        for breaker in (self.host, self.breaker):
            if breaker and breaker.state_at(self.now) is BreakerState.OPEN:
                return breaker
        return None


@dataclass(frozen=True, slots=True)
class _Row:
    feed: str
    cron: str | None
    next_run_at: datetime | None
    paused_at: datetime | None
    paused_by: str | None
    pause_reason: str | None
    host: str | None
    now: datetime


async def standings(
    connection: AsyncConnection, feeds: Sequence[str] = tuple(FEEDS)
) -> dict[str, Standing]:
    """Say where the schedules of feeds stand, by feed id."""
    async with AsyncCursor(connection, row_factory=class_row(_Row)) as cursor:
        await cursor.execute(_ROWS, [list(feeds)])
        rows = await cursor.fetchall()
    async with AsyncCursor(connection, row_factory=class_row(Waiting)) as cursor:
        await cursor.execute(_WAITING, [list(feeds)])
        waiting = {each.feed: each for each in await cursor.fetchall()}
    own = await feed_breakers(connection, feeds)
    hosts = await host_breakers(connection, [row.host for row in rows if row.host])
    return {
        row.feed: Standing(
            feed=row.feed,
            cron=row.cron or FEEDS[row.feed].cron,
            time_zone=FEEDS[row.feed].time_zone,
            is_own_line=row.cron is not None,
            next_run_at=row.next_run_at,
            paused_at=row.paused_at,
            paused_by=row.paused_by,
            pause_reason=row.pause_reason,
            waiting=waiting.get(row.feed),
            breaker=own[row.feed],
            host=hosts[row.host] if row.host else None,
            now=row.now,
        )
        for row in rows
    }


_ROWS = """
SELECT known.feed, s.cron, s.paused_at, s.paused_by, s.pause_reason, clock_timestamp() AS now,
       CASE WHEN s.paused_at IS NULL THEN s.next_run_at END AS next_run_at,
       (SELECT p.host FROM pull p WHERE p.feed = known.feed AND p.host IS NOT NULL
        ORDER BY p.id DESC LIMIT 1) AS host
FROM unnest(%s::text[]) AS known(feed) LEFT JOIN feed_schedule s ON s.feed = known.feed
"""

# Of several, the last one made: the others are about to end.
_WAITING = """
SELECT DISTINCT ON (r.feed) r.feed, r.slot, r.made_at, r.next_try_at,
       (SELECT count(*) FROM pull p WHERE p.run_id = r.id AND p.finished_at IS NOT NULL)::int
           AS attempts,
       EXISTS (SELECT FROM pull p WHERE p.run_id = r.id AND p.finished_at IS NULL) AS is_pulling
FROM feed_run r WHERE r.ended_at IS NULL AND r.feed = ANY(%s) ORDER BY r.feed, r.id DESC
"""
