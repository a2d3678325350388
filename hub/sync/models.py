"""Tables of the pulls: what was fetched, what came of it, what was refused and why.

`history.py` writes and reads most of them; `quarantine/` the cases, `fetching/coverage.py` how far
a feed came. Tables of schedules, held pulls and entities stand in their own rooms.
"""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    Text,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlmodel import Field, SQLModel

from hub.sync.types import Closure, Outcome


def _instant(*, nullable: bool = False) -> Any:
    return Field(sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=nullable))


def _pull_reference() -> Any:
    return Field(
        sa_column=Column(BigInteger, ForeignKey("pull.id", ondelete="CASCADE"), primary_key=True)
    )


class Pull(SQLModel, table=True):
    """One pull of one feed. Counts are null until the rows were mapped.

    `of_pull_id` names the pull that landed the bytes this one took instead of the source's;
    `run_id` the run of the feed's schedule that it belongs to, and `host` whom it asked. The gate
    compares later pulls with `profile`, and held this one for `breaches`.
    """

    __tablename__ = "pull"
    __table_args__ = (Index("ix_pull_feed_outcome", "feed", "outcome", "id"),)

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
    document_names: list[str] | None = Field(
        default=None, sa_column=Column(ARRAY(Text), nullable=True)
    )
    of_pull_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, ForeignKey("pull.id"), nullable=True)
    )
    run_id: int | None = Field(default=None, sa_type=BigInteger, index=True)
    host: str | None = Field(default=None, sa_type=Text, index=True)
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
    extent: str | None = Field(default=None, sa_type=Text)
    source_total: int | None = Field(default=None, sa_type=Integer)
    store_total: int | None = Field(default=None, sa_type=Integer)
    profile: dict[str, Any] | None = Field(default=None, sa_type=JSONB, nullable=True)
    breaches: list[dict[str, Any]] | None = Field(default=None, sa_type=JSONB, nullable=True)


class FeedState(SQLModel, table=True):
    """Where a feed stands: its last good pull, the last one of any outcome, and its coverage.

    `fetching/coverage.py` says what the watermark, the full reads and the count mean.
    """

    __tablename__ = "feed_state"

    feed: str = Field(sa_type=Text, primary_key=True)
    good_pull_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, ForeignKey("pull.id"), nullable=True)
    )
    last_pull_id: int | None = Field(
        default=None, sa_column=Column(BigInteger, ForeignKey("pull.id"), nullable=True)
    )
    watermark: date | None = Field(default=None, sa_type=Date)
    full_read_at: datetime | None = _instant(nullable=True)
    is_full_due: bool = Field(
        default=False, sa_column=Column(Boolean, nullable=False, server_default=false())
    )
    uncounted: int | None = Field(default=None, sa_type=Integer)


class QuarantinedRow(SQLModel, table=True):
    """A native row that could not become a record; `reason` is a code of `harmonize.reasons`."""

    __tablename__ = "quarantined_row"

    pull_id: int = _pull_reference()
    native_row: int = Field(sa_type=Integer, primary_key=True)
    reason: str = Field(sa_type=Text)
    native: dict[str, Any] = Field(sa_type=JSONB)
    national_id: str | None = Field(default=None, sa_type=Text)


class QuarantineCase(SQLModel, table=True):
    """One native row that pull after pull refuses; `hub/sync/quarantine` opens and closes it.

    `digest` is of its text without blank columns, in any order. `reason`, `native_row`,
    `mapping_digest` and `rows`, how often the list holds it, are of the last pull that refused it.
    """

    __tablename__ = "quarantine_case"
    __table_args__ = (
        Index(
            "uq_quarantine_case_open",
            "feed",
            "digest",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    feed: str = Field(sa_type=Text)
    digest: bytes = Field()
    native: dict[str, Any] = Field(sa_type=JSONB)
    national_id: str | None = Field(default=None, sa_type=Text)
    native_row: int = Field(sa_type=Integer)
    rows: int = Field(sa_type=Integer)
    reason: str = Field(sa_type=Text)
    mapping_digest: str | None = Field(default=None, sa_type=Text)
    first_pull_id: int = Field(sa_type=BigInteger)
    first_seen_at: datetime = _instant()
    last_pull_id: int = Field(sa_type=BigInteger)
    last_seen_at: datetime = _instant()
    closed_as: Closure | None = Field(default=None, sa_type=Text)
    closed_pull_id: int | None = Field(default=None, sa_type=BigInteger)
    closed_at: datetime | None = _instant(nullable=True)


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
