"""The disclosure log: no answer before its entry is durable, and many entries a transaction."""

import asyncio
from dataclasses import asdict, fields, replace
from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

import orjson
import psycopg
import pytest
from psycopg.rows import dict_row

import hub.disclosure.log as log_module
from hub.disclosure.entry import Disclosure, beginning_of, ended, new_id
from hub.disclosure.log import DisclosureLog, open_log
from hub.disclosure.shown import ShownRows
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
    shown={
        "SupplyNotice": ShownRows(
            {"public": {"KR": 3, "US": 1}, "operational": {"KR": 2}},
            oldest=datetime(2026, 1, 1, tzinfo=UTC),
            newest=datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC),
        )
    },
    request_id="r-1",
)
NAMES = [field.name for field in fields(Disclosure)]


def entry(**changed):
    """An entry of its own id."""
    return replace(ENTRY, id=new_id(), **changed)


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
    async with await psycopg.AsyncConnection.connect(own_database, row_factory=dict_row) as reader:
        found = await reader.execute(f"SELECT {', '.join(NAMES)} FROM disclosure")
        kept = await found.fetchall()
    shown = {
        "SupplyNotice": {
            "rows": {"public": {"KR": 3, "US": 1}, "operational": {"KR": 2}},
            "oldest": "2026-01-01T00:00:00Z",
            "newest": "2026-01-02T03:04:05.678000Z",
        }
    }
    assert kept == [asdict(ENTRY) | {"id": UUID(ENTRY.id), "shown": shown}]
    ((is_recent,),) = await _entries(
        own_database, "abs(extract(epoch FROM now() - answered_at)) < 60"
    )
    assert is_recent


async def test_answer_waits_until_its_entry_can_be_seen_by_others(own_database, pool, blocked):
    async with open_log(pool) as log:
        answer = asyncio.create_task(log.keep(entry()))
        done, _ = await asyncio.wait([answer], timeout=0.2)
        assert not done, "an answer must not go before its entry is durable"
        await blocked.rollback()
        await answer
        assert await _entries(own_database) == [("t-1",)]


async def test_entries_that_wait_together_share_transactions(own_database, pool, blocked):
    async with open_log(pool) as log:
        first = asyncio.create_task(log.keep(entry()))
        await _settle()
        others = [asyncio.create_task(log.keep(entry())) for _ in range(200)]
        await _settle()
        await blocked.rollback()
        await asyncio.gather(first, *others)
    transactions = await _entries(own_database, "xmin::text")
    assert (len(transactions), len(set(transactions))) == (201, 2)


async def test_entries_that_come_soon_after_share_the_transaction_of_several(
    own_database, pool, monkeypatch
):
    monkeypatch.setattr(log_module, "GATHERING_SECONDS", 0.5)
    async with open_log(pool) as log:
        keeping = [asyncio.create_task(log.keep(entry())) for _ in range(2)]
        for _ in range(5):
            await asyncio.sleep(0)
        await asyncio.gather(*keeping, log.keep(entry()))
    assert len({*await _entries(own_database, "xmin::text")}) == 1


async def test_an_entry_that_comes_alone_does_not_wait_for_others(pool, monkeypatch):
    monkeypatch.setattr(log_module, "GATHERING_SECONDS", 3600)
    async with open_log(pool) as log, asyncio.timeout(30):
        for _ in range(3):
            await log.keep(entry())


def test_an_entry_written_in_parts_says_what_the_whole_says():
    shown = orjson.dumps(ENTRY.shown, option=orjson.OPT_UTC_Z)
    found = ended(beginning_of(ENTRY), ENTRY.id, ENTRY.request_id, shown)
    assert orjson.loads(found) == orjson.loads(orjson.dumps(ENTRY, option=orjson.OPT_UTC_Z))


async def test_database_that_does_not_answer_gives_no_answer(
    own_database, pool, blocked, monkeypatch
):
    monkeypatch.setattr(log_module, "PATIENCE_SECONDS", 0.2)
    async with open_log(pool) as log:
        with pytest.raises(Unavailable, match="could not be recorded, so it is not given"):
            await log.keep(entry())
        await blocked.rollback()
        monkeypatch.undo()
        await log.keep(entry(token_id="next"))
    assert ("next",) in await _entries(own_database)


async def test_an_id_is_kept_once(own_database, pool):
    async with open_log(pool) as log:
        ended = await asyncio.gather(*map(log.keep, [ENTRY, ENTRY]), return_exceptions=True)
    assert [type(end) for end in ended] == [type(None), Unavailable]
    assert await _entries(own_database) == [("t-1",)]


def test_ids_are_uuids_in_the_order_they_are_made():
    ids = [UUID(new_id()) for _ in range(1000)]
    assert {(each.version, each.variant) for each in ids} == {(7, "specified in RFC 4122")}
    assert len({*ids}) == 1000
    assert all(one.int >> 80 <= other.int >> 80 for one, other in pairwise(ids))


async def test_connection_that_dies_in_the_middle_gives_no_answer_and_the_next_is_kept(
    own_database, pool, blocked
):
    async with open_log(pool) as log:
        answer = asyncio.create_task(log.keep(entry()))
        await _settle()
        await blocked.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        with pytest.raises(Unavailable) as refused:
            await answer
        assert refused.value.detail
        await blocked.rollback()
        await log.keep(entry(token_id="next"))
    assert await _entries(own_database) == [("next",)]


async def test_waiter_that_is_cancelled_hurts_no_other(own_database, pool, blocked):
    async with open_log(pool) as log:
        waiting = [
            asyncio.create_task(log.keep(entry(token_id=str(number)))) for number in range(5)
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
        entries = [entry(), entry(token_id=text), entry(token_id="last")]
        ended = await asyncio.gather(*map(log.keep, entries), return_exceptions=True)
        assert [type(end) for end in ended] == [type(None), Unavailable, type(None)]
        await log.keep(entry(token_id="after"))
    assert {*await _entries(own_database)} == {("t-1",), ("last",), ("after",)}


async def test_log_that_is_far_behind_refuses_at_once(pool, monkeypatch):
    monkeypatch.setattr(log_module, "MAX_WAITING", 2)
    log = DisclosureLog(pool)
    waiting = [asyncio.create_task(log.keep(entry())) for _ in range(2)]
    await _settle()
    with pytest.raises(Unavailable, match="the disclosure log is behind: ask again shortly"):
        await log.keep(entry())
    for one in waiting:
        one.cancel()


async def test_what_waits_when_the_hub_stops_is_refused(own_database, pool, blocked):
    async with open_log(pool) as log:
        written = asyncio.create_task(log.keep(entry()))
        await _settle()
        queued = asyncio.create_task(log.keep(entry()))
        await _settle()
    ended = await asyncio.gather(written, queued, return_exceptions=True)
    assert [type(end) for end in ended] == [Unavailable, Unavailable]
    await blocked.rollback()
    assert await _entries(own_database) == []
