"""webhooks, their deliveries, and notices by mail"""

import sqlalchemy as sa
from alembic import op

from app.db.base import Instant

revision = "d41f8a2b9e60"
down_revision = "7a2f90c4b8e1"
branch_labels = None
depends_on = None

KEPT = {"sqlite_autoincrement": True}
"""Numbers are never used again: SQLite makes the table of deliveries anew."""


def upgrade() -> None:
    op.create_table(
        "webhook",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("owner", sa.String(length=320), nullable=False),
        sa.Column("query", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("documents", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("pause_reason", sa.String(length=12), nullable=True),
        sa.Column("secret_key", sa.String(length=8), nullable=False),
        sa.Column("secret_salt", sa.String(length=32), nullable=False),
        sa.Column("former_key", sa.String(length=8), nullable=True),
        sa.Column("former_salt", sa.String(length=32), nullable=True),
        sa.Column("former_until", Instant(timezone=True), nullable=True),
        sa.Column("position", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("failing_since", Instant(timezone=True), nullable=True),
        sa.Column("last_accepted_at", Instant(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", Instant(timezone=True), nullable=False),
        sa.Column("created_by", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_webhook_state"), "webhook", ["state"])
    op.create_table(
        "mail_notice",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("paragraphs", sa.JSON(), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_notice")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("delivery", table_kwargs=KEPT) as batch_op:
        batch_op.add_column(sa.Column("webhook_id", sa.Integer(), nullable=True))
        name = op.f("fk_delivery_webhook_id_webhook")
        batch_op.create_foreign_key(name, "webhook", ["webhook_id"], ["id"], ondelete="CASCADE")
        batch_op.create_index(op.f("ix_delivery_webhook_id"), ["webhook_id"], unique=False)


def downgrade() -> None:
    op.execute("DELETE FROM delivery WHERE channel = 'webhook'")
    with op.batch_alter_table("delivery", table_kwargs=KEPT) as batch_op:
        batch_op.drop_index(op.f("ix_delivery_webhook_id"))
        batch_op.drop_constraint(op.f("fk_delivery_webhook_id_webhook"), type_="foreignkey")
        batch_op.drop_column("webhook_id")
    op.drop_table("mail_notice")
    op.drop_index(op.f("ix_webhook_state"), "webhook")
    op.drop_table("webhook")
