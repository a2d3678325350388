"""Tables of the schedules: when each feed is next due, who changed that, and the runs it led to.

`runs.py` makes and ends runs, `changes.py` writes what people change. How a run's
pulls went is in the pull log (`hub/sync/models.py`), where each names its run.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlmodel import Field, SQLModel

from hub.sync.scheduling.types import RunEnd, ScheduleStep

_STEPS = ", ".join(f"'{step}'" for step in ScheduleStep)
_ENDS = ", ".join(f"'{end}'" for end in RunEnd)


def _instant(*, nullable: bool = False) -> Any:
    return Field(sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=nullable))


class FeedSchedule(SQLModel, table=True):
    """When a feed is due. `cron` is the member's own line; null where the feed's holds.

    `slot` is the instant that the line names next, and `next_run_at` that with its jitter.
    `planned_by` is the line and time zone they were worked out from.
    """

    __tablename__ = "feed_schedule"

    feed: str = Field(sa_type=Text, primary_key=True)
    cron: str | None = Field(default=None, sa_type=Text)
    planned_by: str = Field(sa_type=Text)
    slot: datetime = _instant()
    next_run_at: datetime = _instant()
    paused_at: datetime | None = _instant(nullable=True)
    paused_by: str | None = Field(default=None, sa_type=Text)
    pause_reason: str | None = Field(default=None, sa_type=Text)


class FeedScheduleEvent(SQLModel, table=True):
    """One thing that a person did to a feed's schedule, and why; `cron` is what it became."""

    __tablename__ = "feed_schedule_event"
    __table_args__ = (CheckConstraint(f"step IN ({_STEPS})", name="ck_feed_schedule_event_step"),)

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    feed: str = Field(sa_type=Text, index=True)
    step: ScheduleStep = Field(sa_type=Text)
    cron: str | None = Field(default=None, sa_type=Text)
    issuer: str = Field(sa_type=Text)
    client: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    member: str = Field(sa_type=Text)
    organisation: str = Field(sa_type=Text)
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    token_id: str = Field(sa_type=Text)
    at: datetime = _instant()
    reason: str = Field(sa_type=Text)


class FeedRun(SQLModel, table=True):
    """One run of a feed: of a slot of its cron line, or because a person asked (`event_id`).

    It ends with the first pull that needs no other after it. `asked_at` is when a person last asked
    for it at once, `next_try_at` before which it is not pulled otherwise.
    """

    __tablename__ = "feed_run"
    __table_args__ = (
        # One slot, one run, however many schedulers there are.
        Index("uq_feed_run_slot", "feed", "slot", unique=True),
        Index("ix_feed_run_open", "feed", postgresql_where=text("ended_at IS NULL")),
        CheckConstraint("num_nonnulls(slot, event_id) > 0", name="ck_feed_run_cause"),
        CheckConstraint(
            f"(ended_at IS NULL) = (run_end IS NULL) AND run_end IN ({_ENDS})",
            name="ck_feed_run_end",
        ),
    )

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    feed: str = Field(sa_type=Text)
    slot: datetime | None = _instant(nullable=True)
    event_id: int | None = Field(
        default=None,
        sa_column=Column(BigInteger, ForeignKey("feed_schedule_event.id"), nullable=True),
    )
    made_at: datetime = _instant()
    asked_at: datetime | None = _instant(nullable=True)
    next_try_at: datetime = _instant()
    ended_at: datetime | None = _instant(nullable=True)
    run_end: RunEnd | None = Field(default=None, sa_type=Text, nullable=True)
