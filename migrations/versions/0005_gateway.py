"""gateway."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "condition_change",
        sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("version_id", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", postgresql.TIMESTAMP(timezone=True, precision=3), nullable=False),
        sa.Column("substances_before", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("substances_after", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("essential_lists_before", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("essential_lists_after", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(
        "ix_condition_change_version",
        "condition_change",
        ["record_type", "version_id", "seq"],
        unique=False,
    )
    op.create_table(
        "search_progress",
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("change_seq", sa.BigInteger(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("record_type"),
    )
    op.create_table(
        "search_term",
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("form", sa.Text(collation="C"), nullable=False),
        sa.Column("words", sa.ARRAY(sa.Text()), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_search_term_form", "search_term", ["form"], unique=False)
    op.create_index("ix_search_term_key", "search_term", ["key"], unique=False)
    op.create_index(
        "ix_search_term_words", "search_term", ["words"], unique=False, postgresql_using="gin"
    )
    op.add_column("disclosure", sa.Column("request_id", sa.Text(), nullable=True))
    op.add_column(
        "disclosure",
        sa.Column(
            "shown",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
    )
    op.alter_column("disclosure", "id", server_default=None)
    op.alter_column(
        "disclosure", "id", type_=sa.Uuid(), postgresql_using="lpad(to_hex(id), 32, '0')::uuid"
    )
    op.alter_column("disclosure", "id", server_default=sa.text("gen_random_uuid()"))
    op.execute("DROP SEQUENCE IF EXISTS disclosure_id_seq")
    op.drop_index(op.f("ix_disclosure_answered_at"), table_name="disclosure")
    op.create_index(
        "ix_disclosure_instant",
        "disclosure",
        ["answered_at"],
        unique=False,
        postgresql_using="brin",
    )


def downgrade() -> None:
    raise NotImplementedError("versions of records can't be taken back: restore a backup")
