"""publications have the date of their issue beside that of their first publication"""

import sqlalchemy as sa
from alembic import op

revision = "8b6e4f0a2d17"
down_revision = "5c20d8e7b1f4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("publication", sa.Column("cover_date", sa.String(10), nullable=True))


def downgrade() -> None:
    op.drop_column("publication", "cover_date")
