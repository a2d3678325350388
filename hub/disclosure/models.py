"""The tables of the disclosure log, and of the questions that may be asked again.

`log.py` writes entries and `reading.py` reads them, `asked.py` keeps the questions. The tables of
figures that were given are `ledger_models.py`.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TIMESTAMP
from sqlmodel import Field, SQLModel


class DisclosureEntry(SQLModel, table=True):
    """One answer: who asked, for whom and for what purpose, what opened it and what was masked.

    `id` is made by the gateway and stands in the answer. `shown` are the rows of the answer by
    record type, field group and origin, as `shown.py` says. `rows` are counted of bulk files.
    """

    __tablename__ = "disclosure"
    # Entries come in the order of time: such an index costs an insert next to nothing.
    __table_args__ = (Index("ix_disclosure_instant", "answered_at", postgresql_using="brin"),)

    id: UUID = Field(
        sa_column=Column(Uuid, primary_key=True, server_default=text("gen_random_uuid()"))
    )
    request_id: str | None = Field(default=None, sa_type=Text)
    answered_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=False)
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
    shown: dict[str, Any] = Field(
        sa_column=Column(JSONB, nullable=False, server_default=text("'{}'"))
    )
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
