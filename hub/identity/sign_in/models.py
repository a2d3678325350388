"""The tables of people's sign-ins: by which providers, which are under way, who is signed in.

Read and written by `providers.py`, `flow.py` and `sessions.py`. A browser's secret is
nowhere here, only its digest.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlmodel import Field, SQLModel


def _instant() -> Any:
    return Field(sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=False))


def _texts() -> Any:
    return Field(sa_column=Column(ARRAY(Text), nullable=False))


class SignInProvider(SQLModel, table=True):
    """What the hub is to a trusted issuer at which people sign in: one of its clients.

    `hosts` are those beside the issuer's own on which its endpoints may be.
    """

    __tablename__ = "sign_in_provider"

    name: str = Field(sa_type=Text, primary_key=True)
    issuer: str = Field(sa_type=Text)
    client_id: str = Field(sa_type=Text)
    scopes: list[str] = _texts()
    hosts: list[str] = _texts()


class SignInAttempt(SQLModel, table=True):
    """A sign-in under way. Whoever deletes the row may finish it, so it is finished once."""

    __tablename__ = "sign_in_attempt"

    state_digest: bytes = Field(sa_type=LargeBinary, primary_key=True)
    provider: str = Field(sa_type=Text)
    expires_at: datetime = _instant()


class PersonSession(SQLModel, table=True):
    """A person who signed in, and what the issuer vouched for by the key `kid`."""

    __tablename__ = "person_session"

    digest: bytes = Field(sa_type=LargeBinary, primary_key=True)
    issuer: str = Field(sa_type=Text)
    kid: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    client: str = Field(sa_type=Text)
    member: str = Field(sa_type=Text)
    organisation: str = Field(sa_type=Text)
    roles: list[str] = _texts()
    purposes: list[str] = _texts()
    used_at: datetime = _instant()
    expires_at: datetime = _instant()
