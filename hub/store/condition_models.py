"""The table of conditions that changed under a version that stayed."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlmodel import Field, SQLModel


def _texts() -> Column[list[str]]:
    return Column(ARRAY(Text), nullable=False)


class ConditionChange(SQLModel, table=True):
    """A change of what agreements ask of a current version, with its place in the change feed.

    Nobody is shown it. It tells the feed which callers gained or lost the row by it.
    """

    __tablename__ = "condition_change"
    __table_args__ = (Index("ix_condition_change_version", "record_type", "version_id", "seq"),)

    seq: int = Field(
        sa_type=BigInteger, primary_key=True, sa_column_kwargs={"autoincrement": False}
    )
    record_type: str = Field(sa_type=Text)
    version_id: int = Field(sa_type=BigInteger)
    changed_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=False)
    )
    substances_before: list[str] = Field(sa_column=_texts())
    substances_after: list[str] = Field(sa_column=_texts())
    essential_lists_before: list[str] = Field(sa_column=_texts())
    essential_lists_after: list[str] = Field(sa_column=_texts())
