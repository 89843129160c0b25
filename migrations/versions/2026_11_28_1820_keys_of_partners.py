"""keys of partners: whom to write to, and how much they are used"""

import sqlalchemy as sa
from alembic import op

revision = "5c0e7d92b1fa"
down_revision = "4c1e7a90d2b6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_key", sa.Column("contact", sa.String(length=254), nullable=True))
    op.create_table(
        "key_use",
        sa.Column("key_id", sa.String(length=12), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["key_id"], ["api_key.id"], name="fk_key_use_key_id_api_key"),
        sa.PrimaryKeyConstraint("key_id", "day", name="pk_key_use"),
    )


def downgrade() -> None:
    op.drop_table("key_use")
    op.drop_column("api_key", "contact")
