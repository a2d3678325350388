"""Pulls that overlap, are cut off, or meet a clock that steps back."""

import asyncio
import contextlib
import dataclasses
import threading

import psycopg
import pytest

from federation.members.registry import FEEDS
from hub.errors import Unavailable
from hub.store.merge import Merged, take_turn
from hub.sync import history
from hub.sync.alone import in_turn
from hub.sync.types import Outcome
from tests.hub.store.lists import COMPANIES, NOTICES, PACKS, row, table_of


def _list(*rows, of=NOTICES):
    source = FEEDS["ref.alliance_substances"].source
    return dataclasses.replace(of, source=source, read=lambda _: table_of(rows))


async def _status(hub):
    async with hub.tools.pool.connection() as connection:
        return await history.statuses(connection)


async def _titles(hub):
    return await hub.query("SELECT title, listing FROM supply_notice WHERE superseded_at IS NULL")


async def test_slow_pull_of_older_data_does_not_publish_over_a_newer_one(hub):
    await hub.pull(_list(row("1", "first")))
    reached, proceed = threading.Event(), threading.Event()

    def read(_):
        reached.set()
        assert proceed.wait(10)
        return table_of([row("1", "older")])

    slow = asyncio.create_task(hub.pull(dataclasses.replace(_list(), read=read), is_full=True))
    await asyncio.to_thread(reached.wait)
    assert (await hub.pull(_list(row("1", "newer")), is_full=True)).outcome is Outcome.PUBLISHED
    proceed.set()
    overtaken = await slow
    assert overtaken.outcome is Outcome.FAILED
    assert overtaken.reason == (
        "another pull of this feed published meanwhile: pull again for anything newer"
    )
    assert await _titles(hub) == [("newer", "LISTED")]
    assert await hub.query("SELECT reason_code FROM pull WHERE outcome = 'FAILED'") == [
        ("OVERTAKEN",)
    ]
    ((kept,),) = await hub.query("SELECT count(DISTINCT pull_id) FROM field_quality")
    assert kept == 2, "an overtaken pull leaves no evidence behind"
    (status,) = await _status(hub)
    assert (status.outcome, status.reason) == ("PUBLISHED", None)


async def test_first_pulls_at_once_publish_each_row_once(hub):
    rows = [row(str(number)) for number in range(50)]
    results = await asyncio.gather(*(hub.pull(_list(*rows)) for _ in range(6)))
    outcomes = {result.outcome for result in results}
    assert Outcome.PUBLISHED in outcomes
    assert outcomes <= {Outcome.PUBLISHED, Outcome.FAILED, Outcome.UNCHANGED}
    codes = await hub.query("SELECT DISTINCT reason_code FROM pull WHERE outcome = 'FAILED'")
    assert codes in ([], [("OVERTAKEN",)])
    assert await hub.query("SELECT count(*), count(DISTINCT key) FROM supply_notice") == [(50, 50)]


async def test_pulls_of_many_feeds_at_once_have_instants_of_their_own_in_order(hub):
    feeds = [_list(row("1"), of=feed) for feed in (NOTICES, COMPANIES, PACKS)]
    for _ in range(4):
        await asyncio.gather(*(hub.pull(feed, is_full=True) for feed in feeds))
    for number in range(4):
        again = [_list(row("1", f"{number}"), of=feed) for feed in (NOTICES, COMPANIES, PACKS)]
        await asyncio.gather(*(hub.pull(feed, is_full=True) for feed in again))
    versions = await hub.query(
        "SELECT recorded_at, change_seq FROM supply_notice UNION ALL "
        "SELECT recorded_at, change_seq FROM organization UNION ALL "
        "SELECT recorded_at, change_seq FROM package ORDER BY change_seq"
    )
    instants = [recorded_at for recorded_at, _ in versions]
    assert len(versions) == 15
    assert instants == sorted(set(instants))


async def test_clock_that_steps_back_reorders_nothing(hub):
    await hub.pull(_list(row("1", "before")))
    await hub.query(
        "UPDATE pull SET finished_at = finished_at + interval '1 hour' RETURNING finished_at"
    )
    await hub.query(
        "UPDATE supply_notice SET recorded_at = recorded_at + interval '1 hour', "
        "first_recorded_at = first_recorded_at + interval '1 hour' RETURNING key"
    )
    for title in ("after", "later"):
        await hub.pull(_list(row("1", title)), is_full=True)
    versions = await hub.query(
        "SELECT title, recorded_at, superseded_at FROM supply_notice ORDER BY change_seq"
    )
    assert [title for title, *_ in versions] == ["before", "after", "later"]
    edges = [edge for _, *version in versions for edge in version]
    assert edges[1] == edges[2] > edges[0]
    assert edges[3] == edges[4] > edges[2]


async def test_pull_that_a_crash_cut_off_is_logged_so_and_blocks_nothing(hub):
    await hub.query(
        "INSERT INTO pull (feed, started_at, outcome, documents) VALUES "
        "('kr.notices', now() - interval '2 hours', 'RUNNING', '{}'), "
        "('kr.notices', now() - interval '1 minute', 'RUNNING', '{}'), "
        "('kr.other', now() - interval '2 hours', 'RUNNING', '{}') RETURNING id"
    )
    assert await _status(hub) == []
    assert (await hub.pull(_list(row("1")))).outcome is Outcome.PUBLISHED
    assert await hub.query("SELECT feed, outcome, reason_code FROM pull ORDER BY id") == [
        ("kr.notices", "FAILED", "CUT_OFF"),
        ("kr.notices", "RUNNING", None),
        ("kr.other", "RUNNING", None),
        ("kr.notices", "PUBLISHED", None),
    ]
    (status,) = await _status(hub)
    assert (status.feed, status.outcome) == ("kr.notices", "PUBLISHED")


@contextlib.asynccontextmanager
async def _turn_taken(url):
    async with await psycopg.AsyncConnection.connect(url) as other:
        await take_turn(other)
        yield
        await other.rollback()


async def _waiting_for_the_turn(hub):
    """Wait until a pull waits for the publishing turn; gives its server process."""
    async with asyncio.timeout(10):
        while True:
            found = await hub.query(
                "SELECT pid FROM pg_stat_activity "
                "WHERE wait_event = 'advisory' AND datname = current_database()"
            )
            if found:
                return found[0][0]


async def test_pull_stopped_while_it_publishes_leaves_nothing_and_the_next_publishes_all(hub):
    async with _turn_taken(hub.url):
        stopped = asyncio.create_task(hub.pull(_list(row("1"), row("2"))))
        await _waiting_for_the_turn(hub)
        stopped.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopped
    assert await hub.query("SELECT outcome FROM pull") == [("RUNNING",)]
    assert await hub.query("SELECT count(*) FROM field_quality") == [(0,)]
    assert (await hub.pull(_list(row("1"), row("2")))).merged == Merged(2, 0, 0)


async def test_pull_whose_connection_dies_while_it_publishes_fails_and_the_next_publishes(hub):
    async with _turn_taken(hub.url):
        dying = asyncio.create_task(hub.pull(_list(row("1"), row("2"))))
        backend = await _waiting_for_the_turn(hub)
        await hub.query("SELECT pg_terminate_backend(%s)", backend)
        assert (await dying).outcome is Outcome.FAILED
    assert await hub.last("kr.notices", "reason_code, reason") == (
        "UNAVAILABLE", "the database broke the connection off: pull again later",
    )  # fmt: skip
    assert (await hub.pull(_list(row("1"), row("2")))).merged == Merged(2, 0, 0)


async def test_pull_that_loses_its_turn_is_stopped_and_says_so(hub):
    losing = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s"
    feed = FEEDS["eu.fr_products"]
    told = asyncio.Event()

    async def work(_turn):
        told.set()
        await asyncio.Event().wait()

    stopped = asyncio.create_task(in_turn(hub.tools.pool, feed.id, work))
    await told.wait()
    await hub.query(losing, "hub-turn")
    with pytest.raises(Unavailable, match=r"while `eu\.fr_products` was pulled") as caught:
        await stopped
    assert caught.value.public_code == "TURN_LOST"


@pytest.mark.parametrize("feed", ["eu.fr_products", "kr.mfds_permits"])
async def test_pull_stopped_while_it_fetches_leaves_nothing_behind(hub, members, feed):
    async with members.faulty(feed, "hang"):
        stopped = asyncio.create_task(hub.pull(feed))
        await asyncio.sleep(0.2)
        stopped.cancel()
        with pytest.raises(asyncio.CancelledError):
            await stopped
    assert (await hub.pull(feed)).outcome is Outcome.PUBLISHED


async def test_published_pull_stays_so_when_the_word_of_its_commit_is_lost(hub, monkeypatch):
    finish = history.finish

    async def finish_and_lose_the_word(connection, pull_id, outcome, *rest, **others):
        await finish(connection, pull_id, outcome, *rest, **others)
        if outcome is Outcome.PUBLISHED:
            await connection.commit()
            raise psycopg.OperationalError("the connection is gone")

    monkeypatch.setattr(history, "finish", finish_and_lose_the_word)
    assert (await hub.pull(_list(row("1")))).outcome is Outcome.FAILED
    (status,) = await _status(hub)
    assert (status.outcome, status.reason, status.rows) == ("PUBLISHED", None, 1)
    again = await hub.pull(_list(row("1")), is_full=True)
    assert await hub.query("SELECT count(*) FROM supply_notice") == [(1,)], again
