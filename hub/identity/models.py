"""The table of registered OAuth clients.

Read and written by `clients.py` alone. Which purposes a client may state is decided when a token is
minted, so taking one away bites when the client's last token expires.
"""

from datetime import datetime

from sqlalchemy import Column, DateTime, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel


class OAuthClient(SQLModel, table=True):
    """A client of the embedded issuer. A disabled one keeps its row and gets no token."""

    __tablename__ = "oauth_client"

    client_id: str = Field(sa_column=Column(Text, primary_key=True, nullable=False))
    member: str = Field(sa_column=Column(Text, nullable=False))
    organisation: str = Field(sa_column=Column(Text, nullable=False))
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    purposes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    registered_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    disabled_at: datetime | None = Field(
        default=None, sa_column=Column(DateTime(timezone=True), nullable=True)
    )
