"""identity."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
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
    op.alter_column("disclosure", "subject", server_default=None)
    op.alter_column("disclosure", "actors", server_default=None)


def downgrade() -> None:
    raise NotImplementedError("versions of records can't be taken back: restore a backup")
