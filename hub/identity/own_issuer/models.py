"""Tables of the embedded issuer: its registered clients, and the tokens that were revoked.

Clients are read and written by `clients.py`, revoked tokens by `revocation.py`. Which purposes a
client may state is decided when it gets a token, so taking one away bites when its last token
expires; disabling it bites at once.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Column, DateTime, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel


def _instant(*, nullable: bool = False) -> Any:
    return Field(sa_column=Column(DateTime(timezone=True), nullable=nullable))


class OAuthClient(SQLModel, table=True):
    """A client of the embedded issuer. A disabled one keeps its row, gets no token and has none.

    `jwks` holds its public keys as a JWK set, or `jwks_uri` says where they are; one that has
    neither gets tokens only from whoever may run `hub token`.
    """

    __tablename__ = "oauth_client"
    __table_args__ = (
        CheckConstraint("jwks IS NULL OR jwks_uri IS NULL", name="ck_oauth_client_keys"),
    )

    client_id: str = Field(sa_column=Column(Text, primary_key=True, nullable=False))
    member: str = Field(sa_column=Column(Text, nullable=False))
    organisation: str = Field(sa_column=Column(Text, nullable=False))
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    purposes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    jwks: dict[str, Any] | None = Field(sa_column=Column(JSONB(none_as_null=True), nullable=True))
    jwks_uri: str | None = Field(sa_column=Column(Text, nullable=True))
    requires_sender_constraint: bool = Field(sa_column_kwargs={"server_default": "false"})
    may_act: bool = Field(sa_column_kwargs={"server_default": "false"})
    registered_at: datetime = _instant()
    changed_at: datetime | None = _instant(nullable=True)
    changed_by: str | None = Field(sa_column=Column(Text, nullable=True))
    disabled_at: datetime | None = _instant(nullable=True)


class RevokedToken(SQLModel, table=True):
    """A token that no longer holds though its time is not up. Its row goes once it is."""

    __tablename__ = "revoked_token"

    issuer: str = Field(sa_column=Column(Text, primary_key=True, nullable=False))
    token_id: str = Field(sa_column=Column(Text, primary_key=True, nullable=False))
    expires_at: datetime = Field(
        sa_column=Column(DateTime(timezone=True), nullable=False, index=True)
    )
    revoked_at: datetime = _instant()
    revoked_by: str = Field(sa_column=Column(Text, nullable=False))
