"""Schedules: every feed's cron line as a periodic job of procrastinate, PostgreSQL its queue.

Any number of workers may run; a job waits in the queue at most once a feed, and one feed is pulled
by one worker at a time. What a job came to stands in the pull log, so done jobs leave the queue.
"""

import procrastinate
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import DeleteJobCondition, Status
from psycopg.conninfo import make_conninfo

from federation.feed import Feed
from federation.members.registry import FEEDS
from hub.search.index import bring_up_to_date
from hub.sync.entities import link_after
from hub.sync.pull import PullTools, pull

JOBS_AT_ONCE = 2
"""Pulls one worker runs side by side."""

TAKE_UP_CRON = "* * * * *"
"""How often jobs of workers that died are looked for, in UTC."""


def jobs(url: str, tools: PullTools) -> procrastinate.App:
    """Build the job queue's application: one periodic task a feed, and one that mends the queue."""
    connector = procrastinate.PsycopgConnector(conninfo=make_conninfo(url))
    app = procrastinate.App(connector=connector)
    for feed in FEEDS.values():
        _schedule(app, feed, tools)
    _mend(app)
    return app


async def run_worker(url: str, tools: PullTools) -> None:
    """Run scheduled pulls until stopped."""
    app = jobs(url, tools)
    async with app.open_async():
        await app.run_worker_async(
            concurrency=JOBS_AT_ONCE, delete_jobs=DeleteJobCondition.SUCCESSFUL
        )


def _schedule(app: procrastinate.App, feed: Feed, tools: PullTools) -> None:
    @app.periodic(cron=feed.cron)
    @app.task(name=f"pull {feed.id}", queueing_lock=feed.id, lock=feed.id)
    async def run(timestamp: int) -> None:  # noqa: ARG001 - the queue hands it over
        await link_after([await pull(feed, tools)], tools.pool)
        await bring_up_to_date(tools.pool)


def _mend(app: procrastinate.App) -> None:
    """Take up the jobs of workers that died: their locks would keep a feed from ever being pulled.

    Such a job runs again, unless one of the same feed is waiting already.
    """

    @app.periodic(cron=TAKE_UP_CRON)
    @app.task(name="take up stalled pulls", queueing_lock="take up stalled pulls")
    async def take_up(timestamp: int) -> None:  # noqa: ARG001 - the queue hands it over
        for job in await app.job_manager.get_stalled_jobs():
            try:
                await app.job_manager.retry_job(job)
            except UniqueViolation:
                await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
