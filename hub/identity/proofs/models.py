"""The table of what was spent and must not be taken twice. Used by `replay.py` alone."""

from datetime import datetime

from sqlalchemy import Column, DateTime, Index
from sqlmodel import Field, SQLModel


class SpentProof(SQLModel, table=True):
    """A proof or assertion that was taken, by its digest, until nobody would take it anyway."""

    __tablename__ = "spent_proof"
    __table_args__ = (Index("ix_spent_proof_expiry", "expires_at"),)

    digest: bytes = Field(primary_key=True)
    expires_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
