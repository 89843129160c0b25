"""how often something was used, by day"""

import sqlalchemy as sa
from alembic import op

revision = "4c1e7a90d2b6"
down_revision = "b83f0d6a19c7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "usage_count",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("use", sa.String(length=10), nullable=False),
        sa.Column("document", sa.String(length=36), nullable=False),
        sa.Column("detail", sa.String(length=100), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("robots", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", "use", "document", "detail", name=op.f("pk_usage_count")),
    )


def downgrade() -> None:
    op.drop_table("usage_count")
