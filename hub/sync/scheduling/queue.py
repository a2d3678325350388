"""The job queue: procrastinate's, whose tables are the database's own.

A job says which run is due, and nothing else; it waits at most once a feed. What a run is and how
far it came is in `runs.py`, so a job that is lost or done twice does no harm.
"""

from datetime import datetime

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo

PULL = "pull a feed"


def queue_on(url: str = "") -> App:
    """Make the queue's application. Without a URL, it can only put jobs in by `put`."""
    return App(connector=PsycopgConnector(conninfo=make_conninfo(url)))


async def put(
    queue: App, connection: AsyncConnection, feed: str, run: int, at: datetime | None = None
) -> bool:
    """Let a run's job wait until an instant, in the connection's transaction.

    Returns:
        False where a job of the feed waits already, this run's or another's.
    """
    job = queue.configure_task(
        PULL,
        lock=_lock(feed),
        queueing_lock=_lock(feed),
        schedule_at=at,
        task_kwargs={"run": run},
        connection=connection,
    )
    try:
        async with connection.transaction():
            await job.defer_async()
    except AlreadyEnqueued:
        return False
    return True


async def waiting_run(connection: AsyncConnection, feed: str) -> int | None:
    """Find the run of a feed whose job waits; None where none does."""
    cursor = await connection.execute(
        "SELECT (args->>'run')::bigint FROM procrastinate_jobs "
        "WHERE queueing_lock = %s AND status = 'todo'",
        [_lock(feed)],
    )
    row: tuple[int] | None = await cursor.fetchone()
    return row and row[0]


async def move(connection: AsyncConnection, feed: str, at: datetime) -> None:
    """Let the job of a feed that waits wait until another instant."""
    await connection.execute(
        "UPDATE procrastinate_jobs SET scheduled_at = %s "
        "WHERE queueing_lock = %s AND status = 'todo'",
        [at, _lock(feed)],
    )


def _lock(feed: str) -> str:
    return f"feed {feed}"
