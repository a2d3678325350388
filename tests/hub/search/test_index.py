"""The terms keep in step with the records, however they changed and whoever does it."""

import asyncio

import psycopg
import pytest

from hub.search import index
from hub.search.index import bring_up_to_date
from hub.store.database import writing_pool
from tests.hub.gateway.notices import Notices
from tests.hub.gateway.serving import new_database


@pytest.fixture
async def own_database(database_url):
    async with new_database(database_url) as url:
        yield url


@pytest.fixture
async def pool(own_database):
    async with writing_pool(own_database) as opened:
        yield opened


@pytest.fixture
async def notices(own_database):
    return Notices(own_database)


async def titles(url):
    """The titles that records are found by, by key."""
    async with await psycopg.AsyncConnection.connect(url) as connection:
        cursor = await connection.execute(
            "SELECT key, text FROM search_term WHERE field = 'title' ORDER BY key, text"
        )
        return await cursor.fetchall()


async def ids(url):
    async with await psycopg.AsyncConnection.connect(url) as connection:
        cursor = await connection.execute("SELECT id FROM search_term ORDER BY id")
        return await cursor.fetchall()


ONE, TWO = "KR.SupplyNotice.1", "KR.SupplyNotice.2"


async def test_a_record_is_found_by_its_newest_version_alone(pool, notices):
    await notices.add(ONE, title="old")
    await bring_up_to_date(pool)
    assert await titles(notices.url) == [(ONE, "old")]
    await notices.add(ONE, title="new")
    await notices.add(TWO, title="another")
    await bring_up_to_date(pool)
    assert await titles(notices.url) == [(ONE, "new"), (TWO, "another")]


async def test_versions_that_were_superseded_meanwhile_are_passed_over(pool, notices):
    for title in ("first", "second", "third"):
        await notices.add(ONE, title=title)
    await bring_up_to_date(pool)
    assert await titles(notices.url) == [(ONE, "third")]


async def test_a_removed_record_is_forgotten_and_one_that_came_back_is_not(pool, notices):
    await notices.add(ONE, title="one")
    await notices.add(TWO, title="two")
    await bring_up_to_date(pool)
    for key in (ONE, TWO):
        async with notices.turn() as connection:
            await notices.remove(connection, key)
    await notices.add(TWO, title="two again")
    await bring_up_to_date(pool)
    assert await titles(notices.url) == [(TWO, "two again")]


async def test_a_version_with_the_same_texts_writes_nothing(pool, notices):
    await notices.add(ONE, title="one", package_codes=["0002-1433-80", "0002-1433-80", "-"])
    assert await bring_up_to_date(pool) > 0
    before = await ids(notices.url)
    await notices.add(ONE, title="one", package_codes=["0002-1433-80"], availability=None)
    assert await bring_up_to_date(pool) == 0
    assert await ids(notices.url) == before


async def test_nothing_new_costs_nothing(pool, notices):
    await notices.add(ONE, title="one")
    await bring_up_to_date(pool)
    assert await bring_up_to_date(pool) == 0


async def test_batches_join_without_a_gap(pool, notices, monkeypatch):
    monkeypatch.setattr(index, "BATCH", 3)
    keys = [f"KR.SupplyNotice.{number}" for number in range(10)]
    async with notices.turn() as connection:
        for key in keys:
            await notices.publish(connection, key, title=key)
    await bring_up_to_date(pool)
    assert await titles(notices.url) == [(key, key) for key in keys]


async def test_several_at_once_take_turns(own_database, notices, monkeypatch):
    monkeypatch.setattr(index, "BATCH", 2)
    async with notices.turn() as connection:
        for number in range(9):
            await notices.publish(connection, f"KR.SupplyNotice.{number}", title="one")
    async with writing_pool(own_database) as first, writing_pool(own_database) as second:
        done = await asyncio.gather(bring_up_to_date(first), bring_up_to_date(second))
    found = await titles(own_database)
    assert len(found) == len({key for key, _ in found}) == 9
    assert sum(done) == len(await ids(own_database))


async def test_who_is_stopped_goes_on_from_there(pool, notices, monkeypatch):
    monkeypatch.setattr(index, "BATCH", 2)
    async with notices.turn() as connection:
        for number in range(6):
            await notices.publish(connection, f"KR.SupplyNotice.{number}", title="one")
    usual, batches = index.words_of, []

    def stopping(form):
        batches.append(form)
        if len(batches) > 3:
            raise RuntimeError("stopped")
        return usual(form)

    monkeypatch.setattr(index, "words_of", stopping)
    with pytest.raises(RuntimeError):
        await bring_up_to_date(pool)
    assert 0 < len(await titles(notices.url)) < 6
    monkeypatch.setattr(index, "words_of", usual)
    await bring_up_to_date(pool)
    assert len(await titles(notices.url)) == 6


async def test_other_rules_make_all_terms_anew(pool, notices, monkeypatch):
    await notices.add(ONE, title="one")
    await bring_up_to_date(pool)
    before = await ids(notices.url)
    monkeypatch.setattr(index, "rules_digest", lambda: "other")
    await bring_up_to_date(pool)
    after = await ids(notices.url)
    assert len(after) == len(before)
    assert not {*after} & {*before}
