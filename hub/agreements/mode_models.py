"""The table of votes on the alliance's mode, and of what came of them.

Which votes count, and when they make a change, is `modes.py`'s matter; it alone writes here.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Column, Text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlmodel import Field, SQLModel

from hub.policy.principals import Mode


class ModeStep(StrEnum):
    """What happened."""

    VOTED = "VOTED"
    WITHDREW = "WITHDREW"
    CHANGED = "CHANGED"
    EXPIRED = "EXPIRED"


_STEPS = ", ".join(f"'{step}'" for step in ModeStep)


class ModeEvent(SQLModel, table=True):
    """One thing that happened. Events are appended and never change.

    `mode` and `until` are what a vote asks for, or what is in force from then on; a withdrawal has
    neither, and routine no end. `counted` are the members whose votes made a change. The actor of
    a change cast the last of them; an expiry has no actor.
    """

    __tablename__ = "mode_event"
    __table_args__ = (
        CheckConstraint(f"step IN ({_STEPS})", name="ck_mode_event_step"),
        CheckConstraint("(step = 'WITHDREW') = (mode IS NULL)", name="ck_mode_event_mode"),
        CheckConstraint(
            "(until IS NOT NULL) = (coalesce(mode, 'routine') <> 'routine') AND until > at",
            name="ck_mode_event_until",
        ),
        CheckConstraint("(step = 'EXPIRED') = (member IS NULL)", name="ck_mode_event_actor"),
    )

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    step: ModeStep = Field(sa_type=Text)
    at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=False, unique=True)
    )
    mode: Mode | None = Field(default=None, sa_type=Text)
    until: datetime | None = Field(
        default=None, sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=True)
    )
    reason: str = Field(sa_type=Text)
    counted: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    issuer: str | None = Field(default=None, sa_type=Text)
    client: str | None = Field(default=None, sa_type=Text)
    subject: str | None = Field(default=None, sa_type=Text)
    member: str | None = Field(default=None, sa_type=Text)
    organisation: str | None = Field(default=None, sa_type=Text)
    roles: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text), nullable=True))
    token_id: str | None = Field(default=None, sa_type=Text)
