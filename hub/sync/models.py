"""Tables of the pulls: what was fetched, what came of it, what was refused and why."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, Float, ForeignKey, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlmodel import Field, SQLModel


class Outcome(StrEnum):
    """How a pull ended."""

    RUNNING = "RUNNING"
    PUBLISHED = "PUBLISHED"
    UNCHANGED = "UNCHANGED"  # the source still has what the last good pull brought
    HELD = "HELD"  # of another form than the feed's, or too unlike the last good pull to publish
    FAILED = "FAILED"


def _instant(*, nullable: bool = False) -> Any:
    return Field(sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=nullable))


def _pull_reference() -> Any:
    return Field(
        sa_column=Column(BigInteger, ForeignKey("pull.id", ondelete="CASCADE"), primary_key=True)
    )


class Pull(SQLModel, table=True):
    """One pull of one feed. Counts are null until the rows were mapped."""

    __tablename__ = "pull"

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    feed: str = Field(sa_type=Text, index=True)
    started_at: datetime = _instant()
    finished_at: datetime | None = _instant(nullable=True)
    outcome: Outcome = Field(sa_type=Text)
    reason_code: str | None = Field(default=None, sa_type=Text)
    reason: str | None = Field(default=None, sa_type=Text)
    validator: str | None = Field(default=None, sa_type=Text)
    documents: list[str] = Field(
        default_factory=list, sa_column=Column(ARRAY(Text), nullable=False)
    )
    stated_at: datetime | None = _instant(nullable=True)
    mapping_digest: str | None = Field(default=None, sa_type=Text)
    rows: int | None = Field(default=None, sa_type=Integer)
    records: int | None = Field(default=None, sa_type=Integer)
    quarantined: int | None = Field(default=None, sa_type=Integer)
    merged: int | None = Field(default=None, sa_type=Integer)
    added: int | None = Field(default=None, sa_type=Integer)
    changed: int | None = Field(default=None, sa_type=Integer)
    absent: int | None = Field(default=None, sa_type=Integer)
    seconds: float | None = Field(default=None, sa_type=Float)


class FeedState(SQLModel, table=True):
    """Where a feed stands: its last good pull, and the last one of any outcome."""

    __tablename__ = "feed_state"

    feed: str = Field(sa_type=Text, primary_key=True)
    good_pull_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, ForeignKey("pull.id"), nullable=True)
    )
    last_pull_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, ForeignKey("pull.id"), nullable=True)
    )


class QuarantinedRow(SQLModel, table=True):
    """A native row that could not become a record."""

    __tablename__ = "quarantined_row"

    pull_id: int = _pull_reference()
    native_row: int = Field(sa_type=Integer, primary_key=True)
    reason: str = Field(sa_type=Text)
    native: dict[str, Any] = Field(sa_type=JSONB)


class Finding(SQLModel, table=True):
    """Something worth the owner's attention in a row that became a record all the same."""

    __tablename__ = "finding"

    pull_id: int = _pull_reference()
    native_row: int = Field(sa_type=Integer, primary_key=True)
    record_type: str = Field(sa_type=Text, primary_key=True)
    code: str = Field(sa_type=Text, primary_key=True)
    native: dict[str, Any] = Field(sa_type=JSONB)


class FieldQualityRow(SQLModel, table=True):
    """How one record field fared in one pull, and the native columns behind it."""

    __tablename__ = "field_quality"

    pull_id: int = _pull_reference()
    record_type: str = Field(sa_type=Text, primary_key=True)
    field: str = Field(sa_type=Text, primary_key=True)
    native_columns: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    rows: int = Field(sa_type=Integer)
    filled: int = Field(sa_type=Integer)
    defects: int = Field(sa_type=Integer)
    unmapped: int = Field(sa_type=Integer)
