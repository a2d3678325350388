"""When a feed's data are stale, and what the log of pulls says of when they were last seen."""

from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from federation.members.registry import FEEDS
from hub.sync.freshness import Seen, Sight, all_freshness, freshness, look
from tests.hub.store.databases import migrated_database

FEED = FEEDS["kr.mfds_shortages"]
AT = datetime(2026, 6, 1, 5, tzinfo=UTC)
PAST = AT + FEED.cadence
TICK = timedelta(microseconds=1)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("now", "stale_since"),
    [
        (AT, None),
        (AT - timedelta(days=1), None),
        (PAST - TICK, None),
        (PAST, PAST),
        (PAST + timedelta(days=400), PAST),
    ],
)
def test_data_are_stale_once_their_cadence_is_past(now, stale_since):
    found = freshness(FEED, Seen(AT, AT), now)
    assert found.stale_since == stale_since
    assert found.last_seen_at == AT


def test_feed_that_was_never_tried_is_not_stale():
    found = freshness(FEED, None, PAST)
    assert (found.stale_since, found.last_seen_at) == (None, None)


def test_feed_that_never_was_good_is_stale_by_its_first_try():
    found = freshness(FEED, Seen(None, AT), PAST)
    assert (found.stale_since, found.last_seen_at) == (PAST, None)


def test_feeds_without_a_sight_are_all_told_of():
    assert all_freshness(Sight(PAST, {})).keys() == FEEDS.keys()


@pytest.fixture
async def connection(database_url):
    async with (
        migrated_database(database_url) as url,
        await psycopg.AsyncConnection.connect(url, autocommit=True) as opened,
    ):
        yield opened


async def pulled(connection, hours, outcome="PUBLISHED", of_pull=None):
    """Log a pull that began so many hours after the first."""
    cursor = await connection.execute(
        "INSERT INTO pull (feed, started_at, outcome, documents, of_pull_id, stated_at) "
        "VALUES (%s, %s, %s, '{}', %s, '2026-05-31Z') RETURNING id",
        [FEED.id, AT + hours * HOUR, outcome, of_pull],
    )
    [(pull,)] = await cursor.fetchall()
    await connection.execute(
        "INSERT INTO feed_state (feed, good_pull_id, last_pull_id) VALUES (%s, %s, %s) "
        "ON CONFLICT (feed) DO UPDATE SET last_pull_id = EXCLUDED.last_pull_id, "
        "good_pull_id = coalesce(EXCLUDED.good_pull_id, feed_state.good_pull_id)",
        [FEED.id, pull if outcome == "PUBLISHED" else None, pull],
    )
    return pull


async def seen(connection):
    return (await look(connection)).feeds.get(FEED.id)


async def test_log_without_pulls_tells_the_databases_clock_alone(connection):
    sight = await look(connection)
    assert not sight.feeds
    assert abs(datetime.now(UTC) - sight.at) < timedelta(minutes=5)


async def test_last_seen_is_the_last_pull_that_published_or_found_nothing_newer(connection):
    await pulled(connection, 0)
    assert await seen(connection) == Seen(AT, AT, datetime(2026, 5, 31, tzinfo=UTC))
    for hours, outcome in ((1, "UNCHANGED"), (2, "UNCHANGED"), (3, "HELD"), (4, "FAILED")):
        await pulled(connection, hours, outcome)
    assert (await seen(connection)).last_seen_at == AT + 2 * HOUR


async def test_replay_of_landed_bytes_makes_no_data_fresher(connection):
    first = await pulled(connection, 0)
    await pulled(connection, 9, of_pull=first)
    assert (await seen(connection)).last_seen_at == AT


async def test_released_pull_is_as_fresh_as_when_it_was_held(connection):
    await pulled(connection, 0)
    held = await pulled(connection, 5, "HELD")
    await pulled(connection, 20, of_pull=held)
    assert (await seen(connection)).last_seen_at == AT + 5 * HOUR


async def test_older_bytes_that_are_published_again_are_as_old_as_they_are(connection):
    first = await pulled(connection, 0)
    await pulled(connection, 10)
    await pulled(connection, 11, "UNCHANGED")
    await pulled(connection, 12, of_pull=first)
    assert (await seen(connection)).last_seen_at == AT
    await pulled(connection, 13, "UNCHANGED")
    assert (await seen(connection)).last_seen_at == AT + 13 * HOUR


async def test_feed_that_only_failed_ages_from_its_first_try(connection):
    for hours in (0, 1):
        await pulled(connection, hours, "FAILED")
    found = await seen(connection)
    assert (found.last_seen_at, found.aging_from) == (None, AT)
