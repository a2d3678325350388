"""Schedules: every feed's cron line as a periodic job of procrastinate, PostgreSQL its queue.

Any number of workers may run; a job waits in the queue at most once a feed, and one feed is pulled
by one worker at a time.
"""

import procrastinate
from psycopg.conninfo import make_conninfo

from federation.feed import Feed
from federation.members.registry import FEEDS
from hub.sync.pull import PullTools, pull

JOBS_AT_ONCE = 2
"""Pulls one worker runs side by side."""


def jobs(url: str, tools: PullTools) -> procrastinate.App:
    """Build the job queue's application: one periodic task a feed."""
    connector = procrastinate.PsycopgConnector(conninfo=make_conninfo(url))
    app = procrastinate.App(connector=connector)
    for feed in FEEDS.values():
        _schedule(app, feed, tools)
    return app


async def run_worker(url: str, tools: PullTools) -> None:
    """Run scheduled pulls until stopped."""
    app = jobs(url, tools)
    async with app.open_async():
        await app.run_worker_async(concurrency=JOBS_AT_ONCE)


def _schedule(app: procrastinate.App, feed: Feed, tools: PullTools) -> None:
    @app.periodic(cron=feed.cron)
    @app.task(name=f"pull {feed.id}", queueing_lock=feed.id, lock=feed.id)
    async def run(timestamp: int) -> None:  # noqa: ARG001 - the queue hands it over
        await pull(feed, tools)
