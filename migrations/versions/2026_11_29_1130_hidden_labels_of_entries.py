"""entries have labels that are searched and not shown (SKOS hiddenLabel)"""

import sqlalchemy as sa
from alembic import op

revision = "c8e25d1b7a40"
down_revision = "b3f7d2c94e15"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("hidden_labels", sa.JSON(none_as_null=True), server_default=sa.text("'[]'"), nullable=False)
    op.add_column("entry", column)
    with op.batch_alter_table("entry") as batch:
        batch.alter_column("hidden_labels", server_default=None)


def downgrade() -> None:
    op.drop_column("entry", "hidden_labels")
