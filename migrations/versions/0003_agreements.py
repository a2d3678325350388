"""agreements."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "agreement_version",
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("agreement", "number"),
    )
    op.create_table(
        "answered_aggregate",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False),
        sa.Column("as_of", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("policy_digest", sa.Text(), nullable=False),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_answered_aggregate_recipient",
        "answered_aggregate",
        ["recipient", "record_type"],
        unique=False,
    )
    op.create_table(
        "asked_question",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("variables", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("sender_constrained", sa.Boolean(), nullable=False),
        sa.Column("first_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("last_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index(
        "ix_asked_question_client", "asked_question", ["issuer", "client", "last_at"], unique=False
    )
    op.create_table(
        "mode_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("mode", sa.Text(), nullable=True),
        sa.Column("until", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("counted", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("client", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("member", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("token_id", sa.Text(), nullable=True),
        sa.CheckConstraint("(step = 'EXPIRED') = (member IS NULL)", name="ck_mode_event_actor"),
        sa.CheckConstraint("(step = 'WITHDREW') = (mode IS NULL)", name="ck_mode_event_mode"),
        sa.CheckConstraint(
            "(until IS NOT NULL) = (coalesce(mode, 'routine') <> 'routine') AND until > at",
            name="ck_mode_event_until",
        ),
        sa.CheckConstraint(
            "step IN ('VOTED', 'WITHDREW', 'CHANGED', 'EXPIRED')", name="ck_mode_event_step"
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("at"),
    )
    op.create_table(
        "policy_set",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("baseline", sa.Text(), nullable=False),
        sa.Column("source_digest", sa.Text(), nullable=False),
        sa.Column("policies", sa.Text(), nullable=False),
        sa.Column("made_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column(
            "in_force_from", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False
        ),
        sa.Column(
            "in_force_until", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True
        ),
        postgresql.ExcludeConstraint(
            (sa.text("tstzrange(in_force_from, in_force_until)"), "&&"),
            using="gist",
            name="ex_policy_set_in_force",
        ),
        sa.CheckConstraint("in_force_from < in_force_until", name="ck_policy_set_in_force"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "agreement_event",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("effective_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(step = 'APPROVED') = (effective_at IS NOT NULL) AND effective_at >= at",
            name="ck_agreement_event_effective_at",
        ),
        sa.CheckConstraint(
            "step IN ('DRAFTED', 'PROPOSED', 'RATIFIED', 'APPROVED', 'REJECTED', 'WITHDRAWN', 'SUSPENDED', 'RESUMED', 'ENDED')",
            name="ck_agreement_event_step",
        ),
        sa.ForeignKeyConstraint(
            ["agreement", "version"], ["agreement_version.agreement", "agreement_version.number"]
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("agreement", "version", "number"),
    )
    op.create_index(
        "uq_agreement_event_once",
        "agreement_event",
        ["agreement", "version", "step"],
        unique=True,
        postgresql_where=sa.text("step NOT IN ('SUSPENDED', 'RESUMED')"),
    )
    op.create_table(
        "answered_cell",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("aggregate_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("measure", sa.Text(), nullable=False),
        sa.Column("smallest_cell", sa.Integer(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("items", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("holders", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.ForeignKeyConstraint(["aggregate_id"], ["answered_aggregate.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_answered_cell_aggregate", "answered_cell", ["aggregate_id"], unique=False)
    op.create_index(
        "uq_answered_cell",
        "answered_cell",
        ["recipient", "record_type", "measure", "digest"],
        unique=True,
    )
    op.create_table(
        "policy_set_member",
        sa.Column("policy_set", sa.BigInteger(), nullable=False),
        sa.Column("agreement", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement", "version"], ["agreement_version.agreement", "agreement_version.number"]
        ),
        sa.ForeignKeyConstraint(["policy_set"], ["policy_set.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("policy_set", "agreement"),
    )
    op.create_index(
        "ix_classification_removals",
        "classification",
        ["removed_seq"],
        unique=False,
        postgresql_where=sa.text("removed_seq IS NOT NULL"),
    )
    op.create_index(
        "ix_essential_listing_policy",
        "essential_listing",
        ["origin", "feed", "listing", "list_name", "first_recorded_at"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_essential_listing_removals",
        "essential_listing",
        ["removed_seq"],
        unique=False,
        postgresql_where=sa.text("removed_seq IS NOT NULL"),
    )
    op.create_index(
        "ix_generic_medicine_removals",
        "generic_medicine",
        ["removed_seq"],
        unique=False,
        postgresql_where=sa.text("removed_seq IS NOT NULL"),
    )
    op.create_index(
        "ix_generic_standing_removals",
        "generic_standing",
        ["removed_seq"],
        unique=False,
        postgresql_where=sa.text("removed_seq IS NOT NULL"),
    )
    op.create_index(
        "ix_ingredient_removals",
        "ingredient",
        ["removed_seq"],
        unique=False,
        postgresql_where=sa.text("removed_seq IS NOT NULL"),
    )
    op.create_index(
        "ix_organization_removals",
        "organization",
        ["removed_seq"],
        unique=False,
        postgresql_where=sa.text("removed_seq IS NOT NULL"),
    )
    op.create_index(
        "ix_package_removals",
        "package",
        ["removed_seq"],
        unique=False,
        postgresql_where=sa.text("removed_seq IS NOT NULL"),
    )
    op.add_column(
        "price_ceiling",
        sa.Column(
            "substances", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.add_column(
        "price_ceiling",
        sa.Column(
            "essential_lists", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.create_index(
        "ix_price_ceiling_policy",
        "price_ceiling",
        ["origin", "feed", "listing", "kind", "first_recorded_at"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_price_ceiling_removals",
        "price_ceiling",
        ["removed_seq"],
        unique=False,
        postgresql_where=sa.text("removed_seq IS NOT NULL"),
    )
    op.add_column(
        "product",
        sa.Column(
            "substances", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.add_column(
        "product",
        sa.Column(
            "essential_lists", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.create_index(
        "ix_product_policy",
        "product",
        ["origin", "feed", "listing", "species", "authorisation_status", "first_recorded_at"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_product_removals",
        "product",
        ["removed_seq"],
        unique=False,
        postgresql_where=sa.text("removed_seq IS NOT NULL"),
    )
    op.add_column(
        "quality_alert",
        sa.Column(
            "substances", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.add_column(
        "quality_alert",
        sa.Column(
            "essential_lists", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.add_column(
        "quality_alert",
        sa.Column("severity", sa.Text(), nullable=False, server_default=sa.text("'UNMAPPED'")),
    )
    op.create_index(
        "ix_quality_alert_policy",
        "quality_alert",
        ["origin", "feed", "listing", "kind", "severity", "first_recorded_at"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_quality_alert_removals",
        "quality_alert",
        ["removed_seq"],
        unique=False,
        postgresql_where=sa.text("removed_seq IS NOT NULL"),
    )
    op.create_index(
        "ix_register_entry_removals",
        "register_entry",
        ["removed_seq"],
        unique=False,
        postgresql_where=sa.text("removed_seq IS NOT NULL"),
    )
    op.create_index(
        "ix_site_removals",
        "site",
        ["removed_seq"],
        unique=False,
        postgresql_where=sa.text("removed_seq IS NOT NULL"),
    )
    op.create_index(
        "ix_site_role_policy",
        "site_role",
        ["origin", "feed", "listing", "role", "first_recorded_at"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_site_role_removals",
        "site_role",
        ["removed_seq"],
        unique=False,
        postgresql_where=sa.text("removed_seq IS NOT NULL"),
    )
    op.add_column(
        "stock_report",
        sa.Column(
            "substances", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.add_column(
        "stock_report",
        sa.Column(
            "essential_lists", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.create_index(
        "ix_stock_report_removals",
        "stock_report",
        ["removed_seq"],
        unique=False,
        postgresql_where=sa.text("removed_seq IS NOT NULL"),
    )
    op.create_index(
        "ix_substance_removals",
        "substance",
        ["removed_seq"],
        unique=False,
        postgresql_where=sa.text("removed_seq IS NOT NULL"),
    )
    op.add_column(
        "supply_notice",
        sa.Column(
            "substances", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.add_column(
        "supply_notice",
        sa.Column(
            "essential_lists", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.create_index(
        "ix_supply_notice_policy",
        "supply_notice",
        ["origin", "feed", "listing", "kind", "status", "first_recorded_at"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_supply_notice_removals",
        "supply_notice",
        ["removed_seq"],
        unique=False,
        postgresql_where=sa.text("removed_seq IS NOT NULL"),
    )
    op.alter_column("quality_alert", "severity", server_default=None)
    op.create_check_constraint(
        "ck_classification_key_origin", "classification", "starts_with(key, origin || '.')"
    )
    op.create_check_constraint(
        "ck_essential_listing_key_origin", "essential_listing", "starts_with(key, origin || '.')"
    )
    op.create_check_constraint(
        "ck_generic_medicine_key_origin", "generic_medicine", "starts_with(key, origin || '.')"
    )
    op.create_check_constraint(
        "ck_generic_standing_key_origin", "generic_standing", "starts_with(key, origin || '.')"
    )
    op.create_check_constraint(
        "ck_ingredient_key_origin", "ingredient", "starts_with(key, origin || '.')"
    )
    op.create_check_constraint(
        "ck_organization_key_origin", "organization", "starts_with(key, origin || '.')"
    )
    op.create_check_constraint(
        "ck_package_key_origin", "package", "starts_with(key, origin || '.')"
    )
    op.create_check_constraint(
        "ck_price_ceiling_essential_lists_without_null",
        "price_ceiling",
        "array_position(essential_lists, NULL) IS NULL",
    )
    op.create_check_constraint(
        "ck_price_ceiling_key_origin", "price_ceiling", "starts_with(key, origin || '.')"
    )
    op.create_check_constraint(
        "ck_price_ceiling_substances_without_null",
        "price_ceiling",
        "array_position(substances, NULL) IS NULL",
    )
    op.create_check_constraint(
        "ck_product_essential_lists_without_null",
        "product",
        "array_position(essential_lists, NULL) IS NULL",
    )
    op.create_check_constraint(
        "ck_product_key_origin", "product", "starts_with(key, origin || '.')"
    )
    op.create_check_constraint(
        "ck_product_substances_without_null", "product", "array_position(substances, NULL) IS NULL"
    )
    op.create_check_constraint(
        "ck_quality_alert_essential_lists_without_null",
        "quality_alert",
        "array_position(essential_lists, NULL) IS NULL",
    )
    op.create_check_constraint(
        "ck_quality_alert_key_origin", "quality_alert", "starts_with(key, origin || '.')"
    )
    op.create_check_constraint(
        "ck_quality_alert_severity_vocabulary",
        "quality_alert",
        "severity IN ('CLASS_I', 'CLASS_II', 'CLASS_III', 'NOT_STATED', 'UNMAPPED')",
    )
    op.create_check_constraint(
        "ck_quality_alert_substances_without_null",
        "quality_alert",
        "array_position(substances, NULL) IS NULL",
    )
    op.create_check_constraint(
        "ck_register_entry_key_origin", "register_entry", "starts_with(key, origin || '.')"
    )
    op.create_check_constraint("ck_site_key_origin", "site", "starts_with(key, origin || '.')")
    op.create_check_constraint(
        "ck_site_role_key_origin", "site_role", "starts_with(key, origin || '.')"
    )
    op.create_check_constraint(
        "ck_stock_report_essential_lists_without_null",
        "stock_report",
        "array_position(essential_lists, NULL) IS NULL",
    )
    op.create_check_constraint(
        "ck_stock_report_key_origin", "stock_report", "starts_with(key, origin || '.')"
    )
    op.create_check_constraint(
        "ck_stock_report_substances_without_null",
        "stock_report",
        "array_position(substances, NULL) IS NULL",
    )
    op.create_check_constraint(
        "ck_substance_key_origin", "substance", "starts_with(key, origin || '.')"
    )
    op.create_check_constraint(
        "ck_supply_notice_essential_lists_without_null",
        "supply_notice",
        "array_position(essential_lists, NULL) IS NULL",
    )
    op.create_check_constraint(
        "ck_supply_notice_key_origin", "supply_notice", "starts_with(key, origin || '.')"
    )
    op.create_check_constraint(
        "ck_supply_notice_substances_without_null",
        "supply_notice",
        "array_position(substances, NULL) IS NULL",
    )
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
        "USING ERRCODE = 'restrict_violation'; END $$"
    )
    for table in ("agreement_version", "agreement_event", "mode_event"):
        op.execute(
            "CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE "
            f"ON {table} FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    raise NotImplementedError("versions of records can't be taken back: restore a backup")
