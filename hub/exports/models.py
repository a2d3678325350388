"""The table of exports.

`jobs.py` writes it, and reads it into the frozen values of `types.py`.
"""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Text, text
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlmodel import Field, SQLModel

from hub.exports.types import State

_STATES = ", ".join(f"'{state}'" for state in State)


class ExportJob(SQLModel, table=True):
    """One export: who asked what, and what became of it.

    `caller`, `variables` and `manifest` are JSON text. `attempt` counts the processes that took it
    up, `swept` those of them whose files are gone; a running one's `lease_until` lies ahead while
    its process lives. INVARIANT: at most one of a client runs.
    """

    __tablename__ = "export"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="ck_export_state"),
        CheckConstraint("state <> 'RUNNING' OR lease_until IS NOT NULL", name="ck_export_lease"),
        CheckConstraint("(state = 'READY') = (manifest IS NOT NULL)", name="ck_export_manifest"),
        CheckConstraint("(state = 'FAILED') = (code IS NOT NULL)", name="ck_export_code"),
        Index(
            "uq_export_running",
            "issuer",
            "client",
            unique=True,
            postgresql_where=text("state = 'RUNNING'"),
        ),
        Index("ix_export_client", "issuer", "client"),
    )

    id: str = Field(sa_type=Text, primary_key=True)
    issuer: str = Field(sa_type=Text)
    client: str = Field(sa_type=Text)
    caller: str = Field(sa_type=Text)
    document: str = Field(sa_type=Text)
    variables: str = Field(sa_type=Text)
    operation: str | None = Field(default=None, sa_type=Text)
    format: str = Field(sa_type=Text)
    state: State = Field(sa_type=Text)
    asked_at: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=False)
    )
    kept_until: datetime = Field(
        sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=False)
    )
    lease_until: datetime | None = Field(
        default=None, sa_column=Column(TIMESTAMP(timezone=True, precision=3), nullable=True)
    )
    attempt: int = Field(default=0)
    swept: int = Field(default=0)
    rows: int = Field(sa_type=BigInteger)
    code: str | None = Field(default=None, sa_type=Text)
    message: str | None = Field(default=None, sa_type=Text)
    class_digest: str | None = Field(default=None, sa_type=Text)
    manifest: str | None = Field(default=None, sa_type=Text)
