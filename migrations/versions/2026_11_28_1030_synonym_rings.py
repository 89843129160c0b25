"""a vocabulary may be one of synonym rings"""

import sqlalchemy as sa
from alembic import op

revision = "c2d87f05e913"
down_revision = "91c4e07ab2d6"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scheme", sa.Column("synonym_rings", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    op.drop_column("scheme", "synonym_rings")
