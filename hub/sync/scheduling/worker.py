"""Workers: they carry runs of feeds out as they come due, and keep the time for all of them.

Any number may run, anywhere; PostgreSQL is the queue. A job of a run that another worker brought
further takes it up from there. What a pull came to stands in the pull log, so done jobs leave the
queue. Start reading at `run_worker`.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial

import psycopg
import structlog
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import DeleteJobCondition, Status

from federation.feed import Feed
from federation.members.registry import FEEDS
from hub.sync import history
from hub.sync.alone import FeedBusy, FeedTurn, in_turn
from hub.sync.breaker import BreakerState, asked_host, feed_breakers, host_breakers
from hub.sync.pipeline import catch_up
from hub.sync.pull import PullResult, PullTools, pull
from hub.sync.retention import prune
from hub.sync.scheduling import runs
from hub.sync.scheduling.queue import PULL, queue_on
from hub.sync.scheduling.types import RunEnd

JOBS_AT_ONCE = 2
"""Pulls one worker runs side by side."""

PRUNE_CRON = "20 2 * * *"
"""When the landing is pruned, in UTC."""

Feeds = Mapping[str, Feed]

STOP_S = 5.0
"""How long a worker that is told to stop lets its pulls end; another takes them up again."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast workers look, in seconds; a worker that is silent for `dead_s` is taken for dead."""

    tick_s: float = 15.0
    heartbeat_s: float = 10.0
    dead_s: float = 30.0
    busy_s: float = 15.0
    first_backoff: timedelta = runs.FIRST_BACKOFF


USUAL = Pace()


async def run_worker(
    url: str,
    tools: PullTools,
    *,
    jobs_at_once: int = JOBS_AT_ONCE,
    pace: Pace = USUAL,
    feeds: Feeds = FEEDS,
) -> None:
    """Keep the time and carry runs out until stopped; without jobs, only keep the time."""
    queue = jobs(url, tools, pace, feeds)
    async with _opened(queue), _keeping_time(queue, tools, pace, feeds) as keeper:
        if not jobs_at_once:
            await keeper
            return
        await queue.run_worker_async(
            concurrency=jobs_at_once,
            delete_jobs=DeleteJobCondition.ALWAYS,
            update_heartbeat_interval=pace.heartbeat_s,
            stalled_worker_timeout=pace.dead_s,
            fetch_job_polling_interval=min(pace.tick_s, 5.0),
            shutdown_graceful_timeout=STOP_S,
            install_signal_handlers=False,  # whoever runs this cancels it
        )


@asynccontextmanager
async def _opened(queue: App) -> AsyncIterator[None]:
    """Open the queue; a stop meanwhile waits until it is, for its pool half open never ends."""
    opening = asyncio.ensure_future(queue.connector.open_async())
    try:
        await asyncio.shield(opening)
        yield
    finally:
        await asyncio.wait({opening})
        await queue.close_async()


def jobs(url: str, tools: PullTools, pace: Pace = USUAL, feeds: Feeds = FEEDS) -> App:
    """Build the queue's application: its task, and the daily pruning of the landing."""
    queue = queue_on(url)
    work = _Work(queue, tools, pace, feeds)

    @queue.task(name=PULL)
    async def carry_out(run: int) -> None:
        await work.carry_out(run)

    @queue.periodic(cron=PRUNE_CRON)
    @queue.task(name="prune the landing", queueing_lock="prune the landing")
    async def prune_landing(timestamp: int) -> None:  # noqa: ARG001 - the queue hands it over
        await prune(tools)

    return queue


@asynccontextmanager
async def _keeping_time(
    queue: App, tools: PullTools, pace: Pace, feeds: Feeds
) -> AsyncIterator["asyncio.Task[None]"]:
    """Tick for as long as the block lasts."""
    keeper = asyncio.create_task(_keep_time(queue, tools, pace, feeds), name="scheduler")
    try:
        yield keeper
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)


async def _keep_time(queue: App, tools: PullTools, pace: Pace, feeds: Feeds) -> None:
    while True:
        try:
            await tick(queue, tools, pace, feeds)
        except (psycopg.Error, ConnectorException):
            _log.warning("the schedule could not be looked at", exc_info=True)
        await asyncio.sleep(pace.tick_s)


async def tick(queue: App, tools: PullTools, pace: Pace = USUAL, feeds: Feeds = FEEDS) -> None:
    """Make what is due, and end what the dead left: pulls, and jobs whose feeds would wait."""
    for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=pace.dead_s):
        with suppress(ConnectorException):  # it ended meanwhile
            await queue.job_manager.finish_job(job, Status.FAILED, delete_job=True)
    async with tools.pool.connection() as connection:
        await history.end_cut_off(connection, tools.limit_seconds)
    async with tools.pool.connection() as connection:
        await runs.make_due(connection, queue, feeds)


@dataclass(frozen=True, slots=True)
class _Work:
    """What a worker's jobs work with."""

    queue: App
    tools: PullTools
    pace: Pace
    feeds: Feeds

    async def carry_out(self, run_id: int) -> None:
        """Bring a run as far as it goes now."""
        async with self.tools.pool.connection() as connection:
            run = await runs.find(connection, run_id)
        if run is None:
            return
        feed = self.feeds.get(run.feed)
        if feed is None or (run.is_paused and not run.asked_at):
            await self._end(run, RunEnd.CANCELLED)
            return
        try:
            done = await in_turn(self.tools.pool, feed.id, partial(self._pull, run, feed))
        except FeedBusy:
            await self._put_off(run, None)
            return
        if isinstance(done, datetime):
            await self._put_off(run, done)
            return
        await catch_up(self.tools.pool)
        await self._end(run, RunEnd.PULLED)

    async def _pull(self, run: runs.Run, feed: Feed, turn: FeedTurn) -> PullResult | datetime:
        """Pull a feed if it may be now; give how it ended, or from when to try again."""
        look = await self._look(run, feed)
        if look.last and look.until is None:
            # A worker died after this run's last pull.
            return PullResult(feed.id, look.last.outcome)
        if look.until and look.until > look.now:
            return look.until
        if look.is_trial and not await turn.also(f"host {asked_host(feed, self.tools.base_urls)}"):
            raise FeedBusy(
                f"another feed tries the host of `{feed.id}`: it waits for how that ends"
            )
        result = await pull(feed, self.tools, run=run.id)
        until = (await self._look(run, feed)).until
        return result if until is None else max(until, result.retry_at or until)

    async def _look(self, run: runs.Run, feed: Feed) -> "_Look":
        """See where a run stands, by the database's clock."""
        host = asked_host(feed, self.tools.base_urls)
        async with self.tools.pool.connection() as connection:
            cursor = await connection.execute("SELECT clock_timestamp()")
            (now,) = await cursor.fetchone() or (datetime.now(UTC),)
            done = await runs.attempts(connection, run.id)
            feeds = await feed_breakers(connection, [feed.id])
            hosts = await host_breakers(connection, [host] if host else [])
        last = done[-1] if done else None
        is_trial = any(each.state_at(now) is BreakerState.HALF_OPEN for each in hosts.values())
        until = runs.next_try(done, self.pace.first_backoff) if done else run.next_try_at
        if until is not None:
            is_asked = run.asked_at and (last is None or last.finished_at < run.asked_at)
            pauses = [each.open_until for each in (*feeds.values(), *hosts.values())]
            waits = [run.next_try_at, until, *filter(None, pauses)]
            until = now if is_asked else max(waits)
        return _Look(now, last, until, is_trial)

    async def _put_off(self, run: runs.Run, until: datetime | None) -> None:
        until = until or datetime.now(UTC) + timedelta(seconds=self.pace.busy_s)
        async with self.tools.pool.connection() as connection:
            await runs.put_off(connection, self.queue, run, until)

    async def _end(self, run: runs.Run, how: RunEnd) -> None:
        async with self.tools.pool.connection() as connection:
            await runs.end(connection, run.id, how)


@dataclass(frozen=True, slots=True)
class _Look:
    """Where a run stands: its last pull, and from when it may be pulled; None: it is over.

    `is_trial`: its host's breaker is half open, and lets one pull try.
    """

    now: datetime
    last: runs.Attempt | None
    until: datetime | None
    is_trial: bool
