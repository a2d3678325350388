"""Jobs in PostgreSQL: one of a client at a time, none lost to a process that dies."""

import psycopg
import pytest

from hub.errors import InvalidInput, NotFound
from hub.exports import jobs
from hub.exports.types import Asked, State
from hub.identity.types import Purpose
from tests.hub.gateway.serving import caller_of
from tests.hub.store.databases import migrated_database

ASKED = Asked("{ products { nodes { key } } }", "{}", None, "csv")
KOREA = caller_of("kr-mfds", Purpose.SHORTAGE_RESPONSE)
USA = caller_of("us-fda", Purpose.SUPPLY_MAPPING)


@pytest.fixture
async def gateways(database_url):
    """Two connections, each of a process of its own."""
    async with (
        migrated_database(database_url) as url,
        await psycopg.AsyncConnection.connect(url, autocommit=True) as one,
        await psycopg.AsyncConnection.connect(url, autocommit=True) as other,
    ):
        yield one, other


async def lapse(connection):
    await connection.execute("UPDATE export SET lease_until = now() - interval '1 s'")


async def test_a_job_keeps_who_asked_what(gateways):
    one, other = gateways
    asked = await jobs.ask(one, KOREA, ASKED, 24)
    found = await jobs.find(other, asked.id)
    assert found == asked
    assert (found.caller, found.asked, found.state) == (KOREA, ASKED, State.QUEUED)
    assert found.is_of(KOREA)
    assert not found.is_of(USA)
    assert (found.kept_until - found.asked_at).total_seconds() == pytest.approx(24 * 3600, abs=5)


async def test_what_was_published_before_the_clock_stepped_back_is_not_missed(gateways):
    one, _ = gateways
    cursor = await one.execute(
        "WITH ahead AS (INSERT INTO pull (feed, started_at, finished_at, outcome, documents) "
        "VALUES ('kr.x', now(), now() + interval '1 hour', 'PUBLISHED', '{}') "
        "RETURNING id, finished_at), state AS (INSERT INTO feed_state (feed, good_pull_id, "
        "last_pull_id) SELECT 'kr.x', id, id FROM ahead) SELECT finished_at FROM ahead"
    )
    [(published_at,)] = await cursor.fetchall()
    assert (await jobs.ask(one, KOREA, ASKED, 24)).asked_at >= published_at


async def test_one_of_a_client_runs_at_a_time_and_the_oldest_first(gateways):
    one, other = gateways
    first = await jobs.ask(one, KOREA, ASKED, 24)
    second = await jobs.ask(one, KOREA, ASKED, 24)
    of_usa = await jobs.ask(one, USA, ASKED, 24)
    assert (await jobs.take_up(one)).id == first.id
    assert (await jobs.take_up(other)).id == of_usa.id
    assert await jobs.take_up(other) is None
    running = await jobs.find(one, first.id)
    await jobs.finish(one, running, 1, "{}", "c")
    assert (await jobs.take_up(other)).id == second.id


async def test_two_processes_never_run_two_of_a_client(gateways):
    one, other = gateways
    for _ in range(2):
        await jobs.ask(one, KOREA, ASKED, 24)
    async with one.transaction():
        assert await jobs.take_up(one)
        await other.execute("SET lock_timeout = '200ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            await jobs.take_up(other)
    assert await jobs.take_up(other) is None


async def test_what_a_process_died_over_is_taken_up_by_another_and_the_first_is_overtaken(gateways):
    one, other = gateways
    await jobs.ask(one, KOREA, ASKED, 24)
    mine = await jobs.take_up(one)
    assert await jobs.take_up(other) is None
    await lapse(one)
    yours = await jobs.take_up(other)
    assert (yours.id, yours.attempt) == (mine.id, mine.attempt + 1)
    for say in (
        jobs.renew(one, mine, 1),
        jobs.finish(one, mine, 1, "{}", "c"),
        jobs.fail(one, mine, InvalidInput("no")),
        jobs.hand_back(one, mine),
    ):
        with pytest.raises(jobs.Overtaken):
            await say
    await jobs.finish(other, yours, 1, "{}", "c")
    assert await jobs.is_ready(one, yours)
    assert not await jobs.is_ready(one, mine)


async def test_what_many_processes_died_over_is_given_up(gateways):
    one, _ = gateways
    asked = await jobs.ask(one, KOREA, ASKED, 24)
    for _ in range(jobs.MOST_ATTEMPTS):
        assert await jobs.take_up(one)
        await lapse(one)
    assert await jobs.take_up(one) is None
    [left] = await jobs.tidy(one)
    assert left == jobs.LeftOver(asked.id, "csv", 0, jobs.MOST_ATTEMPTS)
    found = await jobs.find(one, asked.id)
    assert (found.state, found.code) == (State.FAILED, "INTERRUPTED")
    await jobs.swept(one, left)
    assert await jobs.tidy(one) == []


async def test_a_job_that_is_handed_back_waits_again(gateways):
    one, other = gateways
    await jobs.ask(one, KOREA, ASKED, 24)
    mine = await jobs.take_up(one)
    await jobs.hand_back(one, mine)
    assert (await jobs.take_up(other)).attempt == mine.attempt + 1


async def test_what_is_dropped_is_found_by_nobody_and_forgotten_once_its_files_are_gone(gateways):
    one, _ = gateways
    asked = await jobs.ask(one, KOREA, ASKED, 24)
    running = await jobs.take_up(one)
    await jobs.drop(one, asked.id)
    with pytest.raises(NotFound):
        await jobs.find(one, asked.id)
    with pytest.raises(jobs.Overtaken):
        await jobs.renew(one, running, 1)
    assert await jobs.tidy(one) == []  # The process may still be at it.
    await lapse(one)
    [left] = await jobs.tidy(one)
    await jobs.swept(one, left)
    await jobs.tidy(one)
    cursor = await one.execute("SELECT count(*) FROM export")
    assert await cursor.fetchone() == (0,)


async def test_what_is_old_is_dropped_but_not_while_it_runs(gateways):
    one, _ = gateways
    for caller in (KOREA, USA):
        await jobs.ask(one, caller, ASKED, 24)
    running = await jobs.take_up(one)
    await one.execute("UPDATE export SET kept_until = now() - interval '1 s'")
    await jobs.tidy(one)
    cursor = await one.execute("SELECT state FROM export")
    assert await cursor.fetchall() == [("RUNNING",)]
    await jobs.finish(one, running, 1, "{}", "c")
    [left] = await jobs.tidy(one)
    assert left.export_id == running.id


@pytest.mark.parametrize("name", ["", "no", "\0"])
async def test_what_was_never_asked_for_is_not_found(gateways, name):
    with pytest.raises(NotFound):
        await jobs.find(gateways[0], name)
