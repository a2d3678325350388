"""The table of the disclosure log."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlmodel import Field, SQLModel


class DisclosureEntry(SQLModel, table=True):
    """One answer: who asked, for what purpose, what opened it and what was masked."""

    __tablename__ = "disclosure"

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    answered_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=False, index=True)
    )
    issuer: str = Field(sa_type=Text)
    client: str = Field(sa_type=Text)
    member: str = Field(sa_type=Text)
    organisation: str = Field(sa_type=Text)
    purpose: str = Field(sa_type=Text)
    token_id: str = Field(sa_type=Text)
    question_digest: str = Field(sa_type=Text)
    policy_digest: str = Field(sa_type=Text)
    opened_by: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    masked: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
