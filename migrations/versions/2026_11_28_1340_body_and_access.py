"""entries have a longer text, their access, a picture, and archived addresses of their links"""

import sqlalchemy as sa
from alembic import op

revision = "7d1f3a9e52c4"
down_revision = "e41b7a92c6d0"
branch_labels = None
depends_on = None

NULLABLE = (
    ("entry", "access_source", 1000),
    ("entry", "picture_url", 2000),
    ("entry", "picture_text", 1000),
    ("resource", "archived_url", 2000),
)


def upgrade() -> None:
    for table in ("entry", "framework_element"):
        op.add_column(table, sa.Column("body", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("entry", sa.Column("access", sa.String(12), server_default=sa.text("'unknown'"), nullable=False))
    for table, name, length in NULLABLE:
        op.add_column(table, sa.Column(name, sa.String(length), nullable=True))


def downgrade() -> None:
    for table, name, _ in reversed(NULLABLE):
        op.drop_column(table, name)
    op.drop_column("entry", "access")
    for table in ("framework_element", "entry"):
        op.drop_column(table, "body")
