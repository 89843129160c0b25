"""when somebody was asked for a yes: twice at most, in one pending period"""

import sqlalchemy as sa
from alembic import op

import app.db.base

revision = "e5f7a1c4083d"
down_revision = "b81f3d6c02e7"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("asked_at", "asked_again_at"):
        op.add_column("subscriber", sa.Column(name, app.db.base.Instant(timezone=True), nullable=True))
    op.execute("UPDATE subscriber SET asked_at = state_since WHERE state = 'pending'")


def downgrade() -> None:
    op.drop_column("subscriber", "asked_again_at")
    op.drop_column("subscriber", "asked_at")
