"""terms and agents have labels that are searched and not shown (SKOS hiddenLabel)"""

import sqlalchemy as sa
from alembic import op

revision = "91c4e07ab2d6"
down_revision = "5be0c94d7f21"
branch_labels = None
depends_on = None

ADDED = (("term", "hidden_labels"), ("agent", "hidden_names"))


def upgrade() -> None:
    for table, name in ADDED:
        column = sa.Column(name, sa.JSON(none_as_null=True), nullable=False, server_default="[]")
        with op.batch_alter_table(table) as batch:
            batch.add_column(column)
        with op.batch_alter_table(table) as batch:
            batch.alter_column(name, server_default=None)


def downgrade() -> None:
    for table, name in reversed(ADDED):
        with op.batch_alter_table(table) as batch:
            batch.drop_column(name)
