"""How fresh each feed's data are, and since when they are stale.

A feed states how old its data may become (`Feed.cadence`). What counts is when the hub last saw
that they are the source's newest, not when the source changed its list. Whether a feed is held,
paused or failing does not matter: its data grow old all the same. Start at `freshness`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection

from federation.feed import Feed
from federation.members.registry import FEEDS

CHANNEL = "freshness_changed"
"""What is notified when a feed turned stale or fresh."""


@dataclass(frozen=True, slots=True)
class Seen:
    """When a feed's source was looked at.

    `last_seen_at` is when the data being served were last its newest; None where none are served.
    `aging_from` is that, or the first try where there was no good one yet. `stated_at` is the
    source's own date of the data, where it states one.
    """

    last_seen_at: datetime | None
    aging_from: datetime
    stated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen of all feeds that were ever pulled, and when that was asked."""

    at: datetime
    feeds: Mapping[str, Seen]


@dataclass(frozen=True, slots=True)
class Freshness:
    """How fresh a feed is; `stale_since` is None while it is fresh, or was never pulled."""

    feed: Feed
    last_seen_at: datetime | None = None
    stale_since: datetime | None = None
    stated_at: datetime | None = None


def freshness(feed: Feed, seen: Seen | None, now: datetime) -> Freshness:
    """Say how fresh a feed is at an instant.

    One that was tried and never once good is stale one cadence after its first try.
    """
    if seen is None:
        return Freshness(feed)
    past = seen.aging_from + feed.cadence
    return Freshness(feed, seen.last_seen_at, past if now >= past else None, seen.stated_at)


def all_freshness(
    sight: Sight, now: datetime | None = None, feeds: Iterable[Feed] = FEEDS.values()
) -> dict[str, Freshness]:
    """Say how fresh each feed is, at the instant of the sight or a later one, by feed id."""
    at = now or sight.at
    return {feed.id: freshness(feed, sight.feeds.get(feed.id), at) for feed in feeds}


async def look(connection: AsyncConnection) -> Sight:
    """See when each feed that was ever pulled was last good, by the database's clock.

    A pull of landed bytes tells of the source what the pull told that landed them.
    """
    cursor = await connection.execute(_SEEN)
    rows = await cursor.fetchall()
    return Sight(rows[0][0], {feed: Seen(*seen) for _, feed, *seen in rows if feed})


_SEEN = """
    SELECT now.at, state.feed, seen.at,
           coalesce(seen.at, (SELECT min(started_at) FROM pull WHERE pull.feed = state.feed)),
           good.stated_at
    FROM (SELECT clock_timestamp() AS at) AS now
    LEFT JOIN feed_state AS state ON true
    LEFT JOIN pull AS good ON good.id = state.good_pull_id
    LEFT JOIN pull AS landed ON landed.id = good.of_pull_id
    LEFT JOIN LATERAL (SELECT greatest(coalesce(landed.started_at, good.started_at), (
        SELECT started_at FROM pull
        WHERE pull.feed = state.feed AND pull.outcome = 'UNCHANGED' AND pull.id > good.id
        ORDER BY pull.id DESC LIMIT 1
    )) AS at) AS seen ON true
"""
