"""The tables of the disclosure log, and of the questions that may be asked again."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlmodel import Field, SQLModel


class DisclosureEntry(SQLModel, table=True):
    """One answer: who asked, for what purpose, what opened it and what was masked.

    `rows` are counted of bulk files.
    """

    __tablename__ = "disclosure"

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    answered_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=False, index=True)
    )
    issuer: str = Field(sa_type=Text)
    client: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    actors: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    key: str | None = Field(default=None, sa_type=Text)
    member: str = Field(sa_type=Text)
    organisation: str = Field(sa_type=Text)
    purpose: str = Field(sa_type=Text)
    token_id: str = Field(sa_type=Text)
    question_digest: str = Field(sa_type=Text)
    policy_digest: str = Field(sa_type=Text)
    opened_by: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    masked: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    rows: int | None = Field(default=None, sa_type=BigInteger)


class AskedQuestion(SQLModel, table=True):
    """A question as a client asked it, kept for a while to tell what a draft policy would change.

    `digest` is the SHA-256 of the question and of the class and client that asked. `variables` are
    JSON text.
    """

    __tablename__ = "asked_question"
    __table_args__ = (Index("ix_asked_question_client", "issuer", "client", "last_at"),)

    digest: str = Field(sa_type=Text, primary_key=True)
    document: str = Field(sa_type=Text)
    variables: str = Field(sa_type=Text)
    operation: str | None = Field(default=None, sa_type=Text)
    issuer: str = Field(sa_type=Text)
    client: str = Field(sa_type=Text)
    member: str = Field(sa_type=Text)
    organisation: str = Field(sa_type=Text)
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    purpose: str = Field(sa_type=Text)
    sender_constrained: bool = Field()
    first_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=False)
    )
    last_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=False)
    )
    times: int = Field(sa_type=BigInteger)
