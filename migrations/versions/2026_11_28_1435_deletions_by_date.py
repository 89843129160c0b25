"""what is no longer live is found by its date"""

import sqlalchemy as sa
from alembic import op

revision = "b83f0d6a19c7"
down_revision = "b9c2f6faa03d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    not_live = sa.text("state <> 'live'")
    op.create_index(
        "ix_document_not_live", "document", ["modified", "id"], sqlite_where=not_live, postgresql_where=not_live
    )


def downgrade() -> None:
    op.drop_index("ix_document_not_live", "document")
