"""by which key a key was made, so that nothing made with a stolen one is overlooked"""

import sqlalchemy as sa
from alembic import op

revision = "7d20c5e1a9b3"
down_revision = "5d27f0c81b94"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("api_key", sa.Column("made_with", sa.String(length=12), nullable=True))
    op.create_index("ix_api_key_made_with", "api_key", ["made_with"])


def downgrade() -> None:
    op.drop_index("ix_api_key_made_with", "api_key")
    op.drop_column("api_key", "made_with")
