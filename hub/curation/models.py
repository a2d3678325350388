"""Tables of the curators' decisions.

A decision is a row that nothing changes but the word that a newer one has followed it; an undo is
such a row too. The newest row of a text is the one that stands.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from sqlalchemy import BigInteger, Column, Index, Numeric, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlmodel import Field, SQLModel


class Verdict(StrEnum):
    """What was decided of a text."""

    SUBSTANCE = "SUBSTANCE"
    NO_SUBSTANCE = "NO_SUBSTANCE"
    UNDONE = "UNDONE"  # what the resolver says holds again


class SubstanceDecision(SQLModel, table=True):
    """What a curator decided that a member's text means.

    `text_digest` stands for the text in indexes: some texts are longer than an index holds.
    """

    __tablename__ = "substance_decision"
    __table_args__ = (
        Index(
            "uq_substance_decision_standing",
            "origin",
            "text_digest",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
        Index("ix_substance_decision_text", "origin", "text_digest", "id"),
    )

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    origin: str = Field(sa_type=Text)
    native_text: str = Field(sa_type=Text)
    text_digest: bytes = Field()
    verdict: Verdict = Field(sa_type=Text)
    inn: str | None = Field(default=None, sa_type=Text)
    reason: str = Field(sa_type=Text)
    records: int = Field()
    issuer: str = Field(sa_type=Text)
    client: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    member: str = Field(sa_type=Text)
    organisation: str = Field(sa_type=Text)
    token_id: str = Field(sa_type=Text)
    decided_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=False)
    )
    superseded_at: datetime | None = Field(
        default=None, sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=True)
    )


class OverriddenResolution(SQLModel, table=True):
    """What the resolver last said of an ingredient whose text is decided, for the undo."""

    __tablename__ = "overridden_resolution"

    key: str = Field(sa_type=Text, primary_key=True)
    substance_key: str | None = Field(default=None, sa_type=Text)
    resolution_method: str = Field(sa_type=Text)
    resolution_confidence: Decimal = Field(sa_type=Numeric)
