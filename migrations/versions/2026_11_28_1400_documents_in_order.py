"""documents are found in the order of their changes, however many have one revision"""

from alembic import op

revision = "5c20d8e7b1f4"
down_revision = "7d1f3a9e52c4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_document_revision", "document")
    op.create_index("ix_document_revision", "document", ["revision", "id"])


def downgrade() -> None:
    op.drop_index("ix_document_revision", "document")
    op.create_index("ix_document_revision", "document", ["revision"])
