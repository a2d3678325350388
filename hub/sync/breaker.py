"""Circuit breakers of feeds and of the hosts they are pulled from, read from the log of pulls.

A breaker keeps no state of its own: how many pulls in a row failed, and when the last of them did,
stands in the log that all workers share, and can't be at odds with it. From it follows whether it
is closed, open until an instant, or half open: one pull may try. `scheduling/runs.py` obeys them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import class_row

from federation.feed import Feed
from hub.sync.types import Outcome

FEED_FAILURES = 5
"""So many pulls of a feed that fail in a row open its breaker."""

HOST_FAILURES = 10
"""So many pulls in a row that find no host behind them, of whichever feeds, open the host's."""

FIRST_PAUSE = timedelta(minutes=15)
LONGEST_PAUSE = timedelta(days=1)
"""An open breaker lets one pull try after the first pause, and after twice as long each time that
fails, up to the longest."""

HOST_DOWN = frozenset(
    {"SOURCE_BROKE_OFF", "SOURCE_BUSY", "SOURCE_DOWN", "SOURCE_TIMEOUT", "SOURCE_UNREACHABLE"}
)
"""Codes of pulls that failed because of the host, not of the list."""

SAYS_NOTHING = frozenset({"CUT_OFF", "OVERTAKEN", "SOURCE_QUOTA", "UNAVAILABLE"})
"""Codes of pulls that failed for what tells nothing of the source."""


class BreakerState(StrEnum):
    """Whether a breaker lets pulls through."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"  # the pause is over: one pull may try


@dataclass(frozen=True, slots=True)
class Breaker:
    """How many pulls failed in a row, the last of them when and why; `most` of them open it."""

    name: str
    most: int
    failures: int = 0
    failed_at: datetime | None = None
    reason: str | None = None

    @property
    def open_until(self) -> datetime | None:
        """When the pause is over; None while it is closed."""
        if self.failed_at is None or self.failures < self.most:
            return None
        doublings = min(self.failures - self.most, 20)
        return self.failed_at + min(FIRST_PAUSE * (1 << doublings), LONGEST_PAUSE)

    def state_at(self, now: datetime) -> BreakerState:
        """Say whether it lets pulls through."""
        until = self.open_until
        if until is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < until else BreakerState.HALF_OPEN


def asked_host(feed: Feed, base_urls: Mapping[str, str]) -> str | None:
    """Name the host that a feed is pulled from; None where it asks none."""
    return urlsplit(base_urls.get(feed.id, feed.source.base_url)).hostname


async def feed_breakers(connection: AsyncConnection, feeds: Sequence[str]) -> dict[str, Breaker]:
    """Read the breakers of feeds by id, closed ones too."""
    answered = "g.feed = each.name AND g.outcome NOT IN ('RUNNING', 'FAILED')"
    failed = "p.feed = each.name AND p.reason_code <> ALL(%(nothing)s)"
    return await _read(connection, feeds, answered, failed, FEED_FAILURES)


async def host_breakers(connection: AsyncConnection, hosts: Sequence[str]) -> dict[str, Breaker]:
    """Read the breakers of hosts by name, closed ones too.

    A list that is wrong comes from a host that answers.
    """
    answered = (
        "g.host = each.name AND g.outcome <> 'RUNNING' AND "
        "(g.reason_code IS NULL OR g.reason_code <> ALL(%(down)s || %(nothing)s))"
    )
    failed = "p.host = each.name AND p.reason_code = ANY(%(down)s)"
    return await _read(connection, hosts, answered, failed, HOST_FAILURES)


async def _read(
    connection: AsyncConnection, names: Sequence[str], answered: str, failed: str, most: int
) -> dict[str, Breaker]:
    async with AsyncCursor(connection, row_factory=class_row(Breaker)) as cursor:
        await cursor.execute(
            _BREAKERS.format(answered=answered, failed=failed),
            {
                "names": list(dict.fromkeys(names)),
                "most": most,
                "failed": Outcome.FAILED,
                "down": sorted(HOST_DOWN),
                "nothing": sorted(SAYS_NOTHING),
            },
        )
        return {breaker.name: breaker for breaker in await cursor.fetchall()}


_BREAKERS = """
SELECT each.name, %(most)s AS most, count(p.id)::int AS failures, max(p.finished_at) AS failed_at,
       (array_agg(p.reason ORDER BY p.id DESC))[1] AS reason
FROM unnest(%(names)s::text[]) AS each(name)
LEFT JOIN pull p ON {failed} AND p.outcome = %(failed)s AND p.of_pull_id IS NULL
    AND p.id > coalesce(
        (SELECT max(g.id) FROM pull g WHERE {answered} AND g.of_pull_id IS NULL), 0)
GROUP BY each.name
"""
