"""by which version the tables were made"""

import sqlalchemy as sa
from alembic import op

from app.db.base import Instant

revision = "7a2f90c4b8e1"
down_revision = "5c0e7d92b1fa"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "migration_run",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", Instant(), nullable=False),
        sa.Column("schema", sa.String(length=32), nullable=False),
        sa.Column("software", sa.String(length=40), nullable=False),
        sa.Column("backup", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_migration_run")),
    )


def downgrade() -> None:
    op.drop_table("migration_run")
