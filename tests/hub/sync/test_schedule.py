"""Schedules: a run a slot, whoever ticks; workers that carry runs out, try again and give way."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from federation.members.registry import FEEDS
from hub.errors import Unavailable
from hub.sync.alone import FeedBusy, in_turn
from hub.sync.breaker import FEED_FAILURES
from hub.sync.pipeline import pull_many
from hub.sync.scheduling import runs
from hub.sync.scheduling.queue import PULL
from hub.sync.scheduling.worker import Pace, jobs, run_worker, tick
from hub.sync.types import Outcome

BOUND_SECONDS = 30
FEED, OTHER = "eu.fr_products", "eu.fr_shortages"
PACE = Pace(tick_s=0.2, heartbeat_s=0.2, dead_s=2.0, busy_s=3600.0)


@pytest.fixture
async def queue(hub):
    """The job queue of a hub."""
    app = jobs(hub.url, hub.tools, PACE)
    async with app.open_async():
        yield app


async def work(app):
    """Run a worker until nothing is due."""
    async with asyncio.timeout(BOUND_SECONDS):
        await app.run_worker_async(
            wait=False,
            listen_notify=False,
            install_signal_handlers=False,
            concurrency=2,
            delete_jobs="always",
        )


async def write(hub, sql, *values):
    """Change rows."""
    async with hub.tools.pool.connection() as connection:
        await connection.execute(sql, values)


async def make_due(hub, *feeds, since="1 second"):
    """Let feeds have been due for a while."""
    await write(
        hub,
        "UPDATE feed_schedule SET slot = date_trunc('second', now() - %s::interval), "
        "next_run_at = now() - %s::interval WHERE feed = ANY(%s)",
        since, since, list(feeds),
    )  # fmt: skip


async def run_of(hub, feed=FEED):
    """Read a feed's newest run."""
    [row] = await hub.query(
        "SELECT id, slot, next_try_at, run_end, ended_at FROM feed_run WHERE feed = %s "
        "ORDER BY id DESC LIMIT 1",
        feed,
    )
    return row


async def make_run(hub, queue, feed=FEED, **more):
    """Make a run, of a slot unless told otherwise."""
    more = more or {"slot": datetime.now(UTC)}
    async with hub.tools.pool.connection() as connection:
        return await runs.make_run(connection, queue, feed, **more)


async def pulls(hub, feed=FEED):
    """How a feed's pulls ended, the oldest first."""
    found = await hub.query(
        "SELECT outcome, reason_code FROM pull WHERE feed = %s ORDER BY id", feed
    )
    return [code or outcome for outcome, code in found]


async def come_round(hub, feed=FEED):
    """Let the time pass for which a feed's run is put off, and its last pull be long ago."""
    await write(hub, "UPDATE feed_run SET next_try_at = now() WHERE feed = %s", feed)
    await write(
        hub,
        "UPDATE pull SET finished_at = finished_at - interval '2 days' WHERE feed = %s",
        feed,
    )
    await write(hub, "UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")


# The scheduler


async def test_a_new_hub_plans_every_feed_ahead_and_pulls_none(hub, queue):
    await tick(queue, hub.tools, PACE)
    planned = await hub.query("SELECT feed, next_run_at > now() FROM feed_schedule")
    assert dict(planned) == dict.fromkeys(FEEDS, True)
    assert await hub.query("SELECT count(*) FROM feed_run") == [(0,)]


async def test_a_tick_ends_what_runs_for_longer_than_a_pull_may_and_nothing_else(hub, queue):
    await write(
        hub,
        "INSERT INTO pull (feed, started_at, outcome, documents) "
        "SELECT %s, now() - days * interval '1 day', outcome, '{}' FROM "
        "(VALUES (3, 'PUBLISHED'), (2, 'RUNNING'), (0, 'RUNNING')) AS given(days, outcome)",
        FEED,
    )
    await write(hub, "UPDATE pull SET of_pull_id = id - 1 WHERE outcome = 'RUNNING'")
    await tick(queue, hub.tools, PACE)
    assert await pulls(hub) == ["PUBLISHED", "CUT_OFF", "RUNNING"]


async def test_a_due_feed_has_one_run_and_its_next_is_planned(hub, queue):
    await tick(queue, hub.tools, PACE)
    await make_due(hub, FEED)
    for _ in range(3):
        await tick(queue, hub.tools, PACE)
    assert await hub.query("SELECT feed FROM feed_run") == [(FEED,)]
    assert await hub.query(
        "SELECT next_run_at > now() FROM feed_schedule WHERE feed = %s", FEED
    ) == [(True,)]


async def test_twenty_schedulers_at_once_make_one_run_a_slot(hub, queue):
    await tick(queue, hub.tools, PACE)
    for _ in range(5):
        await make_due(hub, *FEEDS)
        await write(hub, "DELETE FROM procrastinate_jobs")
        async with asyncio.timeout(BOUND_SECONDS):
            await asyncio.gather(*(_tick_alone(hub, queue) for _ in range(20)))
        found = await hub.query("SELECT feed, count(*) FROM feed_run GROUP BY feed")
        assert dict(found) == dict.fromkeys(FEEDS, 1)
        await write(hub, "DELETE FROM feed_run")


async def _tick_alone(hub, queue):
    async with await psycopg.AsyncConnection.connect(hub.url) as connection:
        await runs.make_due(connection, queue, FEEDS)


async def test_slots_missed_in_an_outage_are_caught_up_once(hub, queue):
    await tick(queue, hub.tools, PACE)
    await make_due(hub, FEED, since="3 days")
    await tick(queue, hub.tools, PACE)
    await work(queue)
    await tick(queue, hub.tools, PACE)
    await work(queue)
    assert await pulls(hub) == ["PUBLISHED"]
    assert (await run_of(hub))[3] == "PULLED"


async def test_a_slot_joins_the_run_that_waits_already(hub, queue):
    await tick(queue, hub.tools, PACE)
    for _ in range(2):
        await make_due(hub, FEED)
        await tick(queue, hub.tools, PACE)
        await write(hub, "UPDATE feed_run SET slot = slot - interval '1 day'")
    assert await hub.query("SELECT count(*) FROM feed_run") == [(1,)]


async def test_a_paused_feed_is_not_due_and_its_waiting_run_is_cancelled(hub, queue):
    await tick(queue, hub.tools, PACE)
    await make_run(hub, queue)
    await make_due(hub, FEED)
    await write(hub, "UPDATE feed_schedule SET paused_at = now() WHERE feed = %s", FEED)
    await tick(queue, hub.tools, PACE)
    await work(queue)
    assert await hub.query("SELECT run_end FROM feed_run") == [("CANCELLED",)]
    assert await pulls(hub) == []


async def test_a_new_line_of_the_feed_itself_is_planned_at_the_next_tick(hub, queue):
    await tick(queue, hub.tools, PACE)
    await write(
        hub,
        "UPDATE feed_schedule SET planned_by = 'of an older edition', "
        "next_run_at = now() + interval '300 days' WHERE feed = %s",
        FEED,
    )
    await tick(queue, hub.tools, PACE)
    [(by, is_near)] = await hub.query(
        "SELECT planned_by, next_run_at < now() + interval '2 days' FROM feed_schedule "
        "WHERE feed = %s",
        FEED,
    )
    assert (by, is_near) == (f"{FEEDS[FEED].cron} Europe/Brussels", True)


# Runs and their jobs


async def test_a_run_is_one_pull_whose_reason_stands_in_the_log(hub, queue):
    await make_run(hub, queue)
    await work(queue)
    await work(queue)
    assert await pulls(hub) == ["PUBLISHED"]
    [(run, host)] = await hub.query("SELECT run_id, host FROM pull")
    assert (run, host) == ((await run_of(hub))[0], "127.0.0.1")
    (records,) = await hub.last(FEED, "records")
    assert await hub.query("SELECT count(*) FROM product") == [(records,)]
    assert await hub.query("SELECT count(*) FROM procrastinate_jobs") == [(0,)]


async def test_a_failure_worth_another_try_puts_the_run_off_twice_as_long_each_time(
    hub, queue, members
):
    await make_run(hub, queue)
    waits = []
    async with members.faulty(FEED, "error-500"):
        for failures in range(1, 4):
            await work(queue)
            assert await pulls(hub) == ["SOURCE_DOWN"] * failures
            _, _, until, run_end, _ = await run_of(hub)
            (finished,) = await hub.last(FEED, "finished_at")
            assert run_end is None
            waits.append((until - finished).total_seconds())
            await come_round(hub)
    assert waits == [60, 120, 240]
    await work(queue)
    assert (await pulls(hub))[-1] == "PUBLISHED"
    assert await hub.query("SELECT run_end FROM feed_run") == [("PULLED",)]


async def test_a_run_that_waits_is_not_pulled_before_its_time(hub, queue, members):
    await make_run(hub, queue)
    async with members.faulty(FEED, "error-500"):
        await work(queue)
    await work(queue)
    await tick(queue, hub.tools, PACE)
    await work(queue)
    assert await pulls(hub) == ["SOURCE_DOWN"]


async def test_a_list_of_another_form_is_held_and_not_asked_for_again(hub, queue, members):
    with members.changed(FEED, b"<html>moved</html>"):
        await make_run(hub, queue)
        await work(queue)
    (outcome,) = await hub.last(FEED, "outcome")
    assert outcome in {"HELD", "FAILED"}
    assert (await run_of(hub))[3] == "PULLED"
    await work(queue)
    assert len(await pulls(hub)) == 1


def attempt(code, outcome=Outcome.FAILED, at=datetime(2026, 1, 1, tzinfo=UTC)):
    return runs.Attempt(1, outcome, code, None, at)


@pytest.mark.parametrize(
    ("codes", "minutes"),
    [
        (["SOURCE_TIMEOUT"], 1),
        (["SOURCE_TIMEOUT"] * 4, 8),
        (["SOURCE_TIMEOUT"] * 500, 60),
        (["SOURCE_TIMEOUT", "CUT_OFF"], 0),
        (["CUT_OFF"] * 3, 0),
        (["CUT_OFF"] * 4, 1),
        (["CUT_OFF"] * 6, 4),
        (["CUT_OFF"] * 5 + ["SOURCE_BUSY"], 1),
        (["SOURCE_FAULT"], None),
        (["SOURCE_TIMEOUT", "TOO_LARGE"], None),
        (["INTERNAL"], None),
    ],
)
def test_how_long_a_run_waits_hangs_on_how_its_pulls_failed(codes, minutes):
    until = runs.next_try([attempt(code) for code in codes])
    expected = (
        None if minutes is None else datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    )
    assert until == expected


@pytest.mark.parametrize("outcome", [Outcome.PUBLISHED, Outcome.UNCHANGED, Outcome.HELD])
def test_a_pull_that_did_not_fail_ends_its_run(outcome):
    assert runs.next_try([attempt("SOURCE_TIMEOUT"), attempt(None, outcome)]) is None


# Breakers


async def test_an_open_breaker_holds_runs_back_and_one_that_is_half_open_lets_one_try(
    hub, queue, members
):
    await make_run(hub, queue)
    async with members.faulty(FEED, "error-500"):
        for _ in range(FEED_FAILURES):
            await come_round(hub)
            await work(queue)
    assert await pulls(hub) == ["SOURCE_DOWN"] * FEED_FAILURES
    (failed_at,) = await hub.last(FEED, "finished_at")
    assert (await run_of(hub))[2] == failed_at + timedelta(minutes=16)  # 16 of the run, 15 of it
    await write(hub, "UPDATE feed_run SET ended_at = now(), run_end = 'PULLED'")
    await write(hub, "DELETE FROM procrastinate_jobs")
    await make_run(hub, queue)
    await work(queue)
    assert len(await pulls(hub)) == FEED_FAILURES
    assert (await run_of(hub))[2] == failed_at + timedelta(minutes=15)
    await come_round(hub)
    await work(queue)
    assert (await pulls(hub))[-1] == "PUBLISHED"


async def test_a_hosts_half_open_breaker_lets_one_of_its_feeds_try(hub, queue):
    await write(
        hub,
        "INSERT INTO pull (feed, host, started_at, finished_at, outcome, reason_code, documents) "
        "SELECT 'a.feed', '127.0.0.1', now(), now() - interval '1 day', 'FAILED', "
        "'SOURCE_UNREACHABLE', '{}' FROM generate_series(1, 10)",
    )
    await make_run(hub, queue)

    async def other_tries(turn):
        assert await turn.also("host 127.0.0.1")
        await work(queue)
        return await pulls(hub)

    assert await in_turn(hub.tools.pool, OTHER, other_tries) == []
    await come_round(hub)
    await work(queue)
    assert await pulls(hub) == ["PUBLISHED"]


# One pull of a feed at a time


@asynccontextmanager
async def being_pulled(hub, feed=FEED):
    """Let somebody else have a feed's turn for a while."""
    begun, done = asyncio.Event(), asyncio.Event()

    async def somebody(_):
        begun.set()
        await done.wait()

    pulling = asyncio.create_task(in_turn(hub.tools.pool, feed, somebody))
    await begun.wait()
    try:
        yield
    finally:
        done.set()
        await pulling


async def test_a_run_waits_while_its_feed_is_pulled_by_hand(hub, queue):
    await make_run(hub, queue)
    async with being_pulled(hub):
        await work(queue)
        assert await pulls(hub) == []
    await come_round(hub)
    await work(queue)
    assert await pulls(hub) == ["PUBLISHED"]


async def test_a_pull_by_hand_gives_way_to_one_under_way_and_pulls_the_others(hub):
    async with being_pulled(hub):
        first, second = await pull_many([FEEDS[FEED], FEEDS[OTHER]], hub.tools)
    assert (first.outcome, first.code) == ("FAILED", "FEED_BUSY")
    assert "being pulled already" in first.reason
    assert second.outcome == "PUBLISHED"
    assert await pulls(hub) == []


async def test_whoever_has_the_turn_logs_what_broke_off_before(hub):
    await write(
        hub,
        "INSERT INTO pull (feed, started_at, outcome, documents) "
        "VALUES (%s, now(), 'RUNNING', '{}'), (%s, now(), 'RUNNING', '{}')",
        FEED, OTHER,
    )  # fmt: skip
    async with being_pulled(hub):
        assert await pulls(hub) == ["CUT_OFF"]
        assert await pulls(hub, OTHER) == ["RUNNING"]


async def test_work_is_stopped_once_its_turn_is_lost(hub, monkeypatch):
    monkeypatch.setattr("hub.sync.alone.LOOK_S", 0.05)
    stopped = asyncio.Event()

    async def somebody(_):
        await write(
            hub,
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name = 'hub-turn' AND datname = current_database()",
        )
        try:
            await asyncio.sleep(BOUND_SECONDS)
        except asyncio.CancelledError:
            stopped.set()
            raise

    with pytest.raises(Unavailable, match="broke off"):
        await in_turn(hub.tools.pool, FEED, somebody)
    assert stopped.is_set()
    async with being_pulled(hub):
        with pytest.raises(FeedBusy):
            await in_turn(hub.tools.pool, FEED, somebody)


# Workers that die


async def die_with_a_job(hub, *, is_pruned=False):
    """Leave behind what a killed worker leaves: a job being done by a worker that is silent."""
    await write(
        hub,
        "WITH dead AS (INSERT INTO procrastinate_workers (last_heartbeat) "
        "VALUES (now() - interval '1 hour') RETURNING id) "
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM dead)",
    )
    if is_pruned:
        await write(hub, "DELETE FROM procrastinate_workers")


@pytest.mark.parametrize("is_pruned", [False, True])
async def test_a_run_of_a_killed_worker_is_taken_up_again(hub, queue, is_pruned):
    await make_run(hub, queue)
    await die_with_a_job(hub, is_pruned=is_pruned)
    await work(queue)
    assert await pulls(hub) == [], "its lock still holds"
    await tick(queue, hub.tools, PACE)
    await work(queue)
    await tick(queue, hub.tools, PACE)
    await work(queue)
    assert await pulls(hub) == ["PUBLISHED"]


async def test_a_run_whose_worker_died_after_the_pull_is_not_pulled_again(hub, queue):
    run = await make_run(hub, queue)
    async with hub.tools.pool.connection() as connection:
        await connection.execute("DELETE FROM procrastinate_jobs")
    await hub.pull(FEED)
    await write(hub, "UPDATE pull SET run_id = %s", run)
    await tick(queue, hub.tools, PACE)
    await work(queue)
    assert await pulls(hub) == ["PUBLISHED"]
    assert (await run_of(hub))[3] == "PULLED"


async def test_a_run_of_a_killed_worker_gives_way_to_one_that_waits_already(hub, queue):
    await make_run(hub, queue)
    await die_with_a_job(hub)
    await make_run(hub, queue)
    await tick(queue, hub.tools, PACE)
    await work(queue)
    assert await pulls(hub) == ["PUBLISHED"]
    assert await hub.query("SELECT run_end FROM feed_run ORDER BY id") == [
        ("JOINED",),
        ("PULLED",),
    ]


async def test_a_job_of_a_living_worker_is_left_alone(hub, queue):
    await make_run(hub, queue)
    await write(
        hub,
        "WITH busy AS (INSERT INTO procrastinate_workers (last_heartbeat) "
        "VALUES (now()) RETURNING id) "
        "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM busy)",
    )
    await tick(queue, hub.tools, PACE)
    await work(queue)
    assert await pulls(hub) == []


async def test_a_second_job_of_a_run_that_ended_does_nothing(hub, queue):
    run = await make_run(hub, queue)
    await work(queue)
    await queue.configure_task(PULL, task_kwargs={"run": run}).defer_async()
    await work(queue)
    assert await pulls(hub) == ["PUBLISHED"]


async def test_a_worker_keeps_the_time_and_pulls_what_comes_due(hub, queue):
    await tick(queue, hub.tools, PACE)
    await make_due(hub, FEED)
    working = asyncio.create_task(run_worker(hub.url, hub.tools, pace=PACE))
    async with asyncio.timeout(BOUND_SECONDS):
        while await hub.query("SELECT run_end FROM feed_run") != [("PULLED",)]:  # noqa: ASYNC110 - another process' word has no event
            await asyncio.sleep(0.05)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    assert await pulls(hub) == ["PUBLISHED"]


@pytest.mark.parametrize("turns", [1, 3, 6, 10, 20, 40])
async def test_a_worker_stopped_as_it_starts_leaves_nothing_running(hub, turns):
    before = asyncio.all_tasks()
    working = asyncio.create_task(run_worker(hub.url, hub.tools, pace=PACE, feeds={}))
    for _ in range(turns):
        await asyncio.sleep(0)
    working.cancel()
    async with asyncio.timeout(BOUND_SECONDS):
        await asyncio.gather(working, return_exceptions=True)
    assert working.cancelled()
    assert not [task for task in asyncio.all_tasks() - before if "pool" in task.get_name()]
