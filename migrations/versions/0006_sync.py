"""sync."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "entity_progress",
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("record_type"),
    )
    op.create_table(
        "feed_event",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "feed_schedule",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("cron", sa.Text(), nullable=True),
        sa.Column("planned_by", sa.Text(), nullable=False),
        sa.Column("slot", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("next_run_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("paused_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.Column("paused_by", sa.Text(), nullable=True),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("feed"),
    )
    op.create_table(
        "feed_schedule_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("cron", sa.Text(), nullable=True),
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
            "step IN ('PAUSED', 'RESUMED', 'RESCHEDULED', 'TRIGGERED')",
            name="ck_feed_schedule_event_step",
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_feed_schedule_event_feed"), "feed_schedule_event", ["feed"], unique=False
    )
    op.create_table(
        "feed_told",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("is_stale", sa.Boolean(), nullable=False),
        sa.Column("is_failing", sa.Boolean(), nullable=False),
        sa.Column("held_pull_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("feed"),
    )
    op.create_table(
        "gate_mode_change",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.CheckConstraint("mode IN ('EVOLVE', 'HOLD', 'FREEZE')", name="ck_gate_mode_change_mode"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_gate_mode_change_feed"), "gate_mode_change", ["feed"], unique=False)
    op.create_table(
        "quarantine_case",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("native", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("national_id", sa.Text(), nullable=True),
        sa.Column("native_row", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("mapping_digest", sa.Text(), nullable=True),
        sa.Column("first_pull_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "first_seen_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False
        ),
        sa.Column("last_pull_id", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("closed_as", sa.Text(), nullable=True),
        sa.Column("closed_pull_id", sa.BigInteger(), nullable=True),
        sa.Column("closed_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_quarantine_case_open",
        "quarantine_case",
        ["feed", "digest"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "webhook",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("added_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("failing_since", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.Column("disabled_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("removed_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_webhook_member"), "webhook", ["member"], unique=False)
    op.create_table(
        "feed_run",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("slot", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("asked_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.Column("next_try_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.Column("run_end", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (run_end IS NULL) AND run_end IN ('PULLED', 'JOINED', 'CANCELLED')",
            name="ck_feed_run_end",
        ),
        sa.CheckConstraint("num_nonnulls(slot, event_id) > 0", name="ck_feed_run_cause"),
        sa.ForeignKeyConstraint(["event_id"], ["feed_schedule_event.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_feed_run_open",
        "feed_run",
        ["feed"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("uq_feed_run_slot", "feed_run", ["feed", "slot"], unique=True)
    op.create_table(
        "held_pull",
        sa.Column("pull_id", sa.BigInteger(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("since", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("released_as", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "(state = 'RELEASED') = (released_as IS NOT NULL)", name="ck_held_pull_released_as"
        ),
        sa.CheckConstraint(
            "state IN ('OPEN', 'RELEASED', 'REJECTED', 'SUPERSEDED')", name="ck_held_pull_state"
        ),
        sa.ForeignKeyConstraint(["pull_id"], ["pull.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["released_as"], ["pull.id"]),
        sa.PrimaryKeyConstraint("pull_id"),
    )
    op.create_index(op.f("ix_held_pull_feed"), "held_pull", ["feed"], unique=False)
    op.create_index(
        "uq_held_pull_open",
        "held_pull",
        ["feed"],
        unique=True,
        postgresql_where=sa.text("state = 'OPEN'"),
    )
    op.create_table(
        "submission",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("request_digest", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("document_name", sa.Text(), nullable=False),
        sa.Column("cover", sa.Text(), nullable=True),
        sa.Column("is_partial", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("defect_count", sa.Integer(), nullable=False),
        sa.Column("defects", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("received_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("pull_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["pull_id"], ["pull.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_submission_member", "submission", ["member", "received_at", "id"], unique=False
    )
    op.create_index("ix_submission_pull", "submission", ["pull_id"], unique=False)
    op.create_index(
        "uq_submission_idempotency",
        "submission",
        ["issuer", "client", "idempotency_key"],
        unique=True,
    )
    op.create_table(
        "webhook_delivery",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("webhook_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_try_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.CheckConstraint(
            "state IN ('WAITING', 'DELIVERED', 'GIVEN_UP')", name="ck_webhook_delivery_state"
        ),
        sa.ForeignKeyConstraint(["event_id"], ["feed_event.id"]),
        sa.ForeignKeyConstraint(["webhook_id"], ["webhook.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_webhook_delivery_due",
        "webhook_delivery",
        ["next_try_at"],
        unique=False,
        postgresql_where=sa.text("state = 'WAITING'"),
    )
    op.create_index(
        "uq_webhook_delivery", "webhook_delivery", ["webhook_id", "event_id"], unique=True
    )
    op.create_table(
        "filed_record",
        sa.Column("submission_id", sa.Text(), nullable=False),
        sa.Column("native_row", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["submission_id"], ["submission.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("submission_id", "native_row"),
    )
    op.create_index("ix_filed_record_key", "filed_record", ["key"], unique=False)
    op.create_table(
        "held_pull_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("pull_id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("client", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("member", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("token_id", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "step IN ('HELD', 'RELEASE_PROPOSED', 'RELEASED', 'REJECTION_PROPOSED', 'REJECTED', 'SUPERSEDED')",
            name="ck_held_pull_event_step",
        ),
        sa.ForeignKeyConstraint(["pull_id"], ["held_pull.pull_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        op.f("ix_held_pull_event_pull_id"), "held_pull_event", ["pull_id"], unique=False
    )
    op.create_table(
        "webhook_try",
        sa.Column("delivery_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["webhook_delivery.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("delivery_id", "number"),
    )
    op.add_column("feed_state", sa.Column("watermark", sa.Date(), nullable=True))
    op.add_column(
        "feed_state",
        sa.Column("full_read_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
    )
    op.add_column(
        "feed_state",
        sa.Column("is_full_due", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column("feed_state", sa.Column("uncounted", sa.Integer(), nullable=True))
    op.add_column("pull", sa.Column("document_names", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column("pull", sa.Column("of_pull_id", sa.BigInteger(), nullable=True))
    op.add_column("pull", sa.Column("run_id", sa.BigInteger(), nullable=True))
    op.add_column("pull", sa.Column("host", sa.Text(), nullable=True))
    op.add_column("pull", sa.Column("extent", sa.Text(), nullable=True))
    op.add_column("pull", sa.Column("source_total", sa.Integer(), nullable=True))
    op.add_column("pull", sa.Column("store_total", sa.Integer(), nullable=True))
    op.add_column(
        "pull", sa.Column("profile", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.add_column(
        "pull", sa.Column("breaches", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.create_index("ix_pull_feed_outcome", "pull", ["feed", "outcome", "id"], unique=False)
    op.create_index(op.f("ix_pull_host"), "pull", ["host"], unique=False)
    op.create_index(op.f("ix_pull_run_id"), "pull", ["run_id"], unique=False)
    op.create_foreign_key(None, "pull", "pull", ["of_pull_id"], ["id"])
    op.add_column("quarantined_row", sa.Column("national_id", sa.Text(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("versions of records can't be taken back: restore a backup")
