"""Schedules: one periodic job a feed, and a worker that runs what is due."""

import asyncio
from datetime import UTC, datetime

import psycopg
import pytest
from procrastinate.exceptions import AlreadyEnqueued

from federation.members.registry import FEEDS
from hub.sync.schedule import jobs

BOUND_SECONDS = 20


@pytest.fixture
async def queue(hub):
    """The job queue of a hub."""
    app = jobs(hub.url, hub.tools)
    async with app.open_async():
        yield app


async def _work(app):
    """Run a worker until nothing waits; what the clock makes due meanwhile is not wanted here."""
    app.periodic_registry.periodic_tasks.clear()
    async with asyncio.timeout(BOUND_SECONDS):
        await app.run_worker_async(
            wait=False, listen_notify=False, install_signal_handlers=False, concurrency=2
        )


def _periodic(app):
    return {task.task.name: task for task in app.periodic_registry.periodic_tasks.values()}


async def test_every_feed_has_one_periodic_job_with_both_locks(queue):
    periodic = _periodic(queue)
    assert set(periodic) == {f"pull {feed}" for feed in FEEDS} | {"take up stalled pulls"}
    for name, feed in FEEDS.items():
        task = periodic[f"pull {name}"]
        assert task.cron == feed.cron
        assert (task.task.lock, task.task.queueing_lock) == (name, name)


async def test_cron_lines_are_read_in_utc(queue):
    task = _periodic(queue)["pull kr.mfds_shortages"]
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC).timestamp()
    due = task.croniter.get_next(ret_type=float, start_time=noon)
    assert datetime.fromtimestamp(due, UTC) == datetime(2026, 1, 2, 4, 30, tzinfo=UTC)


async def test_pull_waits_in_the_queue_once_a_feed(queue):
    await queue.tasks["pull eu.fr_products"].defer_async(timestamp=0)
    with pytest.raises(AlreadyEnqueued):
        await queue.tasks["pull eu.fr_products"].defer_async(timestamp=60)
    await queue.tasks["pull eu.fr_shortages"].defer_async(timestamp=0)


async def test_worker_runs_a_waiting_pull_for_real_once(hub, queue):
    await queue.tasks["pull eu.fr_products"].defer_async(timestamp=0)
    await _work(queue)
    await _work(queue)
    assert await hub.query("SELECT feed, outcome FROM pull") == [("eu.fr_products", "PUBLISHED")]
    (records,) = await hub.last("eu.fr_products", "records")
    assert await hub.query("SELECT count(*) FROM product") == [(records,)]


async def test_failed_pull_is_a_done_job_whose_reason_stands_in_the_pull_log(hub, queue, members):
    async with members.faulty("eu.fr_products", "error-500"):
        await queue.tasks["pull eu.fr_products"].defer_async(timestamp=0)
        await _work(queue)
    assert await hub.query("SELECT outcome FROM pull") == [("FAILED",)]
    assert await hub.query(
        "SELECT status::text FROM procrastinate_jobs WHERE task_name = 'pull eu.fr_products'"
    ) == [("succeeded",)]


async def _die_with_a_job(hub, feed):
    """Leave behind what a killed worker leaves: a job being done by a worker that is silent."""
    async with await psycopg.AsyncConnection.connect(hub.url, autocommit=True) as connection:
        await connection.execute(
            "WITH dead AS (INSERT INTO procrastinate_workers (last_heartbeat) "
            "VALUES (now() - interval '1 hour') RETURNING id) "
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM dead) "
            "WHERE task_name = %s",
            [f"pull {feed}"],
        )


async def test_job_of_a_killed_worker_is_taken_up_again(hub, queue):
    await queue.tasks["pull eu.fr_products"].defer_async(timestamp=0)
    await _die_with_a_job(hub, "eu.fr_products")
    await _work(queue)
    assert await hub.query("SELECT count(*) FROM pull") == [(0,)], "its lock still holds"
    await queue.tasks["take up stalled pulls"].defer_async(timestamp=0)
    await _work(queue)
    await _work(queue)
    assert await hub.query("SELECT outcome FROM pull") == [("PUBLISHED",)]


async def test_job_of_a_killed_worker_gives_way_to_one_that_waits_already(hub, queue):
    await queue.tasks["pull eu.fr_products"].defer_async(timestamp=0)
    await _die_with_a_job(hub, "eu.fr_products")
    await queue.tasks["pull eu.fr_products"].defer_async(timestamp=60)
    await queue.tasks["take up stalled pulls"].defer_async(timestamp=0)
    await _work(queue)
    await _work(queue)
    assert await hub.query("SELECT outcome FROM pull") == [("PUBLISHED",)]
    assert await hub.query(
        "SELECT status::text FROM procrastinate_jobs WHERE task_name = 'pull eu.fr_products' "
        "ORDER BY id"
    ) == [("failed",), ("succeeded",)]


async def test_job_of_a_living_worker_is_left_alone(hub, queue):
    await queue.tasks["pull eu.fr_products"].defer_async(timestamp=0)
    async with await psycopg.AsyncConnection.connect(hub.url, autocommit=True) as connection:
        await connection.execute(
            "WITH busy AS (INSERT INTO procrastinate_workers (last_heartbeat) "
            "VALUES (now()) RETURNING id) "
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM busy)"
        )
    await queue.tasks["take up stalled pulls"].defer_async(timestamp=0)
    await _work(queue)
    assert await hub.query("SELECT count(*) FROM pull") == [(0,)]
