"""The store of spent proofs, over a real PostgreSQL."""

import asyncio
import json
import time
from contextlib import suppress
from hashlib import sha256

import psycopg
import pytest

from hub.errors import Unavailable
from hub.identity.proofs import replay
from hub.identity.proofs.replay import CLOCK_MARGIN_S, open_spent_proofs
from hub.store.database import writing_pool
from tests.hub.store.databases import migrated_database

SOON = time.time() + 86_400


@pytest.fixture
async def url(database_url):
    """The URL of a migrated database of the test's own."""
    async with migrated_database(database_url) as own:
        yield own


@pytest.fixture
async def spent(url):
    async with open_spent_proofs(url) as opened:
        yield opened


@pytest.fixture
async def observer(url):
    """A connection that commits by itself."""
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        yield connection


async def rows(observer):
    found = await observer.execute("SELECT extract(epoch FROM expires_at) FROM spent_proof")
    return sorted(float(until) for (until,) in await found.fetchall())


async def test_the_first_spend_is_the_only_one(spent):
    assert [await spent.spend("dpop", "key", "id", SOON) for _ in range(3)] == [True, False, False]


async def test_kind_issuer_and_id_each_make_another_thing(spent):
    things = [
        ("dpop", "key", "id"),
        ("assertion", "key", "id"),
        ("dpop", "other", "id"),
        ("dpop", "key", "other"),
        ("dpop", "keyid", ""),
        ("dpop", "", "keyid"),
    ]
    assert all([await spent.spend(*thing, SOON) for thing in things])
    assert not any([await spent.spend(*thing, SOON) for thing in things])


async def test_a_spend_is_on_disk_when_it_is_told(spent, observer):
    assert await spent.spend("dpop", "key", "id", SOON)
    assert await rows(observer) == [pytest.approx(SOON + CLOCK_MARGIN_S, abs=0.001)]


async def test_the_table_outlives_a_crash(observer):
    found = await observer.execute(
        "SELECT relpersistence FROM pg_class WHERE oid = 'spent_proof'::regclass"
    )
    assert await found.fetchone() == ("p",)


async def test_spends_of_one_moment_share_a_statement(spent, observer):
    first = asyncio.create_task(spent.spend("dpop", "key", "first", SOON))
    await asyncio.sleep(0)
    others = [spent.spend("dpop", "key", str(number), SOON) for number in range(50)]
    assert all(await asyncio.gather(first, *others))
    found = await observer.execute("SELECT count(DISTINCT xmin::text) FROM spent_proof")
    assert await found.fetchone() == (2,)


async def test_of_two_alike_in_one_statement_one_is_the_first(spent):
    first = asyncio.create_task(spent.spend("dpop", "key", "first", SOON))
    await asyncio.sleep(0)
    alike = await asyncio.gather(*[spent.spend("dpop", "key", "id", SOON) for _ in range(10)])
    assert await first
    assert sorted(alike) == [False] * 9 + [True]


async def test_a_connection_that_broke_is_opened_anew(spent, observer):
    assert await spent.spend("dpop", "key", "id", SOON)
    await observer.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'hub-proofs' AND datname = current_database()"
    )
    with suppress(Unavailable):  # unless the loss was seen before, by who prunes
        await spent.spend("dpop", "key", "another", SOON)
    assert not await spent.spend("dpop", "key", "id", SOON)


async def test_a_store_that_was_never_used_closes(url):
    async with open_spent_proofs(url):
        pass


async def test_a_spend_under_way_ends_before_the_store_closes(url):
    async with open_spent_proofs(url) as spent:
        spending = asyncio.create_task(spent.spend("dpop", "key", "id", SOON))
        await asyncio.sleep(0)
    assert await spending


async def test_expired_rows_go_and_others_stay(url, observer, monkeypatch):
    monkeypatch.setattr(replay, "PRUNED_AFTER", 3)
    past = time.time() - 2 * CLOCK_MARGIN_S
    async with open_spent_proofs(url) as spent:
        for number in range(5):
            assert await spent.spend("dpop", "key", f"past {number}", past)
        assert await spent.spend("dpop", "key", "id", SOON)
        for number in range(3):
            assert await spent.spend("dpop", "key", f"more {number}", SOON)
    assert len(await rows(observer)) == 4


async def test_a_database_that_is_away_refuses(url, observer, monkeypatch):
    monkeypatch.setattr(replay, "PATIENCE_SECONDS", 0.2)
    async with open_spent_proofs(url) as spent:
        assert await spent.spend("dpop", "key", "id", SOON)
        await observer.execute("ALTER TABLE spent_proof RENAME TO gone")
        with pytest.raises(Unavailable) as caught:
            await spent.spend("dpop", "key", "another", SOON)
        assert caught.value.status == 503
        await observer.execute("ALTER TABLE gone RENAME TO spent_proof")
        assert not await spent.spend("dpop", "key", "id", SOON)
        assert await spent.spend("dpop", "key", "another", SOON)


async def test_a_closed_store_refuses(url):
    async with open_spent_proofs(url) as spent:
        pass
    with pytest.raises(Unavailable):
        await spent.spend("dpop", "key", "id", SOON)


async def test_a_database_that_does_not_answer_in_time_refuses(url, spent, monkeypatch):
    monkeypatch.setattr(replay, "PATIENCE_SECONDS", 0.2)
    async with await psycopg.AsyncConnection.connect(url) as holder:
        await holder.execute("LOCK TABLE spent_proof IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(Unavailable) as caught:
            await spent.spend("dpop", "key", "id", SOON)
        assert caught.value.detail == "the database did not answer in time"
    # What nobody waited for any more may have been spent, and is never taken twice.
    taken = [await spent.spend("dpop", "key", "id", SOON) for _ in range(2)]
    assert taken[1] is False


async def test_a_database_that_does_not_answer_refuses_all_who_wait(url, spent, monkeypatch):
    monkeypatch.setattr(replay, "PATIENCE_SECONDS", 0.2)
    async with await psycopg.AsyncConnection.connect(url) as holder:
        await holder.execute("LOCK TABLE spent_proof IN ACCESS EXCLUSIVE MODE")
        spends = [spent.spend("dpop", "key", str(number), SOON) for number in range(4)]
        done = await asyncio.gather(*spends, return_exceptions=True)
    assert [type(each) for each in done] == [Unavailable] * 4


async def test_a_gateway_that_froze_in_a_spend_holds_up_no_other(url, spent):
    async with writing_pool(url) as pool, pool.connection() as frozen:
        digest = sha256(json.dumps(["dpop", "key", "id"]).encode()).digest()
        await frozen.execute("INSERT INTO spent_proof VALUES (%s, now())", [digest])
        with pytest.raises(Unavailable) as caught:
            await spent.spend("dpop", "key", "id", SOON)
        assert "lock timeout" in caught.value.detail
        assert await spent.spend("dpop", "key", "another", SOON)


async def test_too_many_waiting_are_refused(spent, monkeypatch):
    monkeypatch.setattr(replay, "MAX_WAITING", 2)
    tasks = [asyncio.create_task(spent.spend("dpop", "key", str(n), SOON)) for n in range(4)]
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in done] == [bool, bool, bool, Unavailable]


async def test_rows_that_cannot_be_pruned_cost_nobody_the_answer(spent, monkeypatch):
    monkeypatch.setattr(replay, "_PRUNE", b"SELECT FROM no_such_table LIMIT $1")
    assert await spent.spend("dpop", "key", "id", SOON)
    assert await spent.spend("dpop", "key", "another", SOON)


async def test_gateways_that_spend_the_same_things_do_not_wait_for_each_other_for_ever(url):
    async with open_spent_proofs(url) as one, open_spent_proofs(url) as two:
        ids = [str(number) for number in range(200)]
        spends = [one.spend("dpop", "key", each, SOON) for each in ids]
        spends += [two.spend("dpop", "key", each, SOON) for each in reversed(ids)]
        assert sum(await asyncio.gather(*spends)) == len(ids)
