"""identity."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "export",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("variables", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=True),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("kept_until", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("lease_until", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("swept", sa.Integer(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("class_digest", sa.Text(), nullable=True),
        sa.Column("manifest", sa.Text(), nullable=True),
        sa.CheckConstraint("(state = 'FAILED') = (code IS NOT NULL)", name="ck_export_code"),
        sa.CheckConstraint("(state = 'READY') = (manifest IS NOT NULL)", name="ck_export_manifest"),
        sa.CheckConstraint("state <> 'RUNNING' OR lease_until IS NOT NULL", name="ck_export_lease"),
        sa.CheckConstraint(
            "state IN ('QUEUED', 'RUNNING', 'READY', 'FAILED', 'DROPPED')", name="ck_export_state"
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_export_client", "export", ["issuer", "client"], unique=False)
    op.create_index(
        "uq_export_running",
        "export",
        ["issuer", "client"],
        unique=True,
        postgresql_where=sa.text("state = 'RUNNING'"),
    )
    op.create_table(
        "issuer_version",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("sides", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "number"),
    )
    op.create_table(
        "person_session",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("purposes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("used_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_table(
        "request_count",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("requests", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "member", "issuer", "client"),
    )
    op.create_table(
        "revoked_token",
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("issuer", "token_id"),
    )
    op.create_index(
        op.f("ix_revoked_token_expires_at"), "revoked_token", ["expires_at"], unique=False
    )
    op.create_table(
        "sign_in_attempt",
        sa.Column("state_digest", sa.LargeBinary(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.PrimaryKeyConstraint("state_digest"),
    )
    op.create_table(
        "sign_in_provider",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("hosts", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "spent_proof",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_spent_proof_expiry", "spent_proof", ["expires_at"], unique=False)
    op.create_table(
        "trust_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("about", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=True),
        sa.Column("kid", sa.Text(), nullable=True),
        sa.Column("thumbprint", sa.Text(), nullable=True),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(step IN ('PROPOSED', 'APPROVED', 'WITHDRAWN')) = (version IS NOT NULL)",
            name="ck_trust_event_version",
        ),
        sa.CheckConstraint(
            "step IN ('PROPOSED', 'APPROVED', 'WITHDRAWN', 'DISTRUSTED', 'LIFT_ASKED', 'LIFTED')",
            name="ck_trust_event_step",
        ),
        sa.CheckConstraint(
            "num_nonnulls(version, kid, thumbprint) < 2 AND num_nonnulls(about, thumbprint) > 0",
            name="ck_trust_event_about",
        ),
        sa.ForeignKeyConstraint(
            ["about", "version"], ["issuer_version.issuer", "issuer_version.number"]
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.add_column(
        "disclosure", sa.Column("subject", sa.Text(), nullable=False, server_default=sa.text("''"))
    )
    op.add_column(
        "disclosure",
        sa.Column(
            "actors", postgresql.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")
        ),
    )
    op.add_column("disclosure", sa.Column("key", sa.Text(), nullable=True))
    op.add_column("disclosure", sa.Column("rows", sa.BigInteger(), nullable=True))
    op.add_column(
        "oauth_client",
        sa.Column(
            "jwks", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
    )
    op.add_column("oauth_client", sa.Column("jwks_uri", sa.Text(), nullable=True))
    op.add_column(
        "oauth_client",
        sa.Column(
            "requires_sender_constraint", sa.Boolean(), server_default="false", nullable=False
        ),
    )
    op.add_column(
        "oauth_client", sa.Column("may_act", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column(
        "oauth_client", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("oauth_client", sa.Column("changed_by", sa.Text(), nullable=True))
    op.alter_column("disclosure", "subject", server_default=None)
    op.alter_column("disclosure", "actors", server_default=None)
    op.create_check_constraint(
        "ck_oauth_client_keys", "oauth_client", "jwks IS NULL OR jwks_uri IS NULL"
    )
    for table in ("issuer_version", "trust_event"):
        op.execute(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
            f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("versions of records can't be taken back: restore a backup")
