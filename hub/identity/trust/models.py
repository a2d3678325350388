"""Tables of the issuers that the hub trusts, and of all that was done to its trust.

Both are appended to and never change: a trigger, `append_only`, refuses it. They are written and
read by `log.py` and `issuers.py` alone.
"""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP
from sqlmodel import Field, SQLModel


class TrustStep(StrEnum):
    """What was done: to a version of an issuer's registration, or to the trust in one or a key."""

    PROPOSED = "PROPOSED"
    APPROVED = "APPROVED"
    WITHDRAWN = "WITHDRAWN"
    DISTRUSTED = "DISTRUSTED"
    LIFT_ASKED = "LIFT_ASKED"
    LIFTED = "LIFTED"


_STEPS = ", ".join(f"'{step}'" for step in TrustStep)
_ON_VERSIONS = "step IN ('PROPOSED', 'APPROVED', 'WITHDRAWN')"


class IssuerVersion(SQLModel, table=True):
    """What one version of a registration says, as JSON, and the sides that must agree to it."""

    __tablename__ = "issuer_version"

    issuer: str = Field(sa_type=Text, primary_key=True)
    number: int = Field(primary_key=True)
    content: str = Field(sa_type=Text)
    sides: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))


class TrustEvent(SQLModel, table=True):
    """One thing that was done, by whom and why.

    `about` is the issuer it is about: of a version, or, where there is none, of what is distrusted:
    all of the issuer, its key of a `kid`, or a key by its thumbprint, of this issuer or of any.
    """

    __tablename__ = "trust_event"
    __table_args__ = (
        ForeignKeyConstraint(
            ["about", "version"], ["issuer_version.issuer", "issuer_version.number"]
        ),
        CheckConstraint(f"step IN ({_STEPS})", name="ck_trust_event_step"),
        CheckConstraint(f"({_ON_VERSIONS}) = (version IS NOT NULL)", name="ck_trust_event_version"),
        CheckConstraint(
            "num_nonnulls(version, kid, thumbprint) < 2 AND num_nonnulls(about, thumbprint) > 0",
            name="ck_trust_event_about",
        ),
    )

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    about: str | None = Field(default=None, sa_type=Text)
    version: int | None = Field(default=None)
    kid: str | None = Field(default=None, sa_type=Text)
    thumbprint: str | None = Field(default=None, sa_type=Text)
    step: TrustStep = Field(sa_type=Text)
    issuer: str = Field(sa_type=Text)
    client: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    member: str = Field(sa_type=Text)
    organisation: str = Field(sa_type=Text)
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    token_id: str = Field(sa_type=Text)
    at: datetime = Field(sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=False))
    reason: str = Field(sa_type=Text)
