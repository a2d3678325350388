"""Tables of what becomes of held pulls, and of the modes that were set for feeds' gates.

`pulls.py` reads and writes them, for `hub/sync/releasing.py` too. Why a pull was held, with the
figures, stands in the pull log (`hub/sync/models.py`).
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlmodel import Field, SQLModel

from federation.gate import GateMode
from hub.sync.held.types import HeldState, HeldStep


def _among(table: str, column: str, values: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"ck_{table}_{column}")


def _now(*, nullable: bool = False) -> Column[datetime]:
    return Column(TIMESTAMP(timezone=True, precision=3), nullable=nullable)


class HeldPull(SQLModel, table=True):
    """A held pull that someone is to decide on; the pull log has its reason and figures.

    INVARIANT: one is open a feed at most. `released_as` is the pull that published its bytes.
    """

    __tablename__ = "held_pull"
    __table_args__ = (
        _among("held_pull", "state", HeldState),
        CheckConstraint(
            "(state = 'RELEASED') = (released_as IS NOT NULL)", name="ck_held_pull_released_as"
        ),
        Index("uq_held_pull_open", "feed", unique=True, postgresql_where=text("state = 'OPEN'")),
    )

    pull_id: int = Field(
        sa_column=Column(BigInteger, ForeignKey("pull.id", ondelete="CASCADE"), primary_key=True)
    )
    feed: str = Field(sa_type=Text, index=True)
    since: datetime = Field(sa_column=_now())
    state: HeldState = Field(sa_type=Text)
    released_as: int | None = Field(
        default=None, sa_column=Column(BigInteger, ForeignKey("pull.id"), nullable=True)
    )


class HeldPullEvent(SQLModel, table=True):
    """One thing that happened to a held pull; the hub's own doings have no actor."""

    __tablename__ = "held_pull_event"
    __table_args__ = (_among("held_pull_event", "step", HeldStep),)

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    pull_id: int = Field(
        sa_column=Column(
            BigInteger,
            ForeignKey("held_pull.pull_id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        )
    )
    step: HeldStep = Field(sa_type=Text)
    at: datetime = Field(sa_column=_now())
    reason: str = Field(sa_type=Text)
    issuer: str | None = Field(default=None, sa_type=Text)
    client: str | None = Field(default=None, sa_type=Text)
    subject: str | None = Field(default=None, sa_type=Text)
    member: str | None = Field(default=None, sa_type=Text)
    organisation: str | None = Field(default=None, sa_type=Text)
    roles: list[str] | None = Field(default=None, sa_column=Column(ARRAY(Text), nullable=True))
    token_id: str | None = Field(default=None, sa_type=Text)


class GateModeChange(SQLModel, table=True):
    """A mode that someone set for a feed's gate; the newest holds, null is the declared one."""

    __tablename__ = "gate_mode_change"
    __table_args__ = (_among("gate_mode_change", "mode", GateMode),)

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    feed: str = Field(sa_type=Text, index=True)
    mode: GateMode | None = Field(default=None, sa_type=Text)
    at: datetime = Field(sa_column=_now())
    reason: str = Field(sa_type=Text)
    issuer: str = Field(sa_type=Text)
    client: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    member: str = Field(sa_type=Text)
    organisation: str = Field(sa_type=Text)
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    token_id: str = Field(sa_type=Text)
