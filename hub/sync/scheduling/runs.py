"""Runs: made when a feed is due, put off while it can't be pulled, ended once it was.

`make_due` is the scheduler's tick. Any number may tick: a slot has one run, by an index of the
database. What has to be known of a run to take it up again stands in its row and in the pull log,
so whoever is killed in the middle leaves nothing behind that another can't go on from.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from procrastinate import App
from psycopg import AsyncConnection, Rollback
from psycopg.rows import class_row

from federation.feed import Feed
from hub.sync.breaker import HOST_DOWN, SAYS_NOTHING
from hub.sync.scheduling.plan import Plan
from hub.sync.scheduling.queue import move, put, waiting_run
from hub.sync.scheduling.types import RunEnd
from hub.sync.types import Outcome

RETRIED = HOST_DOWN | SAYS_NOTHING | {"PULL_TIMEOUT", "SOURCE_MOVING"}
"""Codes of failures worth another try in the same run; the others wait for the next slot."""

FIRST_BACKOFF = timedelta(minutes=1)
MOST_BACKOFF = timedelta(hours=1)
"""A run is tried again after the first backoff, then after twice as long, up to the most."""

FREE_CUTS = 3
"""So often in a row a run whose worker died is taken up at once. It may be what kills them."""

_TICK = 7_214_007
"""Advisory lock of whoever ticks; any fixed number of the hub's own."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Run:
    """A run that has not ended. `asked_at` is when a person last wanted it at once."""

    id: int
    feed: str
    slot: datetime | None
    asked_at: datetime | None
    next_try_at: datetime
    is_paused: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """How a pull of a run ended."""

    pull_id: int
    outcome: Outcome
    code: str | None
    reason: str | None
    finished_at: datetime


@dataclass(frozen=True, slots=True)
class _Due:
    feed: str
    cron: str | None
    planned_by: str
    slot: datetime
    is_due: bool
    now: datetime


async def make_due(connection: AsyncConnection, queue: App, feeds: Mapping[str, Feed]) -> int:
    """Make the runs that are due, each with its job, and plan each feed's next; give their number.

    What came due while no scheduler ran is made up for by one run a feed.
    """
    cursor = await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", [_TICK])
    if not (await cursor.fetchone() or (False,))[0]:
        return 0
    # A scheduler that hangs must not keep the others from ticking.
    await connection.execute("SET LOCAL idle_in_transaction_session_timeout = '30s'")
    await _plan_new(connection, feeds)
    made = 0
    for due in await _to_plan(connection, feeds):
        plan = Plan.of(feeds[due.feed], due.cron)
        if due.is_due:
            made += await make_run(connection, queue, due.feed, slot=due.slot) is not None
            await plan_next(connection, plan, max(due.now, due.slot))
        elif due.planned_by != str(plan):
            await plan_next(connection, plan, due.now)
    return made + await _take_up_lost(connection, queue)


async def _plan_new(connection: AsyncConnection, feeds: Mapping[str, Feed]) -> None:
    cursor = await connection.execute(
        "SELECT feed, clock_timestamp() FROM unnest(%s::text[]) AS known(feed) "
        "WHERE NOT EXISTS (SELECT FROM feed_schedule s WHERE s.feed = known.feed)",
        [list(feeds)],
    )
    for feed, now in await cursor.fetchall():
        await plan_next(connection, Plan.of(feeds[feed]), now)


async def _to_plan(connection: AsyncConnection, feeds: Mapping[str, Feed]) -> list[_Due]:
    async with connection.cursor(row_factory=class_row(_Due)) as cursor:
        # A person who changes one of them right now is not waited for: the next tick sees it.
        await cursor.execute(
            "SELECT feed, cron, planned_by, slot, next_run_at <= clock_timestamp() AS is_due, "
            "clock_timestamp() AS now FROM feed_schedule "
            "WHERE feed = ANY(%s) AND paused_at IS NULL ORDER BY next_run_at "
            "FOR UPDATE SKIP LOCKED",
            [list(feeds)],
        )
        return await cursor.fetchall()


async def plan_next(connection: AsyncConnection, plan: Plan, after: datetime) -> datetime:
    """Plan a feed's next run for the first slot after an instant; give when it is due."""
    slot = plan.slot_after(after)
    due = plan.run_at(slot)
    await connection.execute(
        "INSERT INTO feed_schedule (feed, planned_by, slot, next_run_at) "
        "VALUES (%(feed)s, %(by)s, %(slot)s, %(due)s) ON CONFLICT (feed) DO UPDATE SET "
        "planned_by = excluded.planned_by, slot = excluded.slot, "
        "next_run_at = excluded.next_run_at",
        {"feed": plan.feed, "by": str(plan), "slot": slot, "due": due},
    )
    return due


async def make_run(
    connection: AsyncConnection,
    queue: App,
    feed: str,
    *,
    slot: datetime | None = None,
    event: int | None = None,
) -> int | None:
    """Make a run of a slot, or of what a person asked, with its job.

    Returns:
        None where the slot had its run, or one of the feed waits already and does for this too.
    """
    async with connection.transaction() as savepoint:
        cursor = await connection.execute(
            "INSERT INTO feed_run (feed, slot, event_id, made_at, asked_at, next_try_at) "
            "SELECT %(feed)s, %(slot)s, %(event)s, now, "
            "CASE WHEN %(event)s::bigint IS NOT NULL THEN now END, now "
            "FROM clock_timestamp() AS now ON CONFLICT (feed, slot) DO NOTHING RETURNING id",
            {"feed": feed, "slot": slot, "event": event},
        )
        row = await cursor.fetchone()
        if row and not await put(queue, connection, feed, row[0]):
            raise Rollback(savepoint)
        return int(row[0]) if row else None
    return None


async def ask_again(connection: AsyncConnection, feed: str) -> int | None:
    """Let the run of a feed that waits be pulled at once, and give it; None where none waits."""
    waiting = await waiting_run(connection, feed)
    if waiting is None:
        return None
    cursor = await connection.execute(
        "UPDATE feed_run SET asked_at = clock_timestamp(), next_try_at = clock_timestamp() "
        "WHERE id = %s RETURNING asked_at",
        [waiting],
    )
    for (asked_at,) in await cursor.fetchall():
        await move(connection, feed, asked_at)
    return waiting


async def find(connection: AsyncConnection, run: int) -> Run | None:
    """Find a run that has not ended; None for any other."""
    async with connection.cursor(row_factory=class_row(Run)) as cursor:
        await cursor.execute(
            "SELECT r.id, r.feed, r.slot, r.asked_at, r.next_try_at, "
            "s.paused_at IS NOT NULL AS is_paused FROM feed_run r "
            "LEFT JOIN feed_schedule s ON s.feed = r.feed WHERE r.id = %s AND r.ended_at IS NULL",
            [run],
        )
        return await cursor.fetchone()


async def attempts(connection: AsyncConnection, run: int) -> list[Attempt]:
    """Read how a run's pulls ended, the oldest first."""
    async with connection.cursor(row_factory=class_row(Attempt)) as cursor:
        await cursor.execute(
            "SELECT id AS pull_id, outcome, reason_code AS code, reason, finished_at FROM pull "
            "WHERE run_id = %s AND finished_at IS NOT NULL ORDER BY id",
            [run],
        )
        return await cursor.fetchall()


def next_try(done: Sequence[Attempt], first_backoff: timedelta = FIRST_BACKOFF) -> datetime | None:
    """Say from when a run that was pulled may be pulled again; None: it needs no other pull.

    Args:
        done: its pulls that ended, at least one, the oldest first.
        first_backoff: the wait after the first failure; each further one doubles it.
    """
    last = done[-1]
    if last.outcome != Outcome.FAILED or last.code not in RETRIED:
        return None
    cuts = 0
    while cuts < len(done) and done[-1 - cuts].code == "CUT_OFF":
        cuts += 1
    if 0 < cuts <= FREE_CUTS:
        return last.finished_at
    failures = cuts - FREE_CUTS if cuts else sum(each.code != "CUT_OFF" for each in done)
    return last.finished_at + min(first_backoff * (1 << min(failures - 1, 20)), MOST_BACKOFF)


async def put_off(connection: AsyncConnection, queue: App, run: Run, until: datetime) -> None:
    """Let a run wait; where a newer one of its feed waits already, that one pulls for both."""
    await connection.execute("UPDATE feed_run SET next_try_at = %s WHERE id = %s", [until, run.id])
    if await put(queue, connection, run.feed, run.id, until):
        return
    if await waiting_run(connection, run.feed) == run.id:
        await move(connection, run.feed, until)
    else:
        await end(connection, run.id, RunEnd.JOINED)


async def end(connection: AsyncConnection, run: int, how: RunEnd) -> None:
    """End a run, once."""
    await connection.execute(
        "UPDATE feed_run SET ended_at = clock_timestamp(), run_end = %s "
        "WHERE id = %s AND ended_at IS NULL",
        [how, run],
    )


async def _take_up_lost(connection: AsyncConnection, queue: App) -> int:
    """Give runs whose job is gone another: its worker died, or the queue was cleared."""
    async with connection.cursor(row_factory=class_row(Run)) as cursor:
        await cursor.execute(
            "SELECT r.id, r.feed, r.slot, r.asked_at, r.next_try_at, false AS is_paused "
            "FROM feed_run r WHERE r.ended_at IS NULL AND NOT EXISTS ("
            "SELECT FROM procrastinate_jobs j WHERE j.status IN ('todo', 'doing') "
            "AND j.args->>'run' = r.id::text) ORDER BY r.id"
        )
        lost = await cursor.fetchall()
    for run in lost:
        _log.info("run taken up again", feed=run.feed, run=run.id)
        await put_off(connection, queue, run, run.next_try_at)
    return len(lost)
