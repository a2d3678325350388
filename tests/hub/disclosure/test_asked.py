"""Questions kept after their disclosures: once each, behind the answers, and not for ever."""

import asyncio
from dataclasses import replace

import orjson
import psycopg
import pytest

from hub.disclosure import asked as asked_module
from hub.disclosure.asked import MOST_OF_A_CLIENT, Asked, keep_asked, prune_asked, read_asked
from hub.disclosure.log import open_log
from hub.errors import Unavailable
from hub.identity.types import Purpose
from hub.store.database import writing_pool
from tests.hub.disclosure.test_disclosure_log import entry
from tests.hub.gateway.serving import caller_of
from tests.hub.store.databases import migrated_database


def asked(client="kr-mfds", document="{ me { client } }", **given) -> Asked:
    return Asked.by(caller_of(client, Purpose.EXERCISE), document, given, None)


@pytest.fixture
async def own_database(database_url):
    """The URL of a migrated database of the test's own."""
    async with migrated_database(database_url) as url:
        yield url


async def _kept(url):
    async with await psycopg.AsyncConnection.connect(url) as connection:
        kept, found = await read_asked(connection, days=1, most=10)
    assert len(kept) == found
    return [(each.asked, each.times) for each in kept]


async def test_question_is_kept_once_with_its_count_and_reads_as_it_was_asked(own_database):
    async with writing_pool(own_database) as pool, open_log(pool) as log:
        for _ in range(3):
            await log.keep(entry(), asked(first=5))
        await log.keep(entry(), asked())
        await log.keep(entry())
    assert await _kept(own_database) == [(asked(first=5), 3), (asked(), 1)]


async def test_no_answer_waits_for_its_question(own_database, monkeypatch):
    monkeypatch.setattr(asked_module, "GATHERED_SECONDS", 0.1)
    async with (
        await psycopg.AsyncConnection.connect(own_database) as holder,
        writing_pool(own_database) as pool,
        open_log(pool) as log,
    ):
        await holder.execute("LOCK TABLE asked_question IN ACCESS EXCLUSIVE MODE")
        await log.keep(entry(), asked())
        await asyncio.sleep(0.2)
        await log.keep(entry())
        await holder.rollback()
        while not await _kept(own_database):  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0.05)


async def test_the_questions_of_a_client_that_were_asked_last_are_gathered(own_database):
    async with writing_pool(own_database) as pool, open_log(pool) as log:
        for number in range(MOST_OF_A_CLIENT + 5):
            log.asked.add(asked(first=number))
        log.asked.add(asked("us-fda"))
    async with await psycopg.AsyncConnection.connect(own_database) as connection:
        kept, _ = await read_asked(connection, days=1, most=1000)
    firsts = {orjson.loads(each.asked.variables).get("first") for each in kept}
    assert firsts == {None, *range(5, MOST_OF_A_CLIENT + 5)}


async def test_disclosure_that_can_not_be_kept_keeps_no_question(own_database):
    async with writing_pool(own_database) as pool, open_log(pool) as log:
        with pytest.raises(Unavailable):
            await log.keep(entry(token_id="nul\0"), asked())
        await log.keep(entry(), asked("us-fda"))
    assert await _kept(own_database) == [(asked("us-fda"), 1)]


async def test_log_prunes_when_it_starts_to_write(own_database):
    async with await psycopg.AsyncConnection.connect(own_database) as connection:
        await keep_asked(connection, [asked(first=n) for n in range(MOST_OF_A_CLIENT + 5)])
    async with writing_pool(own_database) as pool, open_log(pool) as log:
        await log.keep(entry(), asked())
    async with await psycopg.AsyncConnection.connect(own_database) as connection:
        _, found = await read_asked(connection, days=1, most=1)
    assert found == MOST_OF_A_CLIENT


async def test_old_and_surplus_questions_are_pruned(connection):
    many = [asked(first=number) for number in range(MOST_OF_A_CLIENT + 5)]
    await keep_asked(connection, [*many, asked("us-fda")])
    old = asked("jp-mhlw")
    await keep_asked(connection, [old])
    await connection.execute(
        "UPDATE asked_question SET last_at = now() - interval '31 days' WHERE digest = %s",
        [old.digest],
    )
    await prune_asked(connection)
    cursor = await connection.execute(
        "SELECT client, count(*) FROM asked_question GROUP BY client ORDER BY client"
    )
    assert await cursor.fetchall() == [("kr-mfds", MOST_OF_A_CLIENT), ("us-fda", 1)]


def test_same_question_of_another_class_is_another():
    one = asked()
    others = [one._replace(roles=("agency",)), one._replace(purpose="supply-mapping")]
    assert len({each.digest for each in (one, *others, asked(first=1))}) == 4
    assert one._replace().digest == one.digest


def test_kept_question_names_the_class_that_asked():
    expected = replace(caller_of("kr-mfds", Purpose.EXERCISE), subject="", token_id="")
    assert asked().caller == expected


def test_text_that_can_not_be_stored_is_not_kept():
    assert asked(document="# \0\n{ me { client } }") is None
    assert asked(text="\0").variables == '{"text":"\\u0000"}'
