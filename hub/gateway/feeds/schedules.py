"""Feeds' schedules in GraphQL: where they stand, and what agencies change of their own.

Who may is `hub.sync.scheduling.changes`' matter. Each change is a transaction of its own.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import Enum

import strawberry
from psycopg import AsyncConnection
from strawberry.dataloader import DataLoader

from hub.gateway.execution.executor import Info
from hub.gateway.planning.paging import DEFAULT_PAGE, page_size
from hub.gateway.reading import reading
from hub.identity.types import Caller
from hub.store.database import Pool
from hub.sync.breaker import Breaker, BreakerState
from hub.sync.scheduling import changes as schedule_changes
from hub.sync.scheduling.queue import queue_on
from hub.sync.scheduling.standing import Standing, Waiting, standings
from hub.sync.scheduling.types import ScheduleStep

Schedules = DataLoader[str, Standing]

_QUEUE = queue_on()


@strawberry.enum(description="Whether a breaker lets pulls through.")
class FeedBreakerState(Enum):
    """Whether a breaker lets pulls through."""

    CLOSED = BreakerState.CLOSED
    OPEN = BreakerState.OPEN
    HALF_OPEN = strawberry.enum_value(
        BreakerState.HALF_OPEN, description="Its pause is over: one pull may try."
    )


@strawberry.enum(description="What a person did to a feed's schedule.")
class FeedScheduleStep(Enum):
    """What a person did to a feed's schedule."""

    PAUSED = ScheduleStep.PAUSED
    RESUMED = ScheduleStep.RESUMED
    RESCHEDULED = ScheduleStep.RESCHEDULED
    TRIGGERED = ScheduleStep.TRIGGERED


@strawberry.type(description="What keeps a source that fails again and again from being asked.")
class SourceBreaker:
    """A breaker of a feed or a host."""

    name: str = strawberry.field(description="The feed's id, or the host.")
    state: FeedBreakerState
    failures: int = strawberry.field(description="Pulls that failed in a row.")
    open_until: datetime | None = strawberry.field(
        description="When one pull may try; null while it is closed."
    )
    reason: str | None = strawberry.field(description="Why the last of them failed.")

    @classmethod
    def of(cls, breaker: Breaker, now: datetime) -> "SourceBreaker":
        """Show a breaker."""
        return cls(
            name=breaker.name,
            state=FeedBreakerState(breaker.state_at(now)),
            failures=breaker.failures,
            open_until=breaker.open_until,
            reason=breaker.reason,
        )


@strawberry.type(description="The breakers of a feed and of the host it is pulled from.")
class FeedBreaker:
    """A feed's breakers."""

    feed: SourceBreaker
    host: SourceBreaker | None = strawberry.field(description="Null before its first pull.")

    @classmethod
    def of(cls, standing: Standing) -> "FeedBreaker":
        """Show a feed's breakers."""
        host = SourceBreaker.of(standing.host, standing.now) if standing.host else None
        return cls(feed=SourceBreaker.of(standing.breaker, standing.now), host=host)


@strawberry.type(description="A run that is due and has not ended.")
class FeedRun:
    """A run that has not ended."""

    slot: datetime | None = strawberry.field(
        description="The instant of the cron line it is of; null where a person asked for it."
    )
    since: datetime
    attempts: int = strawberry.field(description="Pulls of it that have ended.")
    next_try_at: datetime
    is_pulling: bool

    @classmethod
    def of(cls, run: Waiting) -> "FeedRun":
        """Show a run."""
        return cls(
            slot=run.slot,
            since=run.made_at,
            attempts=run.attempts,
            next_try_at=run.next_try_at,
            is_pulling=run.is_pulling,
        )


@strawberry.type(description="A change of a feed's schedule, or a pull that somebody asked for.")
class FeedScheduleChange:
    """What was done to a schedule."""

    step: FeedScheduleStep
    cron: str | None = strawberry.field(description="The line it became.")
    client: str
    subject: str
    member: str
    at: datetime
    reason: str

    @classmethod
    def of(cls, change: schedule_changes.Change) -> "FeedScheduleChange":
        """Show a change."""
        return cls(
            step=FeedScheduleStep(change.step),
            cron=change.cron,
            client=change.client,
            subject=change.subject,
            member=change.member,
            at=change.at,
            reason=change.reason,
        )


async def _changes(
    root: strawberry.Parent["FeedSchedule"], info: Info, first: int = DEFAULT_PAGE
) -> list[FeedScheduleChange]:
    async with reading(info.context.pool) as connection:
        found = await schedule_changes.changes(connection, root.feed, page_size(first))
    return list(map(FeedScheduleChange.of, found))


@strawberry.type(description="When a feed is pulled.")
class FeedSchedule:
    """When a feed is pulled."""

    feed: strawberry.ID
    cron: str = strawberry.field(description="Minute, hour, day, month and weekday.")
    time_zone: str = strawberry.field(description="Where the line's clock hangs.")
    is_own_line: bool = strawberry.field(description="Whether the member changed the line.")
    next_run_at: datetime | None = strawberry.field(
        description="With its jitter. Null while paused, and before a worker planned it."
    )
    paused_at: datetime | None
    paused_by: str | None
    pause_reason: str | None
    run: FeedRun | None = strawberry.field(description="The run that waits or is under way.")
    changes: list[FeedScheduleChange] = strawberry.field(
        resolver=_changes, description="What people did to it, the newest first."
    )

    @classmethod
    def of(cls, standing: Standing) -> "FeedSchedule":
        """Show a schedule."""
        return cls(
            feed=strawberry.ID(standing.feed),
            cron=standing.cron,
            time_zone=standing.time_zone,
            is_own_line=standing.is_own_line,
            next_run_at=standing.next_run_at,
            paused_at=standing.paused_at,
            paused_by=standing.paused_by,
            pause_reason=standing.pause_reason,
            run=FeedRun.of(standing.waiting) if standing.waiting else None,
        )


@strawberry.input(description="Which feed, and why.")
class FeedChangeInput:
    """Which feed, and why."""

    feed: strawberry.ID
    reason: str


@strawberry.input(description="A feed's new cron line, and why.")
class FeedScheduleInput:
    """A feed's new cron line, and why."""

    feed: strawberry.ID
    cron: str | None = strawberry.field(
        description="Minute, hour, day, month and weekday on the member's clock, such as "
        "`30 4 * * 1-5`; at least five minutes between two runs. Null: the feed's own line again."
    )
    reason: str


def schedule_loader(pool: Pool) -> Schedules:
    """Load where feeds' schedules stand, those of one answer at once."""

    async def load(feeds: list[str]) -> list[Standing]:
        async with reading(pool) as connection:
            found = await standings(connection, feeds)
        return [found[feed] for feed in feeds]

    return DataLoader(load)


def schedule_mutations() -> dict[str, object]:
    """Make the root fields that change schedules."""
    whose = "For the agency of the feed's member, and for the secretariat."
    return {
        "pause_feed": _on_feed(
            schedule_changes.pause, f"Have a feed pulled no more by its schedule. {whose}"
        ),
        "resume_feed": _on_feed(
            schedule_changes.resume,
            f"Have a paused feed pulled again, from its next slot on. {whose}",
        ),
        "schedule_feed": strawberry.mutation(
            resolver=_schedule, description=f"Have a feed pulled by another cron line. {whose}"
        ),
        "pull_feed": _on_feed(
            _trigger,
            "Have a feed pulled as soon as a worker is free, paused or not, whatever "
            f"its breaker says. {whose}",
        ),
    }


Step = Callable[[AsyncConnection, Caller, str, str], Awaitable[None]]
"""A change of a feed's schedule by a person, with the reason."""


def _on_feed(step: Step, description: str) -> object:
    async def resolve(info: Info, input: FeedChangeInput) -> FeedSchedule | None:  # noqa: A002
        async with reading(info.context.desks.writing) as connection:
            await step(connection, info.context.caller, input.feed, input.reason)
            return await _standing(connection, input.feed)

    return strawberry.mutation(resolver=resolve, description=description)


async def _schedule(
    info: Info,
    input: FeedScheduleInput,  # noqa: A002 - GraphQL's usual name
) -> FeedSchedule | None:
    async with reading(info.context.desks.writing) as connection:
        caller = info.context.caller
        await schedule_changes.reschedule(connection, caller, input.feed, input.cron, input.reason)
        return await _standing(connection, input.feed)


async def _trigger(connection: AsyncConnection, caller: Caller, feed: str, reason: str) -> None:
    await schedule_changes.trigger(connection, _QUEUE, caller, feed, reason)


async def _standing(connection: AsyncConnection, feed: str) -> FeedSchedule:
    return FeedSchedule.of((await standings(connection, [feed]))[feed])
