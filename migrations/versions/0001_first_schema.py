"""first schema."""

import sqlalchemy as sa
from alembic import op
from procrastinate.schema import SchemaManager
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SEQUENCE change_seq")
    # The job queue's own text holds many statements and signs that SQLAlchemy would read as
    # placeholders, so it goes straight to the driver.
    op.get_bind().connection.driver_connection.execute(SchemaManager.get_schema())
    op.create_table(
        "disclosure",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("question_digest", sa.Text(), nullable=False),
        sa.Column("policy_digest", sa.Text(), nullable=False),
        sa.Column("opened_by", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("masked", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_disclosure_answered_at"), "disclosure", ["answered_at"], unique=False)
    op.create_table(
        "essential_listing",
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
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "native", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("list_name", sa.Text(), nullable=False),
        sa.Column("list_version", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("atc_codes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("class_text", sa.Text(), nullable=True),
        sa.Column("legal_effect", sa.Text(), nullable=False),
        sa.Column("product_key", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "legal_effect IN ('SUPPLY_OBLIGATION', 'PRICE_CONTROL', 'PRICE_SUPPORT', 'MONITORING', 'NONE', 'UNMAPPED')",
            name="ck_essential_listing_legal_effect_vocabulary",
        ),
        sa.CheckConstraint(
            "listing IN ('LISTED', 'NO_LONGER_LISTED')",
            name="ck_essential_listing_listing_vocabulary",
        ),
        sa.CheckConstraint(
            "origin IN ('KR', 'US', 'JP', 'IN', 'EU', 'ALLIANCE')",
            name="ck_essential_listing_origin_vocabulary",
        ),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index(
        "ix_essential_listing_changes", "essential_listing", ["change_seq"], unique=False
    )
    op.create_index(
        "ix_essential_listing_product_key",
        "essential_listing",
        ["product_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_essential_listing_versions", "essential_listing", ["key", "recorded_at"], unique=False
    )
    op.create_index(
        "uq_essential_listing_current",
        "essential_listing",
        ["key"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "ingredient",
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
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "native", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("product_key", sa.Text(), nullable=False),
        sa.Column("substance_key", sa.Text(), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("native_text", sa.Text(), nullable=False),
        sa.Column("strength_text", sa.Text(), nullable=True),
        sa.Column("strength_value", sa.Numeric(), nullable=True),
        sa.Column("strength_unit", sa.Text(), nullable=True),
        sa.Column("per_value", sa.Numeric(), nullable=True),
        sa.Column("per_unit", sa.Text(), nullable=True),
        sa.Column("resolution_method", sa.Text(), nullable=False),
        sa.Column("resolution_confidence", sa.Numeric(), nullable=False),
        sa.CheckConstraint(
            "listing IN ('LISTED', 'NO_LONGER_LISTED')", name="ck_ingredient_listing_vocabulary"
        ),
        sa.CheckConstraint(
            "origin IN ('KR', 'US', 'JP', 'IN', 'EU', 'ALLIANCE')",
            name="ck_ingredient_origin_vocabulary",
        ),
        sa.CheckConstraint(
            "resolution_method IN ('EXACT', 'SYNONYM', 'SALT', 'BRACKET', 'SPELLING', 'TRANSLITERATION', 'FUZZY', 'CHEMICAL', 'BRAND', 'UNII', 'NONE')",
            name="ck_ingredient_resolution_method_vocabulary",
        ),
        sa.CheckConstraint(
            "role IN ('ACTIVE', 'EXCIPIENT', 'UNMAPPED')", name="ck_ingredient_role_vocabulary"
        ),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index("ix_ingredient_changes", "ingredient", ["change_seq"], unique=False)
    op.create_index(
        "ix_ingredient_product_key",
        "ingredient",
        ["product_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_ingredient_substance_key",
        "ingredient",
        ["substance_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index("ix_ingredient_versions", "ingredient", ["key", "recorded_at"], unique=False)
    op.create_index(
        "uq_ingredient_current",
        "ingredient",
        ["key"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "oauth_client",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("roles", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("purposes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("client_id"),
    )
    op.create_table(
        "organization",
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
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "native", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("address_text", sa.Text(), nullable=True),
        sa.Column("business_number", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('MARKETING_AUTHORISATION_HOLDER', 'LABELER', 'MANUFACTURER', 'RECALLING_FIRM', 'AGENCY')",
            name="ck_organization_kind_vocabulary",
        ),
        sa.CheckConstraint(
            "listing IN ('LISTED', 'NO_LONGER_LISTED')", name="ck_organization_listing_vocabulary"
        ),
        sa.CheckConstraint(
            "origin IN ('KR', 'US', 'JP', 'IN', 'EU', 'ALLIANCE')",
            name="ck_organization_origin_vocabulary",
        ),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index("ix_organization_changes", "organization", ["change_seq"], unique=False)
    op.create_index(
        "ix_organization_versions", "organization", ["key", "recorded_at"], unique=False
    )
    op.create_index(
        "uq_organization_current",
        "organization",
        ["key"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "package",
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
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "native", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("product_key", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("code_text", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("price_ceiling_key", sa.Text(), nullable=True),
        sa.Column("marketing_status", sa.Text(), nullable=True),
        sa.Column("native_marketing_status", sa.Text(), nullable=True),
        sa.Column(
            "marketing_declared_on",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.CheckConstraint(
            "listing IN ('LISTED', 'NO_LONGER_LISTED')", name="ck_package_listing_vocabulary"
        ),
        sa.CheckConstraint(
            "marketing_status IN ('MARKETED', 'NOT_MARKETED', 'DISCONTINUED', 'UNMAPPED')",
            name="ck_package_marketing_status_vocabulary",
        ),
        sa.CheckConstraint(
            "origin IN ('KR', 'US', 'JP', 'IN', 'EU', 'ALLIANCE')",
            name="ck_package_origin_vocabulary",
        ),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index("ix_package_changes", "package", ["change_seq"], unique=False)
    op.create_index(
        "ix_package_price_ceiling_key",
        "package",
        ["price_ceiling_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_package_product_key",
        "package",
        ["product_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index("ix_package_versions", "package", ["key", "recorded_at"], unique=False)
    op.create_index(
        "uq_package_current",
        "package",
        ["key"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "price_ceiling",
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
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "native", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(), nullable=True),
        sa.Column("amount_status", sa.Text(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("unit_text", sa.Text(), nullable=True),
        sa.Column("is_tax_included", sa.Boolean(), nullable=True),
        sa.Column("product_key", sa.Text(), nullable=True),
        sa.Column("holder_key", sa.Text(), nullable=True),
        sa.Column("substance_text", sa.Text(), nullable=True),
        sa.Column(
            "valid_from", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "valid_until", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "ordered_on", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("order_text", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "amount_status IN ('STATED', 'NOT_PUBLISHED', 'UNMAPPED')",
            name="ck_price_ceiling_amount_status_vocabulary",
        ),
        sa.CheckConstraint(
            "kind IN ('REIMBURSEMENT', 'CEILING', 'MAXIMUM_RETAIL', 'UNMAPPED')",
            name="ck_price_ceiling_kind_vocabulary",
        ),
        sa.CheckConstraint(
            "listing IN ('LISTED', 'NO_LONGER_LISTED')", name="ck_price_ceiling_listing_vocabulary"
        ),
        sa.CheckConstraint(
            "origin IN ('KR', 'US', 'JP', 'IN', 'EU', 'ALLIANCE')",
            name="ck_price_ceiling_origin_vocabulary",
        ),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index("ix_price_ceiling_changes", "price_ceiling", ["change_seq"], unique=False)
    op.create_index(
        "ix_price_ceiling_holder_key",
        "price_ceiling",
        ["holder_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_price_ceiling_product_key",
        "price_ceiling",
        ["product_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_price_ceiling_versions", "price_ceiling", ["key", "recorded_at"], unique=False
    )
    op.create_index(
        "uq_price_ceiling_current",
        "price_ceiling",
        ["key"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "product",
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
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "native", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=True),
        sa.Column("species", sa.Text(), nullable=False),
        sa.Column("holder_key", sa.Text(), nullable=True),
        sa.Column("authorisation_number", sa.Text(), nullable=True),
        sa.Column("authorisation_status", sa.Text(), nullable=False),
        sa.Column("native_authorisation_status", sa.Text(), nullable=True),
        sa.Column(
            "authorised_on",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column(
            "authorisation_ended_on",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column(
            "price_listed_on",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column("procedure_text", sa.Text(), nullable=True),
        sa.Column("substance_text", sa.Text(), nullable=True),
        sa.Column("dose_form_text", sa.Text(), nullable=True),
        sa.Column("route_texts", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("strength_text", sa.Text(), nullable=True),
        sa.Column("atc_codes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("therapeutic_class_text", sa.Text(), nullable=True),
        sa.Column("supply_class", sa.Text(), nullable=True),
        sa.Column("category_text", sa.Text(), nullable=True),
        sa.Column("stage", sa.Text(), nullable=True),
        sa.Column("manufacturing_countries", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("marketing_status", sa.Text(), nullable=True),
        sa.Column("surveillance_text", sa.Text(), nullable=True),
        sa.Column("indication_text", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "authorisation_status IN ('AUTHORISED', 'TENTATIVE', 'APPLIED', 'APPLICATION_WITHDRAWN', 'REFUSED', 'SUSPENDED', 'WITHDRAWN', 'REVOKED', 'EXPIRED', 'NOT_STATED', 'UNMAPPED')",
            name="ck_product_authorisation_status_vocabulary",
        ),
        sa.CheckConstraint(
            "listing IN ('LISTED', 'NO_LONGER_LISTED')", name="ck_product_listing_vocabulary"
        ),
        sa.CheckConstraint(
            "marketing_status IN ('MARKETED', 'NOT_MARKETED', 'DISCONTINUED', 'UNMAPPED')",
            name="ck_product_marketing_status_vocabulary",
        ),
        sa.CheckConstraint(
            "origin IN ('KR', 'US', 'JP', 'IN', 'EU', 'ALLIANCE')",
            name="ck_product_origin_vocabulary",
        ),
        sa.CheckConstraint(
            "species IN ('HUMAN', 'VETERINARY', 'UNMAPPED')", name="ck_product_species_vocabulary"
        ),
        sa.CheckConstraint(
            "stage IN ('FINISHED', 'ACTIVE_SUBSTANCE', 'INTERMEDIATE', 'HERBAL_MATERIAL', 'UNMAPPED')",
            name="ck_product_stage_vocabulary",
        ),
        sa.CheckConstraint(
            "supply_class IN ('PRESCRIPTION', 'OVER_THE_COUNTER', 'GENERAL_SALE', 'UNMAPPED')",
            name="ck_product_supply_class_vocabulary",
        ),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index("ix_product_changes", "product", ["change_seq"], unique=False)
    op.create_index(
        "ix_product_holder_key",
        "product",
        ["holder_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index("ix_product_versions", "product", ["key", "recorded_at"], unique=False)
    op.create_index(
        "uq_product_current",
        "product",
        ["key"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "pull",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("finished_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason_code", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("validator", sa.Text(), nullable=True),
        sa.Column("documents", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("stated_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.Column("mapping_digest", sa.Text(), nullable=True),
        sa.Column("rows", sa.Integer(), nullable=True),
        sa.Column("records", sa.Integer(), nullable=True),
        sa.Column("quarantined", sa.Integer(), nullable=True),
        sa.Column("merged", sa.Integer(), nullable=True),
        sa.Column("added", sa.Integer(), nullable=True),
        sa.Column("changed", sa.Integer(), nullable=True),
        sa.Column("absent", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_pull_feed"), "pull", ["feed"], unique=False)
    op.create_table(
        "quality_alert",
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
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "native", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("class_text", sa.Text(), nullable=True),
        sa.Column("native_status", sa.Text(), nullable=True),
        sa.Column("batch_numbers", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("batch_text", sa.Text(), nullable=True),
        sa.Column("product_key", sa.Text(), nullable=True),
        sa.Column("manufacturer_key", sa.Text(), nullable=True),
        sa.Column("recalling_firm_key", sa.Text(), nullable=True),
        sa.Column(
            "initiated_on",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column(
            "reported_on", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "manufactured_on",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column(
            "expires_on", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("reason_text", sa.Text(), nullable=True),
        sa.Column("manufacturer_text", sa.Text(), nullable=True),
        sa.Column("laboratory_text", sa.Text(), nullable=True),
        sa.Column("distribution_text", sa.Text(), nullable=True),
        sa.Column("source_text", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('RECALL', 'NOT_OF_STANDARD_QUALITY', 'SPURIOUS', 'UNMAPPED')",
            name="ck_quality_alert_kind_vocabulary",
        ),
        sa.CheckConstraint(
            "listing IN ('LISTED', 'NO_LONGER_LISTED')", name="ck_quality_alert_listing_vocabulary"
        ),
        sa.CheckConstraint(
            "origin IN ('KR', 'US', 'JP', 'IN', 'EU', 'ALLIANCE')",
            name="ck_quality_alert_origin_vocabulary",
        ),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index("ix_quality_alert_changes", "quality_alert", ["change_seq"], unique=False)
    op.create_index(
        "ix_quality_alert_manufacturer_key",
        "quality_alert",
        ["manufacturer_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_quality_alert_product_key",
        "quality_alert",
        ["product_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_quality_alert_recalling_firm_key",
        "quality_alert",
        ["recalling_firm_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_quality_alert_versions", "quality_alert", ["key", "recorded_at"], unique=False
    )
    op.create_index(
        "uq_quality_alert_current",
        "quality_alert",
        ["key"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "site",
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
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "native", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("other_names", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("organization_key", sa.Text(), nullable=True),
        sa.Column("locality_text", sa.Text(), nullable=True),
        sa.Column("address_text", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "listing IN ('LISTED', 'NO_LONGER_LISTED')", name="ck_site_listing_vocabulary"
        ),
        sa.CheckConstraint(
            "origin IN ('KR', 'US', 'JP', 'IN', 'EU', 'ALLIANCE')", name="ck_site_origin_vocabulary"
        ),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index("ix_site_changes", "site", ["change_seq"], unique=False)
    op.create_index(
        "ix_site_organization_key",
        "site",
        ["organization_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index("ix_site_versions", "site", ["key", "recorded_at"], unique=False)
    op.create_index(
        "uq_site_current",
        "site",
        ["key"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "site_role",
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
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "native", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("site_key", sa.Text(), nullable=True),
        sa.Column("organization_key", sa.Text(), nullable=True),
        sa.Column("product_key", sa.Text(), nullable=True),
        sa.Column("substance_key", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("native_role", sa.Text(), nullable=True),
        sa.Column("subject_text", sa.Text(), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("standing", sa.Text(), nullable=False),
        sa.Column("evidence_number", sa.Text(), nullable=True),
        sa.Column("native_standing", sa.Text(), nullable=True),
        sa.Column(
            "valid_from", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "valid_until", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.CheckConstraint(
            "evidence IN ('INSPECTION', 'CERTIFICATE_OF_SUITABILITY', 'PRODUCT_INFORMATION', 'REGISTER', 'LISTING')",
            name="ck_site_role_evidence_vocabulary",
        ),
        sa.CheckConstraint(
            "listing IN ('LISTED', 'NO_LONGER_LISTED')", name="ck_site_role_listing_vocabulary"
        ),
        sa.CheckConstraint(
            "origin IN ('KR', 'US', 'JP', 'IN', 'EU', 'ALLIANCE')",
            name="ck_site_role_origin_vocabulary",
        ),
        sa.CheckConstraint(
            "role IN ('ACTIVE_SUBSTANCE', 'INTERMEDIATE', 'FINISHED_PRODUCT', 'BATCH_RELEASE', 'PACKAGING', 'TESTING', 'MARKETING_AUTHORISATION_HOLDER', 'DISTRIBUTION', 'NOT_STATED', 'UNMAPPED')",
            name="ck_site_role_role_vocabulary",
        ),
        sa.CheckConstraint(
            "standing IN ('VALID', 'EXPIRED', 'WITHDRAWN', 'SUSPENDED', 'FAILED', 'NOT_STATED', 'UNMAPPED')",
            name="ck_site_role_standing_vocabulary",
        ),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index("ix_site_role_changes", "site_role", ["change_seq"], unique=False)
    op.create_index(
        "ix_site_role_organization_key",
        "site_role",
        ["organization_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_site_role_product_key",
        "site_role",
        ["product_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_site_role_site_key",
        "site_role",
        ["site_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_site_role_substance_key",
        "site_role",
        ["substance_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index("ix_site_role_versions", "site_role", ["key", "recorded_at"], unique=False)
    op.create_index(
        "uq_site_role_current",
        "site_role",
        ["key"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "stock_report",
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
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "native", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("product_key", sa.Text(), nullable=True),
        sa.Column("holder_key", sa.Text(), nullable=True),
        sa.Column(
            "as_of", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("quantity_band", sa.Text(), nullable=True),
        sa.Column("quantity", sa.Numeric(), nullable=True),
        sa.Column("quantity_unit", sa.Text(), nullable=True),
        sa.Column("quantity_text", sa.Text(), nullable=True),
        sa.Column("cover_days", sa.Integer(), nullable=True),
        sa.Column("place_text", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "listing IN ('LISTED', 'NO_LONGER_LISTED')", name="ck_stock_report_listing_vocabulary"
        ),
        sa.CheckConstraint(
            "origin IN ('KR', 'US', 'JP', 'IN', 'EU', 'ALLIANCE')",
            name="ck_stock_report_origin_vocabulary",
        ),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index("ix_stock_report_changes", "stock_report", ["change_seq"], unique=False)
    op.create_index(
        "ix_stock_report_holder_key",
        "stock_report",
        ["holder_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_stock_report_product_key",
        "stock_report",
        ["product_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_stock_report_versions", "stock_report", ["key", "recorded_at"], unique=False
    )
    op.create_index(
        "uq_stock_report_current",
        "stock_report",
        ["key"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "substance",
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
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "native", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("inn", sa.Text(), nullable=False),
        sa.Column("unii", sa.Text(), nullable=True),
        sa.Column("cas", sa.Text(), nullable=True),
        sa.Column("atc_codes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("names_en", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("names_ko", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("names_ja", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("names_fr", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("names_de", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("names_in", sa.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint(
            "listing IN ('LISTED', 'NO_LONGER_LISTED')", name="ck_substance_listing_vocabulary"
        ),
        sa.CheckConstraint(
            "origin IN ('KR', 'US', 'JP', 'IN', 'EU', 'ALLIANCE')",
            name="ck_substance_origin_vocabulary",
        ),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index("ix_substance_changes", "substance", ["change_seq"], unique=False)
    op.create_index("ix_substance_versions", "substance", ["key", "recorded_at"], unique=False)
    op.create_index(
        "uq_substance_current",
        "substance",
        ["key"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "supply_notice",
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
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column(
            "native", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=False
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("native_status", sa.Text(), nullable=False),
        sa.Column("legal_fact", sa.Text(), nullable=False),
        sa.Column("availability", sa.Text(), nullable=True),
        sa.Column("product_key", sa.Text(), nullable=True),
        sa.Column("holder_key", sa.Text(), nullable=True),
        sa.Column("package_codes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "starts_on", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "expected_end_on",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column(
            "ended_on", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "posted_on", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "updated_on", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reason_text", sa.Text(), nullable=True),
        sa.Column("impact_text", sa.Text(), nullable=True),
        sa.Column("plan_text", sa.Text(), nullable=True),
        sa.Column("outlook_text", sa.Text(), nullable=True),
        sa.Column(
            "last_supply_on",
            postgresql.JSONB(none_as_null=True, astext_type=sa.Text()),
            nullable=True,
        ),
        sa.Column("stock_text", sa.Text(), nullable=True),
        sa.Column(
            "stock_on", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("volume_text", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "availability IN ('AVAILABLE', 'LIMITED', 'UNAVAILABLE', 'INFORMATION_PENDING', 'UNMAPPED')",
            name="ck_supply_notice_availability_vocabulary",
        ),
        sa.CheckConstraint(
            "kind IN ('SHORTAGE', 'LIMITED_SUPPLY', 'DISCONTINUATION', 'SUSPENSION', 'NORMAL_SUPPLY', 'UNMAPPED')",
            name="ck_supply_notice_kind_vocabulary",
        ),
        sa.CheckConstraint(
            "listing IN ('LISTED', 'NO_LONGER_LISTED')", name="ck_supply_notice_listing_vocabulary"
        ),
        sa.CheckConstraint(
            "origin IN ('KR', 'US', 'JP', 'IN', 'EU', 'ALLIANCE')",
            name="ck_supply_notice_origin_vocabulary",
        ),
        sa.CheckConstraint(
            "reason IN ('DEMAND_INCREASE', 'ACTIVE_SUBSTANCE', 'OTHER_MATERIAL', 'RAW_MATERIAL', 'MANUFACTURING', 'QUALITY', 'REGULATORY', 'LOGISTICS', 'COMMERCIAL', 'DISCONTINUATION', 'OTHER', 'UNMAPPED')",
            name="ck_supply_notice_reason_vocabulary",
        ),
        sa.CheckConstraint(
            "status IN ('ONGOING', 'RESOLVED', 'DISCONTINUED', 'NO_SHORTAGE', 'DRAFT', 'WITHDRAWN', 'NO_LONGER_LISTED', 'UNMAPPED')",
            name="ck_supply_notice_status_vocabulary",
        ),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index("ix_supply_notice_changes", "supply_notice", ["change_seq"], unique=False)
    op.create_index(
        "ix_supply_notice_holder_key",
        "supply_notice",
        ["holder_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_supply_notice_product_key",
        "supply_notice",
        ["product_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_supply_notice_versions", "supply_notice", ["key", "recorded_at"], unique=False
    )
    op.create_index(
        "uq_supply_notice_current",
        "supply_notice",
        ["key"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_table(
        "feed_state",
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("good_pull_id", sa.BigInteger(), nullable=True),
        sa.Column("last_pull_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["good_pull_id"], ["pull.id"]),
        sa.ForeignKeyConstraint(["last_pull_id"], ["pull.id"]),
        sa.PrimaryKeyConstraint("feed"),
    )
    op.create_table(
        "field_quality",
        sa.Column("pull_id", sa.BigInteger(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("native_columns", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("filled", sa.Integer(), nullable=False),
        sa.Column("defects", sa.Integer(), nullable=False),
        sa.Column("unmapped", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["pull_id"], ["pull.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pull_id", "record_type", "field"),
    )
    op.create_table(
        "finding",
        sa.Column("pull_id", sa.BigInteger(), nullable=False),
        sa.Column("native_row", sa.Integer(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("native", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["pull_id"], ["pull.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pull_id", "native_row", "record_type", "code"),
    )
    op.create_table(
        "quarantined_row",
        sa.Column("pull_id", sa.BigInteger(), nullable=False),
        sa.Column("native_row", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("native", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["pull_id"], ["pull.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("pull_id", "native_row"),
    )


def downgrade() -> None:
    raise NotImplementedError("the first revision has nothing to go back to: drop the database")
