"""Tables of what is one organisation or site: links the rules found, and decisions of people.

Both are facts with a beginning and an end; nothing is deleted. Read and written by `linking.py`,
which notes how far it has come, and `decisions.py`; the gateway shows neither, since
evidence may rest on operational fields.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Float, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlmodel import Field, SQLModel

from hub.sync.entities.types import EndReason, EntityVerdict


def _instant(*, nullable: bool = False) -> Any:
    return Field(sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=nullable))


class EntityLink(SQLModel, table=True):
    """Evidence that two records are one; `left_key` is the smaller. One stands a pair."""

    __tablename__ = "entity_link"
    __table_args__ = (
        Index(
            "uq_entity_link_standing",
            "left_key",
            "right_key",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_entity_link_right", "right_key"),
    )

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    record_type: str = Field(sa_type=Text)
    left_key: str = Field(sa_type=Text)
    right_key: str = Field(sa_type=Text)
    method: str = Field(sa_type=Text)
    evidence: dict[str, Any] = Field(sa_type=JSONB)
    confidence: float = Field(sa_type=Float)
    found_at: datetime = _instant()
    ended_at: datetime | None = _instant(nullable=True)
    ended_reason: EndReason | None = Field(default=None, sa_type=Text)


class EntityProgress(SQLModel, table=True):
    """Up to which change a record type's entities were linked."""

    __tablename__ = "entity_progress"

    record_type: str = Field(sa_type=Text, primary_key=True)
    change_seq: int = Field(sa_type=BigInteger)


class EntityDecision(SQLModel, table=True):
    """A person's word on two records, over all rules until it is undone. One stands a pair."""

    __tablename__ = "entity_decision"
    __table_args__ = (
        Index(
            "uq_entity_decision_standing",
            "left_key",
            "right_key",
            unique=True,
            postgresql_where=text("undone_at IS NULL"),
        ),
        Index("ix_entity_decision_right", "right_key"),
    )

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    record_type: str = Field(sa_type=Text)
    left_key: str = Field(sa_type=Text)
    right_key: str = Field(sa_type=Text)
    verdict: EntityVerdict = Field(sa_type=Text)
    author: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    decided_at: datetime = _instant()
    undone_at: datetime | None = _instant(nullable=True)
    undone_by: str | None = Field(default=None, sa_type=Text)
    undone_reason: str | None = Field(default=None, sa_type=Text)
