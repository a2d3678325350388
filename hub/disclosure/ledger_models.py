"""The tables of the ledger: what each member was told of rows that are only counted."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlmodel import Field, SQLModel


class AnsweredAggregate(SQLModel, table=True):
    """A table of figures that a member was given: of what, as of when, under which policies."""

    __tablename__ = "answered_aggregate"
    __table_args__ = (Index("ix_answered_aggregate_recipient", "recipient", "record_type"),)

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    recipient: str = Field(sa_type=Text)
    record_type: str = Field(sa_type=Text)
    question: str = Field(sa_type=Text)
    as_of: datetime = Field(sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=False))
    policy_digest: str = Field(sa_type=Text)
    answered_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=False)
    )


class AnsweredCell(SQLModel, table=True):
    """One figure that a member was given, and the items it is the sum of.

    `items` and `holders` are 64-bit digests, in the items' order. They need no key: whoever can
    read this table can read the records beside it, and nothing else is told here.
    """

    __tablename__ = "answered_cell"
    __table_args__ = (
        Index("uq_answered_cell", "recipient", "record_type", "measure", "digest", unique=True),
        Index("ix_answered_cell_aggregate", "aggregate_id"),
    )

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    aggregate_id: int = Field(
        sa_type=BigInteger, foreign_key="answered_aggregate.id", ondelete="CASCADE"
    )
    recipient: str = Field(sa_type=Text)
    record_type: str = Field(sa_type=Text)
    measure: str = Field(sa_type=Text)
    smallest_cell: int = Field()
    digest: bytes = Field()
    items: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
    holders: list[int] = Field(sa_column=Column(ARRAY(BigInteger), nullable=False))
