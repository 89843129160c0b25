"""documents by their source"""

from alembic import op

revision = "9e41c7d05b38"
down_revision = "c40e7b9a2f16"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_document_kind_source", "document", ["kind", "source"])


def downgrade() -> None:
    op.drop_index("ix_document_kind_source", "document")
