"""harmonization."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "classification",
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("content_digest", sa.LargeBinary(), nullable=False),
        sa.Column("pull_id", sa.BigInteger(), nullable=False),
        sa.Column("native_row", sa.Integer(), nullable=False),
        sa.Column("removed_seq", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("national_id", sa.Text(), nullable=False),
        sa.Column("national_id_scheme", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("listing", sa.Text(), nullable=False),
        sa.Column("retrieved_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column(
            "first_recorded_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False
        ),
        sa.Column("recorded_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("superseded_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "native", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("product_key", sa.Text(), nullable=True),
        sa.Column("price_ceiling_key", sa.Text(), nullable=True),
        sa.Column("generic_key", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "listing IN ('LISTED', 'NO_LONGER_LISTED')", name="ck_classification_listing_vocabulary"
        ),
        sa.CheckConstraint(
            "origin IN ('KR', 'US', 'JP', 'IN', 'EU', 'ALLIANCE')",
            name="ck_classification_origin_vocabulary",
        ),
        sa.CheckConstraint(
            "system IN ('ATC', 'UNMAPPED')", name="ck_classification_system_vocabulary"
        ),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index("ix_classification_changes", "classification", ["change_seq"], unique=False)
    op.create_index(
        "ix_classification_generic_key",
        "classification",
        ["generic_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_classification_price_ceiling_key",
        "classification",
        ["price_ceiling_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_classification_product_key",
        "classification",
        ["product_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_classification_versions", "classification", ["key", "recorded_at"], unique=False
    )
    op.create_index(
        "uq_classification_current",
        "classification",
        ["key"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "generic_medicine",
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("content_digest", sa.LargeBinary(), nullable=False),
        sa.Column("pull_id", sa.BigInteger(), nullable=False),
        sa.Column("native_row", sa.Integer(), nullable=False),
        sa.Column("removed_seq", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("national_id", sa.Text(), nullable=False),
        sa.Column("national_id_scheme", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("listing", sa.Text(), nullable=False),
        sa.Column("retrieved_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column(
            "first_recorded_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False
        ),
        sa.Column("recorded_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("superseded_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "native", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("dose_form_text", sa.Text(), nullable=True),
        sa.Column("dose_form", sa.Text(), nullable=True),
        sa.Column("route_texts", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("routes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("strength_text", sa.Text(), nullable=True),
        sa.Column("therapeutic_class_text", sa.Text(), nullable=True),
        sa.Column("pharmaceutical_product_key", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "dose_form IN ('TABLET', 'UNMAPPED')", name="ck_generic_medicine_dose_form_vocabulary"
        ),
        sa.CheckConstraint(
            "listing IN ('LISTED', 'NO_LONGER_LISTED')",
            name="ck_generic_medicine_listing_vocabulary",
        ),
        sa.CheckConstraint(
            "origin IN ('KR', 'US', 'JP', 'IN', 'EU', 'ALLIANCE')",
            name="ck_generic_medicine_origin_vocabulary",
        ),
        sa.CheckConstraint(
            "routes <@ ARRAY['ORAL', 'UNMAPPED']::text[]",
            name="ck_generic_medicine_routes_vocabulary",
        ),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index("ix_generic_medicine_changes", "generic_medicine", ["change_seq"], unique=False)
    op.create_index(
        "ix_generic_medicine_pharmaceutical_product_key",
        "generic_medicine",
        ["pharmaceutical_product_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_generic_medicine_versions", "generic_medicine", ["key", "recorded_at"], unique=False
    )
    op.create_index(
        "uq_generic_medicine_current",
        "generic_medicine",
        ["key"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "generic_standing",
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("content_digest", sa.LargeBinary(), nullable=False),
        sa.Column("pull_id", sa.BigInteger(), nullable=False),
        sa.Column("native_row", sa.Integer(), nullable=False),
        sa.Column("removed_seq", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("national_id", sa.Text(), nullable=False),
        sa.Column("national_id_scheme", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("listing", sa.Text(), nullable=False),
        sa.Column("retrieved_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column(
            "first_recorded_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False
        ),
        sa.Column("recorded_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("superseded_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "native", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("native_standing", sa.Text(), nullable=True),
        sa.Column("note_text", sa.Text(), nullable=True),
        sa.Column("is_counted", sa.Boolean(), nullable=True),
        sa.Column("is_excluded_from_premium", sa.Boolean(), nullable=True),
        sa.Column(
            "listed_on", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "valid_until", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("product_key", sa.Text(), nullable=True),
        sa.Column("price_ceiling_key", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "listing IN ('LISTED', 'NO_LONGER_LISTED')",
            name="ck_generic_standing_listing_vocabulary",
        ),
        sa.CheckConstraint(
            "origin IN ('KR', 'US', 'JP', 'IN', 'EU', 'ALLIANCE')",
            name="ck_generic_standing_origin_vocabulary",
        ),
        sa.CheckConstraint(
            "standing IN ('ORIGINAL_WITHOUT_GENERICS', 'ORIGINAL_WITH_GENERICS', 'GENERIC', 'NOT_STATED', 'UNMAPPED')",
            name="ck_generic_standing_standing_vocabulary",
        ),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index("ix_generic_standing_changes", "generic_standing", ["change_seq"], unique=False)
    op.create_index(
        "ix_generic_standing_price_ceiling_key",
        "generic_standing",
        ["price_ceiling_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_generic_standing_product_key",
        "generic_standing",
        ["product_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_generic_standing_versions", "generic_standing", ["key", "recorded_at"], unique=False
    )
    op.create_index(
        "uq_generic_standing_current",
        "generic_standing",
        ["key"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "register_entry",
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("content_digest", sa.LargeBinary(), nullable=False),
        sa.Column("pull_id", sa.BigInteger(), nullable=False),
        sa.Column("native_row", sa.Integer(), nullable=False),
        sa.Column("removed_seq", sa.BigInteger(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("national_id", sa.Text(), nullable=False),
        sa.Column("national_id_scheme", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("listing", sa.Text(), nullable=False),
        sa.Column("retrieved_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column(
            "first_recorded_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False
        ),
        sa.Column("recorded_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("superseded_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "native", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("other_names", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("stated_name", sa.Text(), nullable=True),
        sa.Column("unii", sa.Text(), nullable=True),
        sa.Column("cas", sa.Text(), nullable=True),
        sa.Column("atc_codes", sa.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint(
            "kind IN ('SUBSTANCE', 'SUBSTANCE_CLASS', 'COMBINATION', 'BRAND', 'SALT_WORD', 'OTHER', 'UNMAPPED')",
            name="ck_register_entry_kind_vocabulary",
        ),
        sa.CheckConstraint(
            "listing IN ('LISTED', 'NO_LONGER_LISTED')", name="ck_register_entry_listing_vocabulary"
        ),
        sa.CheckConstraint(
            "origin IN ('KR', 'US', 'JP', 'IN', 'EU', 'ALLIANCE')",
            name="ck_register_entry_origin_vocabulary",
        ),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index("ix_register_entry_changes", "register_entry", ["change_seq"], unique=False)
    op.create_index(
        "ix_register_entry_versions", "register_entry", ["key", "recorded_at"], unique=False
    )
    op.create_index(
        "uq_register_entry_current",
        "register_entry",
        ["key"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.add_column(
        "essential_listing",
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    op.add_column(
        "ingredient",
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    op.add_column("ingredient", sa.Column("generic_key", sa.Text(), nullable=True))
    op.alter_column("ingredient", "product_key", existing_type=sa.TEXT(), nullable=True)
    op.create_index(
        "ix_ingredient_generic_key",
        "ingredient",
        ["generic_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.add_column(
        "organization",
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    op.add_column(
        "organization",
        sa.Column(
            "identifiers", sa.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")
        ),
    )
    op.add_column("organization", sa.Column("entity_key", sa.Text(), nullable=True))
    op.create_index(
        "ix_organization_entity_key",
        "organization",
        ["entity_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.add_column(
        "package",
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    op.add_column(
        "price_ceiling",
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    op.add_column("price_ceiling", sa.Column("generic_key", sa.Text(), nullable=True))
    op.create_index(
        "ix_price_ceiling_generic_key",
        "price_ceiling",
        ["generic_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.add_column(
        "product",
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    op.add_column("product", sa.Column("dose_form", sa.Text(), nullable=True))
    op.add_column(
        "product",
        sa.Column("routes", sa.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")),
    )
    op.add_column("product", sa.Column("pharmaceutical_product_key", sa.Text(), nullable=True))
    op.create_index(
        "ix_product_pharmaceutical_product_key",
        "product",
        ["pharmaceutical_product_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.add_column(
        "quality_alert",
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    op.add_column(
        "site",
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    op.add_column(
        "site",
        sa.Column(
            "identifiers", sa.ARRAY(sa.Text()), nullable=False, server_default=sa.text("'{}'")
        ),
    )
    op.add_column("site", sa.Column("entity_key", sa.Text(), nullable=True))
    op.create_index(
        "ix_site_entity_key",
        "site",
        ["entity_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.add_column(
        "site_role",
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    op.add_column(
        "stock_report",
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    op.add_column(
        "substance",
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    op.add_column(
        "supply_notice",
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    op.alter_column("essential_listing", "vocabulary_edition", server_default=None)
    op.alter_column("ingredient", "vocabulary_edition", server_default=None)
    op.alter_column("organization", "vocabulary_edition", server_default=None)
    op.alter_column("organization", "identifiers", server_default=None)
    op.alter_column("package", "vocabulary_edition", server_default=None)
    op.alter_column("price_ceiling", "vocabulary_edition", server_default=None)
    op.alter_column("product", "vocabulary_edition", server_default=None)
    op.alter_column("product", "routes", server_default=None)
    op.alter_column("quality_alert", "vocabulary_edition", server_default=None)
    op.alter_column("site", "vocabulary_edition", server_default=None)
    op.alter_column("site", "identifiers", server_default=None)
    op.alter_column("site_role", "vocabulary_edition", server_default=None)
    op.alter_column("stock_report", "vocabulary_edition", server_default=None)
    op.alter_column("substance", "vocabulary_edition", server_default=None)
    op.alter_column("supply_notice", "vocabulary_edition", server_default=None)
    op.drop_constraint("ck_ingredient_resolution_method_vocabulary", "ingredient", type_="check")
    op.create_check_constraint(
        "ck_ingredient_resolution_method_vocabulary",
        "ingredient",
        "resolution_method IN ('EXACT', 'SYNONYM', 'SALT', 'BRACKET', 'SPELLING', 'TRANSLITERATION', 'FUZZY', 'CHEMICAL', 'BRAND', 'UNII', 'CURATED', 'NONE')",
    )
    op.create_check_constraint(
        "ck_product_dose_form_vocabulary", "product", "dose_form IN ('TABLET', 'UNMAPPED')"
    )
    op.create_check_constraint(
        "ck_product_routes_vocabulary", "product", "routes <@ ARRAY['ORAL', 'UNMAPPED']::text[]"
    )


def downgrade() -> None:
    raise NotImplementedError("versions of records can't be taken back: restore a backup")
