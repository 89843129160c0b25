"""which past the documents have: a number drawn by chance for each published revision"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "3b8e1f6c20d7"
down_revision = "e5f7a1c4083d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    table = op.create_table(
        "published_revision",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_published_revision"),
    )
    head = op.get_bind().scalar(sa.text("SELECT max(revision) FROM document"))
    if head is not None:
        op.bulk_insert(table, [{"number": head, "epoch": secrets.randbits(63)}])


def downgrade() -> None:
    op.drop_table("published_revision")
