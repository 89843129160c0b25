"""fingerprints of the secrets that a database was used with"""

import sqlalchemy as sa
from alembic import op

import app.db.base

revision = "b81f3d6c02e7"
down_revision = "7d20c5e1a9b3"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signing_key",
        sa.Column("key_id", sa.String(length=8), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("registered_at", app.db.base.Instant(timezone=True), nullable=False),
        sa.Column("lost_at", app.db.base.Instant(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_signing_key")),
    )


def downgrade() -> None:
    op.drop_table("signing_key")
