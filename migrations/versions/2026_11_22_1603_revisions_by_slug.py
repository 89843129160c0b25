"""revisions by slug"""

from alembic import op

revision = "5d27f0c81b94"
down_revision = "9e41c7d05b38"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_revision_kind_slug", "revision", ["kind", "slug"])


def downgrade() -> None:
    op.drop_index("ix_revision_kind_slug", "revision")
