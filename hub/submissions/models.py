"""Tables of submissions: who filed what, how it ended, and which records it speaks of.

The bytes are in the landing; what came of the rows is the pull's matter.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlmodel import Field, SQLModel

from hub.submissions.types import State


class SubmissionRow(SQLModel, table=True):
    """One submission. `document` and `cover` are the digests of what its pull lands.

    `request_digest` tells two requests of one idempotency key apart; the key is dropped once it has
    been kept for its time. `pull_id` is the pull that published it, or was held.
    """

    __tablename__ = "submission"
    __table_args__ = (
        Index(
            "uq_submission_idempotency",
            "issuer",
            "client",
            "idempotency_key",
            unique=True,
        ),
        Index("ix_submission_member", "member", "received_at", "id"),
        Index("ix_submission_pull", "pull_id"),
    )

    id: str = Field(sa_type=Text, primary_key=True)
    feed: str = Field(sa_type=Text)
    member: str = Field(sa_type=Text)
    issuer: str = Field(sa_type=Text)
    client: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    organisation: str = Field(sa_type=Text)
    idempotency_key: str | None = Field(default=None, sa_type=Text)
    request_digest: str = Field(sa_type=Text)
    document: str = Field(sa_type=Text)
    document_name: str = Field(sa_type=Text)
    cover: str | None = Field(default=None, sa_type=Text)
    is_partial: bool = Field()
    state: State = Field(sa_type=Text)
    rows: int = Field()
    accepted: int = Field()
    refused: int = Field()
    defect_count: int = Field()
    defects: list[Any] = Field(sa_column=Column(JSONB, nullable=False))
    reason_code: str | None = Field(default=None, sa_type=Text)
    reason: str | None = Field(default=None, sa_type=Text)
    received_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=False)
    )
    pull_id: int | None = Field(
        default=None,
        sa_column=Column(BigInteger, ForeignKey("pull.id", ondelete="SET NULL"), nullable=True),
    )


class FiledRecord(SQLModel, table=True):
    """One record that a submission files or takes back, by the row that says so."""

    __tablename__ = "filed_record"
    __table_args__ = (Index("ix_filed_record_key", "key"),)

    submission_id: str = Field(
        sa_column=Column(Text, ForeignKey("submission.id", ondelete="CASCADE"), primary_key=True)
    )
    native_row: int = Field(primary_key=True)
    key: str = Field(sa_type=Text)
    action: str = Field(sa_type=Text)
