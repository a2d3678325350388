"""What there is to tell of the feeds: each change once, whoever looks and however often.

Looking compares how the feeds stand with what was told of them last. An event, what it is to be
delivered to and that it was told are committed together.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import uuid4

from psycopg import AsyncConnection
from psycopg.rows import class_row

from federation.feed import Feed
from federation.members.registry import FEEDS
from hub.sync.breaker import Breaker, feed_breakers
from hub.sync.freshness import CHANNEL, Freshness, all_freshness, look
from hub.webhooks.models import EventType

_LOCK = 7_214_008
"""Advisory lock of whoever tells; any fixed number of the hub's own."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was told of a feed last."""

    feed: str
    is_stale: bool = False
    is_failing: bool = False
    held_pull_id: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """How a feed stands: its data's age, its breaker, and the held pull that waits for people."""

    freshness: Freshness
    breaker: Breaker | None = None
    held: tuple[int, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Event:
    """Something that became of a feed, and since when."""

    type: EventType
    feed: Feed
    since: datetime


def changes(standing: Standing, told: Told) -> tuple[list[Event], Told]:
    """Say what became of a feed since it was told of, and what is told of it then."""
    fresh, breaker, held = standing.freshness, standing.breaker, standing.held
    opened = breaker.failed_at if breaker and breaker.open_until else None
    now = replace(
        told,
        is_stale=fresh.stale_since is not None,
        is_failing=opened is not None,
        held_pull_id=max(told.held_pull_id, held[0] if held else 0),
    )

    def found() -> Iterator[Event]:
        if opened and not told.is_failing:
            yield Event(EventType.FAILED, fresh.feed, opened)
        if held and held[0] > told.held_pull_id:
            yield Event(EventType.HELD, fresh.feed, held[1])
        if fresh.stale_since and not told.is_stale:
            yield Event(EventType.STALE, fresh.feed, fresh.stale_since)
        if fresh.last_seen_at and told.is_stale and not now.is_stale:
            yield Event(EventType.FRESH, fresh.feed, fresh.last_seen_at)

    return list(found()), now


async def tell(connection: AsyncConnection, now: datetime | None = None) -> Sequence[Event]:
    """Keep what became of the feeds, to be delivered; nothing while another worker does so.

    Args:
        connection: a transaction of its own.
        now: the instant to tell of; the database's own where none is given.
    """
    cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
    if not all(await cursor.fetchone() or ()):
        return []
    at, standings = await _standings(connection, now)
    known = await _told(connection)
    made: list[Event] = []
    for name, standing in standings.items():
        before = known.get(name, Told(name))
        events, after = changes(standing, before)
        made += events
        if after != before:
            await connection.execute(_TELL, [name, *_values(after)])
    for event in made:
        await _keep(connection, event, at)
    if any(event.type in {EventType.STALE, EventType.FRESH} for event in made):
        await connection.execute("SELECT pg_notify(%s, '')", [CHANNEL])
    return made


async def _standings(
    connection: AsyncConnection, now: datetime | None
) -> tuple[datetime, Mapping[str, Standing]]:
    sight = await look(connection)
    at = now or sight.at
    breakers = await feed_breakers(connection, list(FEEDS))
    cursor = await connection.execute(
        "SELECT feed, pull_id, since FROM held_pull WHERE state = 'OPEN'"
    )
    held = {feed: (pull_id, since) for feed, pull_id, since in await cursor.fetchall()}
    return at, {
        name: Standing(fresh, breakers.get(name), held.get(name))
        for name, fresh in all_freshness(sight, at).items()
    }


async def _told(connection: AsyncConnection) -> dict[str, Told]:
    async with connection.cursor(row_factory=class_row(Told)) as cursor:
        await cursor.execute("SELECT feed, is_stale, is_failing, held_pull_id FROM feed_told")
        return {told.feed: told for told in await cursor.fetchall()}


def _values(told: Told) -> tuple[bool, bool, int]:
    return told.is_stale, told.is_failing, told.held_pull_id


async def _keep(connection: AsyncConnection, event: Event, at: datetime) -> None:
    name, member = f"msg_{uuid4().hex}", event.feed.member.value
    await connection.execute(
        "INSERT INTO feed_event (id, type, feed, member, since, made_at) "
        "VALUES (%s, %s, %s, %s, %s, %s)",
        [name, event.type, event.feed.id, member, event.since, at],
    )
    await connection.execute(_SEND, [name, at, member, event.type])


_TELL = """
    INSERT INTO feed_told (feed, is_stale, is_failing, held_pull_id) VALUES (%s, %s, %s, %s)
    ON CONFLICT (feed) DO UPDATE SET (is_stale, is_failing, held_pull_id) =
        (EXCLUDED.is_stale, EXCLUDED.is_failing, EXCLUDED.held_pull_id)
"""

_SEND = """
    INSERT INTO webhook_delivery (webhook_id, event_id, state, tries, next_try_at)
    SELECT id, %s, 'WAITING', 0, %s FROM webhook
    WHERE member IN (%s, 'ALLIANCE') AND %s = ANY(events)
      AND removed_at IS NULL AND disabled_at IS NULL
"""
