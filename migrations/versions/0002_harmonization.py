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
        "entity_decision",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("left_key", sa.Text(), nullable=False),
        sa.Column("right_key", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("author", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("undone_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.Column("undone_by", sa.Text(), nullable=True),
        sa.Column("undone_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_entity_decision_right", "entity_decision", ["right_key"], unique=False)
    op.create_index(
        "uq_entity_decision_standing",
        "entity_decision",
        ["left_key", "right_key"],
        unique=True,
        postgresql_where=sa.text("undone_at IS NULL"),
    )
    op.create_table(
        "entity_link",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("left_key", sa.Text(), nullable=False),
        sa.Column("right_key", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("found_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.Column("ended_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_entity_link_right", "entity_link", ["right_key"], unique=False)
    op.create_index(
        "uq_entity_link_standing",
        "entity_link",
        ["left_key", "right_key"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
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
            "dose_form IN ('TABLET', 'COATED_TABLET', 'FILM_COATED_TABLET', 'CHEWABLE_TABLET', 'CHEWABLE_DISPERSIBLE_TABLET', 'DISPERSIBLE_TABLET', 'SOLUBLE_TABLET', 'EFFERVESCENT_TABLET', 'ORODISPERSIBLE_TABLET', 'GASTRO_RESISTANT_TABLET', 'PROLONGED_RELEASE_TABLET', 'MODIFIED_RELEASE_TABLET', 'CAPSULE', 'CAPSULE_HARD', 'CAPSULE_SOFT', 'GASTRO_RESISTANT_CAPSULE', 'GASTRO_RESISTANT_CAPSULE_HARD', 'GASTRO_RESISTANT_CAPSULE_SOFT', 'PROLONGED_RELEASE_CAPSULE', 'PROLONGED_RELEASE_CAPSULE_HARD', 'MODIFIED_RELEASE_CAPSULE', 'MODIFIED_RELEASE_CAPSULE_HARD', 'ORAL_LYOPHILISATE', 'ORODISPERSIBLE_FILM', 'PILLULES', 'ORAL_POWDER', 'EFFERVESCENT_POWDER', 'GRANULES', 'COATED_GRANULES', 'EFFERVESCENT_GRANULES', 'GASTRO_RESISTANT_GRANULES', 'PROLONGED_RELEASE_GRANULES', 'POWDER_FOR_ORAL_SOLUTION', 'POWDER_FOR_ORAL_SUSPENSION', 'POWDER_FOR_SYRUP', 'GRANULES_FOR_ORAL_SOLUTION', 'GRANULES_FOR_ORAL_SUSPENSION', 'GRANULES_FOR_SYRUP', 'GASTRO_RESISTANT_GRANULES_FOR_ORAL_SUSPENSION', 'PROLONGED_RELEASE_GRANULES_FOR_ORAL_SUSPENSION', 'ORAL_LIQUID', 'ORAL_SOLUTION', 'ORAL_SUSPENSION', 'ORAL_EMULSION', 'PROLONGED_RELEASE_ORAL_SUSPENSION', 'ORAL_DROPS_LIQUID', 'ORAL_DROPS_SOLUTION', 'ORAL_DROPS_SUSPENSION', 'CONCENTRATE_FOR_ORAL_SOLUTION', 'SYRUP', 'ORAL_GEL', 'ORAL_PASTE', 'ORAL_GUM', 'HERBAL_TEA', 'INTESTINAL_GEL', 'SUBLINGUAL_TABLET', 'BUCCAL_TABLET', 'MUCO_ADHESIVE_BUCCAL_TABLET', 'SUBLINGUAL_LYOPHILISATE', 'SUBLINGUAL_FILM', 'BUCCAL_FILM', 'SUBLINGUAL_SPRAY_SOLUTION', 'LOZENGE', 'COMPRESSED_LOZENGE', 'PASTILLE', 'MEDICATED_CHEWING_GUM', 'OROMUCOSAL_SOLUTION', 'OROMUCOSAL_SPRAY_SOLUTION', 'OROMUCOSAL_GEL', 'OROMUCOSAL_PASTE', 'OROMUCOSAL_OINTMENT', 'OROMUCOSAL_PATCH', 'GARGLE', 'MOUTHWASH', 'GINGIVAL_GEL', 'DENTAL_GEL', 'DENTAL_PASTE', 'DENTAL_POWDER', 'DENTAL_SOLUTION', 'DENTAL_CEMENT', 'TOOTHPASTE', 'PERIODONTAL_GEL', 'PERIODONTAL_INSERT', 'INJECTION', 'POWDER_FOR_INJECTION', 'SOLUTION_FOR_INJECTION', 'SUSPENSION_FOR_INJECTION', 'EMULSION_FOR_INJECTION', 'DISPERSION_FOR_INJECTION', 'SOLUTION_FOR_INJECTION_INFUSION', 'EMULSION_FOR_INJECTION_INFUSION', 'DISPERSION_FOR_INJECTION_INFUSION', 'SOLUTION_FOR_INFUSION', 'EMULSION_FOR_INFUSION', 'DISPERSION_FOR_INFUSION', 'PROLONGED_RELEASE_SOLUTION_FOR_INJECTION', 'PROLONGED_RELEASE_SUSPENSION_FOR_INJECTION', 'POWDER_FOR_SOLUTION_FOR_INJECTION', 'POWDER_FOR_SUSPENSION_FOR_INJECTION', 'POWDER_FOR_DISPERSION_FOR_INJECTION', 'POWDER_FOR_PROLONGED_RELEASE_SUSPENSION_FOR_INJECTION', 'POWDER_FOR_SOLUTION_FOR_INJECTION_INFUSION', 'POWDER_FOR_SOLUTION_FOR_INFUSION', 'POWDER_FOR_DISPERSION_FOR_INFUSION', 'POWDER_FOR_CONCENTRATE_FOR_SOLUTION_FOR_INFUSION', 'CONCENTRATE_FOR_SOLUTION_FOR_INJECTION', 'CONCENTRATE_FOR_SOLUTION_FOR_INJECTION_INFUSION', 'CONCENTRATE_FOR_SOLUTION_FOR_INFUSION', 'CONCENTRATE_FOR_DISPERSION_FOR_INFUSION', 'CONCENTRATE_FOR_DISPERSION_FOR_INJECTION', 'SOLVENT_FOR_PARENTERAL_USE', 'IMPLANT', 'EYE_DROPS', 'EYE_DROPS_SOLUTION', 'EYE_DROPS_SUSPENSION', 'EYE_DROPS_EMULSION', 'EYE_DROPS_PROLONGED_RELEASE_SOLUTION', 'EYE_GEL', 'EYE_CREAM', 'EYE_OINTMENT', 'EYE_SEMISOLID', 'EYE_LOTION', 'OPHTHALMIC_INSERT', 'EAR_DROPS', 'EAR_DROPS_SOLUTION', 'EAR_DROPS_SUSPENSION', 'EAR_OINTMENT', 'EAR_SPRAY_SOLUTION', 'NASAL_DROPS_SOLUTION', 'NASAL_LIQUID', 'NASAL_SPRAY', 'NASAL_SPRAY_SOLUTION', 'NASAL_SPRAY_SUSPENSION', 'NASAL_POWDER', 'NASAL_GEL', 'NASAL_OINTMENT', 'NASAL_CREAM', 'NASAL_WASH', 'INHALATION_POWDER', 'INHALATION_POWDER_HARD_CAPSULE', 'INHALATION_SOLUTION', 'INHALATION_VAPOUR_LIQUID', 'INHALATION_VAPOUR_CAPSULE', 'NEBULISER_SOLUTION', 'NEBULISER_SUSPENSION', 'NEBULISER_DISPERSION', 'POWDER_FOR_NEBULISER_SOLUTION', 'PRESSURISED_INHALATION', 'PRESSURISED_INHALATION_SOLUTION', 'PRESSURISED_INHALATION_SUSPENSION', 'MEDICINAL_GAS', 'MEDICINAL_GAS_COMPRESSED', 'MEDICINAL_GAS_LIQUEFIED', 'MEDICINAL_GAS_CRYOGENIC', 'ENDOTRACHEOPULMONARY_INSTILLATION_SOLUTION', 'ENDOTRACHEOPULMONARY_INSTILLATION_SUSPENSION', 'CREAM', 'OINTMENT', 'GEL', 'SEMISOLID', 'CUTANEOUS_PASTE', 'CUTANEOUS_LIQUID', 'CUTANEOUS_SOLUTION', 'CUTANEOUS_SUSPENSION', 'CUTANEOUS_EMULSION', 'CUTANEOUS_LOTION', 'CUTANEOUS_FOAM', 'CUTANEOUS_POWDER', 'CUTANEOUS_STICK', 'CUTANEOUS_SPRAY', 'CUTANEOUS_SPRAY_SOLUTION', 'CUTANEOUS_SPRAY_SUSPENSION', 'CUTANEOUS_SPRAY_POWDER', 'SHAMPOO', 'COLLODION', 'MEDICATED_NAIL_LACQUER', 'IMPREGNATED_DRESSING', 'IMPREGNATED_CUTANEOUS_SWAB', 'IMPREGNATED_PAD', 'MEDICATED_SPONGE', 'MEDICATED_PLASTER', 'CUTANEOUS_PATCH', 'POULTICE', 'TRANSDERMAL_PATCH', 'TRANSDERMAL_SYSTEM', 'TRANSDERMAL_GEL', 'TRANSDERMAL_SOLUTION', 'TRANSDERMAL_SPRAY_SOLUTION', 'SUPPOSITORY', 'RECTAL_CAPSULE', 'RECTAL_CREAM', 'RECTAL_OINTMENT', 'RECTAL_GEL', 'RECTAL_FOAM', 'RECTAL_SOLUTION', 'RECTAL_SUSPENSION', 'PESSARY', 'PROLONGED_RELEASE_PESSARY', 'VAGINAL_TABLET', 'VAGINAL_CAPSULE', 'VAGINAL_CAPSULE_SOFT', 'VAGINAL_CREAM', 'VAGINAL_OINTMENT', 'VAGINAL_GEL', 'VAGINAL_FOAM', 'VAGINAL_SOLUTION', 'VAGINAL_EMULSION', 'VAGINAL_DELIVERY_SYSTEM', 'INTRAUTERINE_DELIVERY_SYSTEM', 'ENDOCERVICAL_GEL', 'URETHRAL_GEL', 'URETHRAL_STICK', 'BLADDER_IRRIGATION', 'INTRAVESICAL_SOLUTION', 'IRRIGATION_SOLUTION', 'PERFUSION_SOLUTION', 'SOLUTION_FOR_PERITONEAL_DIALYSIS', 'SOLUTION_FOR_HAEMODIALYSIS', 'SOLUTION_FOR_HAEMOFILTRATION', 'SOLUTION_FOR_HAEMODIAFILTRATION', 'SOLUTION_FOR_HAEMODIALYSIS_HAEMOFILTRATION', 'SOLUTION_FOR_CARDIOPLEGIA', 'SOLUTION_FOR_ORGAN_PRESERVATION', 'KIT_FOR_RADIOPHARMACEUTICAL_PREPARATION', 'RADIONUCLIDE_GENERATOR', 'RADIOPHARMACEUTICAL_PRECURSOR', 'RADIOPHARMACEUTICAL_PRECURSOR_SOLUTION', 'SOLUTION_FOR_SKIN_PRICK_TEST', 'SEALANT', 'SEALANT_MATRIX', 'POWDER', 'LIQUID', 'SOLUTION', 'SUSPENSION', 'EMULSION', 'FOAM', 'PASTE', 'PATCH', 'UNMAPPED')",
            name="ck_generic_medicine_dose_form_vocabulary",
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
            "routes <@ ARRAY['AURICULAR', 'BUCCAL', 'CUTANEOUS', 'DENTAL', 'ENDOCERVICAL', 'ENDOSINUSIAL', 'ENDOTRACHEOPULMONARY', 'EPIDURAL', 'EPILESIONAL', 'EXTRACORPOREAL', 'GASTRIC', 'GASTROENTERAL', 'GINGIVAL', 'HAEMODIALYSIS', 'IMPLANTATION', 'INFILTRATION', 'INHALATION', 'INTESTINAL', 'INTRAAMNIOTIC', 'INTRAARTERIAL', 'INTRAARTICULAR', 'INTRABURSAL', 'INTRACAMERAL', 'INTRACARDIAC', 'INTRACAVERNOUS', 'INTRACEREBRAL', 'INTRACEREBROVENTRICULAR', 'INTRACERVICAL', 'INTRACHOLANGIOPANCREATIC', 'INTRACISTERNAL', 'INTRACORONARY', 'INTRADERMAL', 'INTRADURAL', 'INTRAGLANDULAR', 'INTRALESIONAL', 'INTRALYMPHATIC', 'INTRAMUSCULAR', 'INTRAOCULAR', 'INTRAOSSEOUS', 'INTRAPERICARDIAL', 'INTRAPERITONEAL', 'INTRAPLEURAL', 'INTRAPUTAMINAL', 'INTRATHECAL', 'INTRATUMORAL', 'INTRATYMPANIC', 'INTRAUTERINE', 'INTRAVASCULAR', 'INTRAVENOUS', 'INTRAVENTRICULAR', 'INTRAVESICAL', 'INTRAVITREAL', 'IONTOPHORESIS', 'IRRIGATION', 'LARYNGOPHARYNGEAL', 'NAIL', 'NASAL', 'OCULAR', 'ORAL', 'OROMUCOSAL', 'OROPHARYNGEAL', 'PARENTERAL', 'PERIARTICULAR', 'PERINEURAL', 'PERIODONTAL', 'PERITUMORAL', 'RECTAL', 'RETROBULBAR', 'SKIN_SCARIFICATION', 'SOFT_TISSUE', 'SUBCONJUNCTIVAL', 'SUBCUTANEOUS', 'SUBLINGUAL', 'SUBMUCOSAL', 'SUBRETINAL', 'TOPICAL', 'TRANSDERMAL', 'TRANSMUCOSAL', 'URETHRAL', 'VAGINAL', 'UNMAPPED']::text[]",
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
        sa.Column(
            "changes_on", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
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
        "overridden_resolution",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("substance_key", sa.Text(), nullable=True),
        sa.Column("resolution_method", sa.Text(), nullable=False),
        sa.Column("resolution_confidence", sa.Numeric(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
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
    op.create_table(
        "substance_decision",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("native_text", sa.Text(), nullable=False),
        sa.Column("text_digest", sa.LargeBinary(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("inn", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("client", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("member", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("token_id", sa.Text(), nullable=False),
        sa.Column("decided_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("superseded_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "ix_substance_decision_text",
        "substance_decision",
        ["origin", "text_digest", "id"],
        unique=False,
    )
    op.create_index(
        "uq_substance_decision_standing",
        "substance_decision",
        ["origin", "text_digest"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.add_column(
        "essential_listing",
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    op.add_column("essential_listing", sa.Column("substance_key", sa.Text(), nullable=True))
    op.create_index(
        "ix_essential_listing_substance_key",
        "essential_listing",
        ["substance_key"],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.add_column(
        "ingredient",
        sa.Column("vocabulary_edition", sa.Integer(), nullable=False, server_default=sa.text("1")),
    )
    op.add_column("ingredient", sa.Column("generic_key", sa.Text(), nullable=True))
    op.add_column("ingredient", sa.Column("strength_value_high", sa.Numeric(), nullable=True))
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
    op.add_column(
        "organization",
        sa.Column(
            "entity_key",
            sa.Text(),
            server_default=sa.text("'E-' || left(replace(gen_random_uuid()::text, '-', ''), 16)"),
            nullable=True,
        ),
    )
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
    op.add_column(
        "site",
        sa.Column(
            "entity_key",
            sa.Text(),
            server_default=sa.text("'E-' || left(replace(gen_random_uuid()::text, '-', ''), 16)"),
            nullable=True,
        ),
    )
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
        "ck_product_dose_form_vocabulary",
        "product",
        "dose_form IN ('TABLET', 'COATED_TABLET', 'FILM_COATED_TABLET', 'CHEWABLE_TABLET', 'CHEWABLE_DISPERSIBLE_TABLET', 'DISPERSIBLE_TABLET', 'SOLUBLE_TABLET', 'EFFERVESCENT_TABLET', 'ORODISPERSIBLE_TABLET', 'GASTRO_RESISTANT_TABLET', 'PROLONGED_RELEASE_TABLET', 'MODIFIED_RELEASE_TABLET', 'CAPSULE', 'CAPSULE_HARD', 'CAPSULE_SOFT', 'GASTRO_RESISTANT_CAPSULE', 'GASTRO_RESISTANT_CAPSULE_HARD', 'GASTRO_RESISTANT_CAPSULE_SOFT', 'PROLONGED_RELEASE_CAPSULE', 'PROLONGED_RELEASE_CAPSULE_HARD', 'MODIFIED_RELEASE_CAPSULE', 'MODIFIED_RELEASE_CAPSULE_HARD', 'ORAL_LYOPHILISATE', 'ORODISPERSIBLE_FILM', 'PILLULES', 'ORAL_POWDER', 'EFFERVESCENT_POWDER', 'GRANULES', 'COATED_GRANULES', 'EFFERVESCENT_GRANULES', 'GASTRO_RESISTANT_GRANULES', 'PROLONGED_RELEASE_GRANULES', 'POWDER_FOR_ORAL_SOLUTION', 'POWDER_FOR_ORAL_SUSPENSION', 'POWDER_FOR_SYRUP', 'GRANULES_FOR_ORAL_SOLUTION', 'GRANULES_FOR_ORAL_SUSPENSION', 'GRANULES_FOR_SYRUP', 'GASTRO_RESISTANT_GRANULES_FOR_ORAL_SUSPENSION', 'PROLONGED_RELEASE_GRANULES_FOR_ORAL_SUSPENSION', 'ORAL_LIQUID', 'ORAL_SOLUTION', 'ORAL_SUSPENSION', 'ORAL_EMULSION', 'PROLONGED_RELEASE_ORAL_SUSPENSION', 'ORAL_DROPS_LIQUID', 'ORAL_DROPS_SOLUTION', 'ORAL_DROPS_SUSPENSION', 'CONCENTRATE_FOR_ORAL_SOLUTION', 'SYRUP', 'ORAL_GEL', 'ORAL_PASTE', 'ORAL_GUM', 'HERBAL_TEA', 'INTESTINAL_GEL', 'SUBLINGUAL_TABLET', 'BUCCAL_TABLET', 'MUCO_ADHESIVE_BUCCAL_TABLET', 'SUBLINGUAL_LYOPHILISATE', 'SUBLINGUAL_FILM', 'BUCCAL_FILM', 'SUBLINGUAL_SPRAY_SOLUTION', 'LOZENGE', 'COMPRESSED_LOZENGE', 'PASTILLE', 'MEDICATED_CHEWING_GUM', 'OROMUCOSAL_SOLUTION', 'OROMUCOSAL_SPRAY_SOLUTION', 'OROMUCOSAL_GEL', 'OROMUCOSAL_PASTE', 'OROMUCOSAL_OINTMENT', 'OROMUCOSAL_PATCH', 'GARGLE', 'MOUTHWASH', 'GINGIVAL_GEL', 'DENTAL_GEL', 'DENTAL_PASTE', 'DENTAL_POWDER', 'DENTAL_SOLUTION', 'DENTAL_CEMENT', 'TOOTHPASTE', 'PERIODONTAL_GEL', 'PERIODONTAL_INSERT', 'INJECTION', 'POWDER_FOR_INJECTION', 'SOLUTION_FOR_INJECTION', 'SUSPENSION_FOR_INJECTION', 'EMULSION_FOR_INJECTION', 'DISPERSION_FOR_INJECTION', 'SOLUTION_FOR_INJECTION_INFUSION', 'EMULSION_FOR_INJECTION_INFUSION', 'DISPERSION_FOR_INJECTION_INFUSION', 'SOLUTION_FOR_INFUSION', 'EMULSION_FOR_INFUSION', 'DISPERSION_FOR_INFUSION', 'PROLONGED_RELEASE_SOLUTION_FOR_INJECTION', 'PROLONGED_RELEASE_SUSPENSION_FOR_INJECTION', 'POWDER_FOR_SOLUTION_FOR_INJECTION', 'POWDER_FOR_SUSPENSION_FOR_INJECTION', 'POWDER_FOR_DISPERSION_FOR_INJECTION', 'POWDER_FOR_PROLONGED_RELEASE_SUSPENSION_FOR_INJECTION', 'POWDER_FOR_SOLUTION_FOR_INJECTION_INFUSION', 'POWDER_FOR_SOLUTION_FOR_INFUSION', 'POWDER_FOR_DISPERSION_FOR_INFUSION', 'POWDER_FOR_CONCENTRATE_FOR_SOLUTION_FOR_INFUSION', 'CONCENTRATE_FOR_SOLUTION_FOR_INJECTION', 'CONCENTRATE_FOR_SOLUTION_FOR_INJECTION_INFUSION', 'CONCENTRATE_FOR_SOLUTION_FOR_INFUSION', 'CONCENTRATE_FOR_DISPERSION_FOR_INFUSION', 'CONCENTRATE_FOR_DISPERSION_FOR_INJECTION', 'SOLVENT_FOR_PARENTERAL_USE', 'IMPLANT', 'EYE_DROPS', 'EYE_DROPS_SOLUTION', 'EYE_DROPS_SUSPENSION', 'EYE_DROPS_EMULSION', 'EYE_DROPS_PROLONGED_RELEASE_SOLUTION', 'EYE_GEL', 'EYE_CREAM', 'EYE_OINTMENT', 'EYE_SEMISOLID', 'EYE_LOTION', 'OPHTHALMIC_INSERT', 'EAR_DROPS', 'EAR_DROPS_SOLUTION', 'EAR_DROPS_SUSPENSION', 'EAR_OINTMENT', 'EAR_SPRAY_SOLUTION', 'NASAL_DROPS_SOLUTION', 'NASAL_LIQUID', 'NASAL_SPRAY', 'NASAL_SPRAY_SOLUTION', 'NASAL_SPRAY_SUSPENSION', 'NASAL_POWDER', 'NASAL_GEL', 'NASAL_OINTMENT', 'NASAL_CREAM', 'NASAL_WASH', 'INHALATION_POWDER', 'INHALATION_POWDER_HARD_CAPSULE', 'INHALATION_SOLUTION', 'INHALATION_VAPOUR_LIQUID', 'INHALATION_VAPOUR_CAPSULE', 'NEBULISER_SOLUTION', 'NEBULISER_SUSPENSION', 'NEBULISER_DISPERSION', 'POWDER_FOR_NEBULISER_SOLUTION', 'PRESSURISED_INHALATION', 'PRESSURISED_INHALATION_SOLUTION', 'PRESSURISED_INHALATION_SUSPENSION', 'MEDICINAL_GAS', 'MEDICINAL_GAS_COMPRESSED', 'MEDICINAL_GAS_LIQUEFIED', 'MEDICINAL_GAS_CRYOGENIC', 'ENDOTRACHEOPULMONARY_INSTILLATION_SOLUTION', 'ENDOTRACHEOPULMONARY_INSTILLATION_SUSPENSION', 'CREAM', 'OINTMENT', 'GEL', 'SEMISOLID', 'CUTANEOUS_PASTE', 'CUTANEOUS_LIQUID', 'CUTANEOUS_SOLUTION', 'CUTANEOUS_SUSPENSION', 'CUTANEOUS_EMULSION', 'CUTANEOUS_LOTION', 'CUTANEOUS_FOAM', 'CUTANEOUS_POWDER', 'CUTANEOUS_STICK', 'CUTANEOUS_SPRAY', 'CUTANEOUS_SPRAY_SOLUTION', 'CUTANEOUS_SPRAY_SUSPENSION', 'CUTANEOUS_SPRAY_POWDER', 'SHAMPOO', 'COLLODION', 'MEDICATED_NAIL_LACQUER', 'IMPREGNATED_DRESSING', 'IMPREGNATED_CUTANEOUS_SWAB', 'IMPREGNATED_PAD', 'MEDICATED_SPONGE', 'MEDICATED_PLASTER', 'CUTANEOUS_PATCH', 'POULTICE', 'TRANSDERMAL_PATCH', 'TRANSDERMAL_SYSTEM', 'TRANSDERMAL_GEL', 'TRANSDERMAL_SOLUTION', 'TRANSDERMAL_SPRAY_SOLUTION', 'SUPPOSITORY', 'RECTAL_CAPSULE', 'RECTAL_CREAM', 'RECTAL_OINTMENT', 'RECTAL_GEL', 'RECTAL_FOAM', 'RECTAL_SOLUTION', 'RECTAL_SUSPENSION', 'PESSARY', 'PROLONGED_RELEASE_PESSARY', 'VAGINAL_TABLET', 'VAGINAL_CAPSULE', 'VAGINAL_CAPSULE_SOFT', 'VAGINAL_CREAM', 'VAGINAL_OINTMENT', 'VAGINAL_GEL', 'VAGINAL_FOAM', 'VAGINAL_SOLUTION', 'VAGINAL_EMULSION', 'VAGINAL_DELIVERY_SYSTEM', 'INTRAUTERINE_DELIVERY_SYSTEM', 'ENDOCERVICAL_GEL', 'URETHRAL_GEL', 'URETHRAL_STICK', 'BLADDER_IRRIGATION', 'INTRAVESICAL_SOLUTION', 'IRRIGATION_SOLUTION', 'PERFUSION_SOLUTION', 'SOLUTION_FOR_PERITONEAL_DIALYSIS', 'SOLUTION_FOR_HAEMODIALYSIS', 'SOLUTION_FOR_HAEMOFILTRATION', 'SOLUTION_FOR_HAEMODIAFILTRATION', 'SOLUTION_FOR_HAEMODIALYSIS_HAEMOFILTRATION', 'SOLUTION_FOR_CARDIOPLEGIA', 'SOLUTION_FOR_ORGAN_PRESERVATION', 'KIT_FOR_RADIOPHARMACEUTICAL_PREPARATION', 'RADIONUCLIDE_GENERATOR', 'RADIOPHARMACEUTICAL_PRECURSOR', 'RADIOPHARMACEUTICAL_PRECURSOR_SOLUTION', 'SOLUTION_FOR_SKIN_PRICK_TEST', 'SEALANT', 'SEALANT_MATRIX', 'POWDER', 'LIQUID', 'SOLUTION', 'SUSPENSION', 'EMULSION', 'FOAM', 'PASTE', 'PATCH', 'UNMAPPED')",
    )
    op.create_check_constraint(
        "ck_product_routes_vocabulary",
        "product",
        "routes <@ ARRAY['AURICULAR', 'BUCCAL', 'CUTANEOUS', 'DENTAL', 'ENDOCERVICAL', 'ENDOSINUSIAL', 'ENDOTRACHEOPULMONARY', 'EPIDURAL', 'EPILESIONAL', 'EXTRACORPOREAL', 'GASTRIC', 'GASTROENTERAL', 'GINGIVAL', 'HAEMODIALYSIS', 'IMPLANTATION', 'INFILTRATION', 'INHALATION', 'INTESTINAL', 'INTRAAMNIOTIC', 'INTRAARTERIAL', 'INTRAARTICULAR', 'INTRABURSAL', 'INTRACAMERAL', 'INTRACARDIAC', 'INTRACAVERNOUS', 'INTRACEREBRAL', 'INTRACEREBROVENTRICULAR', 'INTRACERVICAL', 'INTRACHOLANGIOPANCREATIC', 'INTRACISTERNAL', 'INTRACORONARY', 'INTRADERMAL', 'INTRADURAL', 'INTRAGLANDULAR', 'INTRALESIONAL', 'INTRALYMPHATIC', 'INTRAMUSCULAR', 'INTRAOCULAR', 'INTRAOSSEOUS', 'INTRAPERICARDIAL', 'INTRAPERITONEAL', 'INTRAPLEURAL', 'INTRAPUTAMINAL', 'INTRATHECAL', 'INTRATUMORAL', 'INTRATYMPANIC', 'INTRAUTERINE', 'INTRAVASCULAR', 'INTRAVENOUS', 'INTRAVENTRICULAR', 'INTRAVESICAL', 'INTRAVITREAL', 'IONTOPHORESIS', 'IRRIGATION', 'LARYNGOPHARYNGEAL', 'NAIL', 'NASAL', 'OCULAR', 'ORAL', 'OROMUCOSAL', 'OROPHARYNGEAL', 'PARENTERAL', 'PERIARTICULAR', 'PERINEURAL', 'PERIODONTAL', 'PERITUMORAL', 'RECTAL', 'RETROBULBAR', 'SKIN_SCARIFICATION', 'SOFT_TISSUE', 'SUBCONJUNCTIVAL', 'SUBCUTANEOUS', 'SUBLINGUAL', 'SUBMUCOSAL', 'SUBRETINAL', 'TOPICAL', 'TRANSDERMAL', 'TRANSMUCOSAL', 'URETHRAL', 'VAGINAL', 'UNMAPPED']::text[]",
    )


def downgrade() -> None:
    raise NotImplementedError("versions of records can't be taken back: restore a backup")
