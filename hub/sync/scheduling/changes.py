"""What people change of a feed's schedule: pause, resume, another cron line, a pull at once.

Each change is kept as an event: who did what, when and why. An agency may change the schedules of
its own member's feeds, the secretariat those of all. The caller owns the transaction.
"""

from dataclasses import dataclass
from datetime import datetime

from procrastinate import App
from psycopg import AsyncConnection, AsyncCursor
from psycopg.rows import class_row
from psycopg.sql import SQL, Identifier, Literal

from federation.feed import Feed
from federation.members.registry import FEEDS
from hub.errors import Conflict, Forbidden, NotFound
from hub.identity.trust.actors import ACTOR
from hub.identity.types import Caller, Role
from hub.reason import checked_reason
from hub.sync.scheduling.plan import Plan, checked_line
from hub.sync.scheduling.runs import ask_again, make_run, plan_next
from hub.sync.scheduling.types import ScheduleStep


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that was done to a feed's schedule."""

    feed: str
    step: ScheduleStep
    cron: str | None
    client: str
    subject: str
    member: str
    at: datetime
    reason: str


async def pause(connection: AsyncConnection, caller: Caller, feed_id: str, reason: str) -> None:
    """Have a feed pulled no more by its schedule. A pull under way goes on.

    Raises:
        NotFound, Forbidden, InvalidInput: as `changeable`, or no reason.
        Conflict: it is paused already.
    """
    feed = changeable(caller, feed_id)
    paused_at = await _locked(connection, feed)
    if paused_at is not None:
        raise Conflict(
            f"`{feed.id}` has been paused since {paused_at:%Y-%m-%d %H:%M} UTC: "
            "resume it, or leave it so"
        )
    await _keep(connection, caller, feed, ScheduleStep.PAUSED, reason)
    await connection.execute(
        "UPDATE feed_schedule SET paused_at = clock_timestamp(), paused_by = %s, pause_reason = %s "
        "WHERE feed = %s",
        [caller.subject, reason.strip(), feed.id],
    )


async def resume(connection: AsyncConnection, caller: Caller, feed_id: str, reason: str) -> None:
    """Have a paused feed pulled again, from its next slot on: what it missed is not made up for.

    Raises:
        NotFound, Forbidden, InvalidInput: as `changeable`, or no reason.
        Conflict: it is not paused.
    """
    feed = changeable(caller, feed_id)
    if await _locked(connection, feed) is None:
        raise Conflict(f"`{feed.id}` is not paused and is pulled by its schedule: pause it first")
    await _keep(connection, caller, feed, ScheduleStep.RESUMED, reason)
    await connection.execute(
        "UPDATE feed_schedule SET paused_at = NULL, paused_by = NULL, pause_reason = NULL "
        "WHERE feed = %s",
        [feed.id],
    )
    await _plan(connection, feed)


async def reschedule(
    connection: AsyncConnection, caller: Caller, feed_id: str, cron: str | None, reason: str
) -> None:
    """Have a feed pulled by another cron line on its member's clock; None: by its own again.

    Raises:
        NotFound, Forbidden, InvalidInput: as `changeable` and `checked_line`, or no reason.
    """
    feed = changeable(caller, feed_id)
    line = None if cron is None else checked_line(cron)
    await _locked(connection, feed)
    await _keep(connection, caller, feed, ScheduleStep.RESCHEDULED, reason, cron=line or feed.cron)
    await connection.execute("UPDATE feed_schedule SET cron = %s WHERE feed = %s", [line, feed.id])
    await _plan(connection, feed)


async def trigger(
    connection: AsyncConnection, queue: App, caller: Caller, feed_id: str, reason: str
) -> None:
    """Have a feed pulled as soon as a worker is free, paused or not, and whatever its breaker says.

    Raises:
        NotFound, Forbidden, InvalidInput: as `changeable`, or no reason.
    """
    feed = changeable(caller, feed_id)
    await _locked(connection, feed)
    event = await _keep(connection, caller, feed, ScheduleStep.TRIGGERED, reason)
    if await make_run(connection, queue, feed.id, event=event) is None:
        await ask_again(connection, feed.id)


async def changes(connection: AsyncConnection, feed: str, first: int) -> list[Change]:
    """Read what was done to a feed's schedule, the newest first."""
    async with AsyncCursor(connection, row_factory=class_row(Change)) as cursor:
        await cursor.execute(
            "SELECT feed, step, cron, client, subject, member, at, reason "
            "FROM feed_schedule_event WHERE feed = %s ORDER BY id DESC LIMIT %s",
            [feed, first],
        )
        return await cursor.fetchall()


def changeable(caller: Caller, feed_id: str) -> Feed:
    """Find a feed whose schedule the caller may change.

    Raises:
        NotFound: there is no such feed.
        Forbidden: it is another member's, or the caller no agency, code `NOT_YOURS`.
    """
    feed = FEEDS.get(feed_id)
    if feed is None:
        raise NotFound(f"no feed `{feed_id[:60]}`: `members {{ feeds {{ id }} }}` lists them")
    is_own = Role.AGENCY in caller.roles and caller.member == feed.member
    if not is_own and Role.SECRETARIAT not in caller.roles:
        raise Forbidden(
            f"the schedule of `{feed.id}` is {feed.member}'s: its agency or the secretariat "
            "changes it, ask with a client of theirs",
            code="NOT_YOURS",
        )
    return feed


async def _locked(connection: AsyncConnection, feed: Feed) -> datetime | None:
    """Be the only one who changes a feed's schedule; give since when it is paused."""
    found = await _row(connection, feed)
    if found is None:
        await _plan(connection, feed)
        found = await _row(connection, feed)
    if found is None:
        raise AssertionError("a schedule that was planned is not there")
    paused_at: datetime | None = found[0]
    return paused_at


async def _row(
    connection: AsyncConnection, feed: Feed
) -> tuple[datetime | None, str | None] | None:
    cursor = await connection.execute(
        "SELECT paused_at, cron FROM feed_schedule WHERE feed = %s FOR UPDATE", [feed.id]
    )
    return await cursor.fetchone()


async def _plan(connection: AsyncConnection, feed: Feed) -> None:
    found = await _row(connection, feed)
    cursor = await connection.execute("SELECT clock_timestamp()")
    [(now,)] = await cursor.fetchall()
    await plan_next(connection, Plan.of(feed, found and found[1]), now)


async def _keep(
    connection: AsyncConnection,
    caller: Caller,
    feed: Feed,
    step: ScheduleStep,
    reason: str,
    *,
    cron: str | None = None,
) -> int:
    reason = checked_reason(reason)
    values = {name: getattr(caller, name) for name in ACTOR}
    values |= {"roles": sorted(caller.roles), "feed": feed.id, "step": step.value}
    values |= {"cron": cron, "reason": reason}
    cursor = await connection.execute(
        SQL(
            "INSERT INTO feed_schedule_event (at, {}) VALUES (clock_timestamp(), {}) RETURNING id"
        ).format(
            SQL(", ").join(map(Identifier, values)), SQL(", ").join(map(Literal, values.values()))
        )
    )
    [(event,)] = await cursor.fetchall()
    return int(event)
