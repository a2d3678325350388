"""The disclosure log: no answer before its entry is durable, and many entries a transaction."""

import asyncio
from dataclasses import astuple, fields, replace

import psycopg
import pytest

import hub.disclosure.log as log_module
from hub.disclosure.log import Disclosure, DisclosureLog, open_log
from hub.errors import Unavailable
from hub.store.database import writing_pool
from tests.hub.store.databases import migrated_database

ENTRY = Disclosure(
    issuer="https://issuer.test",
    client="kr-mfds",
    subject="officer-7",
    actors=["case-system"],
    key="0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
    member="KR",
    organisation="MFDS",
    purpose="shortage-response",
    token_id="t-1",
    question_digest="q" * 64,
    policy_digest="p" * 64,
    opened_by=["kr-supply", 'with "quotes", commas'],
    masked=["supplyNotices.nodes:commercial"],
)
NAMES = [field.name for field in fields(Disclosure)]


@pytest.fixture
async def own_database(database_url):
    """The URL of a migrated database of the test's own."""
    async with migrated_database(database_url) as url:
        yield url


@pytest.fixture
async def pool(own_database):
    """A pool of two connections, so that a test can hold the log's back."""
    async with writing_pool(own_database, max_size=2) as opened:
        yield opened


async def _entries(url, columns="token_id"):
    async with await psycopg.AsyncConnection.connect(url) as connection:
        cursor = await connection.execute(f"SELECT {columns} FROM disclosure ORDER BY id")
        return await cursor.fetchall()


@pytest.fixture
async def blocked(own_database):
    """Keep every insert waiting until the block ends."""
    async with await psycopg.AsyncConnection.connect(own_database) as holder:
        await holder.execute("LOCK TABLE disclosure IN ACCESS EXCLUSIVE MODE")
        yield holder
        await holder.rollback()


async def _settle():
    """Let every task go as far as it can."""
    await asyncio.sleep(0.1)


async def test_entry_is_kept_whole_with_its_instant(own_database, pool):
    async with open_log(pool) as log:
        await log.keep(ENTRY)
    assert await _entries(own_database, ", ".join(NAMES)) == [astuple(ENTRY)]
    ((is_recent,),) = await _entries(
        own_database, "abs(extract(epoch FROM now() - answered_at)) < 60"
    )
    assert is_recent


async def test_answer_waits_until_its_entry_can_be_seen_by_others(own_database, pool, blocked):
    async with open_log(pool) as log:
        answer = asyncio.create_task(log.keep(ENTRY))
        done, _ = await asyncio.wait([answer], timeout=0.2)
        assert not done, "an answer must not go before its entry is durable"
        await blocked.rollback()
        await answer
        assert await _entries(own_database) == [("t-1",)]


async def test_entries_that_wait_together_share_transactions(own_database, pool, blocked):
    async with open_log(pool) as log:
        first = asyncio.create_task(log.keep(ENTRY))
        await _settle()
        others = [asyncio.create_task(log.keep(ENTRY)) for _ in range(200)]
        await _settle()
        await blocked.rollback()
        await asyncio.gather(first, *others)
    transactions = await _entries(own_database, "xmin::text")
    assert (len(transactions), len(set(transactions))) == (201, 2)


async def test_database_that_is_down_gives_no_answer(own_database, pool, monkeypatch):
    monkeypatch.setattr(log_module, "PATIENCE_SECONDS", 0.2)
    async with open_log(pool) as log:
        async with pool.connection(), pool.connection():
            with pytest.raises(Unavailable, match="could not be recorded, so it is not given"):
                await log.keep(ENTRY)
        assert await _entries(own_database) == []
        await log.keep(ENTRY)
    assert await _entries(own_database) == [("t-1",)]


async def test_connection_that_dies_in_the_middle_gives_no_answer_and_the_next_is_kept(
    own_database, pool, blocked
):
    async with open_log(pool) as log:
        answer = asyncio.create_task(log.keep(ENTRY))
        await _settle()
        await blocked.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        with pytest.raises(Unavailable) as refused:
            await answer
        assert refused.value.detail
        await blocked.rollback()
        await log.keep(replace(ENTRY, token_id="next"))
    assert await _entries(own_database) == [("next",)]


async def test_waiter_that_is_cancelled_hurts_no_other(own_database, pool, blocked):
    async with open_log(pool) as log:
        waiting = [
            asyncio.create_task(log.keep(replace(ENTRY, token_id=str(number))))
            for number in range(5)
        ]
        await _settle()
        waiting[0].cancel()
        waiting[3].cancel()
        await blocked.rollback()
        ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert [type(end) for end in ended if end is not None] == [asyncio.CancelledError] * 2
    assert [ended[index] for index in (1, 2, 4)] == [None] * 3
    assert {token for (token,) in await _entries(own_database)} >= {"1", "2", "4"}


@pytest.mark.parametrize("text", ["nul\0", "half a pair \ud800"], ids=["nul", "surrogate"])
async def test_entry_that_can_not_be_stored_costs_only_its_own_answer(own_database, pool, text):
    async with open_log(pool) as log:
        entries = [ENTRY, replace(ENTRY, token_id=text), replace(ENTRY, token_id="last")]
        ended = await asyncio.gather(*map(log.keep, entries), return_exceptions=True)
        assert [type(end) for end in ended] == [type(None), Unavailable, type(None)]
        await log.keep(replace(ENTRY, token_id="after"))
    assert await _entries(own_database) == [("t-1",), ("last",), ("after",)]


async def test_log_that_is_far_behind_refuses_at_once(pool, monkeypatch):
    monkeypatch.setattr(log_module, "MAX_WAITING", 2)
    log = DisclosureLog(pool)
    waiting = [asyncio.create_task(log.keep(ENTRY)) for _ in range(2)]
    await _settle()
    with pytest.raises(Unavailable, match="the disclosure log is behind: ask again shortly"):
        await log.keep(ENTRY)
    for one in waiting:
        one.cancel()


async def test_what_waits_when_the_hub_stops_is_refused(own_database, pool, blocked):
    async with open_log(pool) as log:
        written = asyncio.create_task(log.keep(ENTRY))
        await _settle()
        queued = asyncio.create_task(log.keep(ENTRY))
        await _settle()
    ended = await asyncio.gather(written, queued, return_exceptions=True)
    assert [type(end) for end in ended] == [Unavailable, Unavailable]
    await blocked.rollback()
    assert await _entries(own_database) == []
