"""No reader of the feed skips what is committed late: numbers are drawn in the publishing turn."""

import asyncio
import random

import pytest
from psycopg import AsyncConnection
from psycopg.errors import RaiseException

from federation.records.registry import RECORD_TYPES
from hub.gateway.changes.feed import Asked, ChangeFeed
from hub.gateway.changes.places import Seal
from hub.identity.types import Purpose
from hub.policy.engine import PolicyEngine, load_policies
from hub.sync.entities.linking import link_entities
from tests.hub.curation.world import LEFT_OPEN, open_hub, row
from tests.hub.gateway.notices import Notices, reader
from tests.hub.gateway.serving import OPEN, caller_of, new_database, write_policies
from tests.hub.sync import companies

CALLER = caller_of("us-fda", Purpose.SHORTAGE_RESPONSE)

HOLDS_THE_TURN = """
CREATE FUNCTION holds_the_turn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 7214001
                   AND pid = pg_backend_pid() AND granted) THEN
        RAISE 'written outside the publishing turn';
    END IF;
    RETURN NULL;
END $$"""


@pytest.fixture
async def url(database_url):
    async with new_database(database_url) as found:
        yield found


@pytest.fixture
def decisions(tmp_path):
    return PolicyEngine(load_policies(write_policies(tmp_path / "open", OPEN, {}))).decide(CALLER)


async def follow(url, decisions, is_done):
    """Read the feed again and again until all is written, and once more."""
    feed, since, found = ChangeFeed(Seal("a secret")), None, []
    async with reader(url) as connection:
        while True:
            was_done = is_done()
            page = await feed.page(
                connection, CALLER, decisions, Asked.of(None, None), since=since, first=3
            )
            found += [change.key for change in page.nodes]
            since = page.end_cursor
            if was_done and not page.has_next_page:
                return found
            await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(3))
async def test_readers_beside_long_transactions_miss_nothing(url, decisions, seed):
    chance = random.Random(seed)
    notices = Notices(url)
    written = []

    async def write(name):
        for number in range(6):
            keys = [f"KR.SupplyNotice.{name}-{number}-{part}" for part in range(3)]
            async with notices.turn() as connection:
                for key in keys:
                    await notices.publish(connection, key)
                    await asyncio.sleep(chance.random() / 100)
                if chance.random() < 0.3:
                    await connection.rollback()
                else:
                    written.extend(keys)

    writing = [asyncio.create_task(write(name)) for name in "abc"]
    readers = [
        asyncio.create_task(follow(url, decisions, lambda: all(task.done() for task in writing)))
        for _ in range(2)
    ]
    await asyncio.gather(*writing)
    for found in await asyncio.gather(*readers):
        assert found == written


async def test_nobody_draws_a_number_before_the_turn_is_theirs(url, decisions):
    notices = Notices(url)
    async with notices.turn() as first:
        await notices.publish(first, "KR.SupplyNotice.first")
        second = asyncio.create_task(notices.add("KR.SupplyNotice.second"))
        assert await follow(url, decisions, lambda: True) == []
        assert not second.done()
        await first.commit()
        await second
    found = await follow(url, decisions, lambda: True)
    assert found == ["KR.SupplyNotice.first", "KR.SupplyNotice.second"]


@pytest.fixture
async def guarded_url(url):
    """A database in which any write of a record outside the turn fails."""
    async with await AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute(HOLDS_THE_TURN)
        for record_type in RECORD_TYPES.values():
            await connection.execute(
                f"CREATE TRIGGER holds_the_turn BEFORE INSERT OR UPDATE OR DELETE "
                f"ON {record_type.table} FOR EACH STATEMENT EXECUTE FUNCTION holds_the_turn()"
            )
    return url


async def test_a_write_outside_the_turn_is_noticed(guarded_url):
    async with await AsyncConnection.connect(guarded_url) as connection:
        with pytest.raises(RaiseException, match="outside the publishing turn"):
            await connection.execute("UPDATE product SET listing = 'LISTED'")


async def test_pulls_decisions_and_links_write_in_their_turn(guarded_url, tmp_path):
    async with open_hub(guarded_url, tmp_path) as hub:
        await hub.publish(row("1", LEFT_OPEN), row("2", LEFT_OPEN))
        await hub.decide(LEFT_OPEN, "amoxicillin")
        await hub.publish(row("1", LEFT_OPEN), row("3", LEFT_OPEN))
        async with hub.pool.connection() as connection:
            await companies.publish(
                connection,
                companies.company("1", "Glenmark Ltd", "IN"),
                companies.company("2", "Glenmark Limited", "IN"),
            )
        async with hub.pool.connection() as connection:
            assert (await link_entities(connection)).moved > 0
        changed = await hub.query("SELECT count(*) FROM ingredient WHERE superseded_at IS NOT NULL")
        assert changed[0][0] > 0
