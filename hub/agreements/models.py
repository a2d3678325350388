"""Tables of agreements and of the policy sets that were in force.

Versions and events are appended and never change: a trigger, `append_only`, refuses it. A set's row
changes once, when another follows it; one that was planned and is overtaken first is deleted.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, TIMESTAMP, ExcludeConstraint
from sqlmodel import Field, SQLModel

from hub.agreements.types import Step

_STEPS = ", ".join(f"'{step}'" for step in Step)


def _instant(*, nullable: bool = False) -> Any:
    return Field(sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=nullable))


class AgreementVersion(SQLModel, table=True):
    """What one version of an agreement says: as YAML, and as JSON in one order of its keys."""

    __tablename__ = "agreement_version"

    agreement: str = Field(sa_type=Text, primary_key=True)
    number: int = Field(primary_key=True)
    text: str = Field(sa_type=Text)
    content: str = Field(sa_type=Text)
    digest: str = Field(sa_type=Text)


class AgreementEvent(SQLModel, table=True):
    """One thing that happened to a version.

    INVARIANT: a version's events are numbered without a repeat, and what happens once happens once,
    so of two in a race the database takes one.
    """

    __tablename__ = "agreement_event"
    __table_args__ = (
        ForeignKeyConstraint(
            ["agreement", "version"], ["agreement_version.agreement", "agreement_version.number"]
        ),
        UniqueConstraint("agreement", "version", "number"),
        Index(
            "uq_agreement_event_once",
            "agreement",
            "version",
            "step",
            unique=True,
            postgresql_where=text("step NOT IN ('SUSPENDED', 'RESUMED')"),
        ),
        CheckConstraint(f"step IN ({_STEPS})", name="ck_agreement_event_step"),
        CheckConstraint(
            "(step = 'APPROVED') = (effective_at IS NOT NULL) AND effective_at >= at",
            name="ck_agreement_event_effective_at",
        ),
    )

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    agreement: str = Field(sa_type=Text)
    version: int = Field()
    number: int = Field()
    step: Step = Field(sa_type=Text)
    issuer: str = Field(sa_type=Text)
    client: str = Field(sa_type=Text)
    subject: str = Field(sa_type=Text)
    member: str = Field(sa_type=Text)
    organisation: str = Field(sa_type=Text)
    roles: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    token_id: str = Field(sa_type=Text)
    at: datetime = _instant()
    effective_at: datetime | None = _instant(nullable=True)
    reason: str = Field(sa_type=Text)


class KeptPolicySet(SQLModel, table=True):
    """An admitted set: its policies as Cedar's JSON, its baseline, and when it is in force.

    `source_digest` is that of the Cedar text and schema that were admitted: where the hub by now
    writes another, it admits anew. INVARIANT: at any instant at most one is in force.
    """

    __tablename__ = "policy_set"
    __table_args__ = (
        ExcludeConstraint(
            (func.tstzrange(text("in_force_from"), text("in_force_until")), "&&"),
            name="ex_policy_set_in_force",
            using="gist",
        ),
        CheckConstraint("in_force_from < in_force_until", name="ck_policy_set_in_force"),
    )

    id: int | None = Field(default=None, sa_type=BigInteger, primary_key=True)
    digest: str = Field(sa_type=Text)
    baseline: str = Field(sa_type=Text)
    source_digest: str = Field(sa_type=Text)
    policies: str = Field(sa_type=Text)
    made_at: datetime = _instant()
    in_force_from: datetime = _instant()
    in_force_until: datetime | None = _instant(nullable=True)


class PolicySetMember(SQLModel, table=True):
    """The version of an agreement that is in a set."""

    __tablename__ = "policy_set_member"
    __table_args__ = (
        ForeignKeyConstraint(
            ["agreement", "version"], ["agreement_version.agreement", "agreement_version.number"]
        ),
    )

    policy_set: int = Field(
        sa_column=Column(
            BigInteger, ForeignKey("policy_set.id", ondelete="CASCADE"), primary_key=True
        )
    )
    agreement: str = Field(sa_type=Text, primary_key=True)
    version: int = Field()
