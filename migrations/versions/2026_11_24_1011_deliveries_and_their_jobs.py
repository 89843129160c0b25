"""a delivery has a channel, and names the job that sends it by its number"""

import sqlalchemy as sa
from alembic import op

revision = "a90c4e7712d8"
down_revision = "3b8e1f6c20d7"
branch_labels = None
depends_on = None

KEPT = {"sqlite_autoincrement": True}
"""SQLite makes the table anew: its numbers are in mails, and must not be used again."""


def upgrade() -> None:
    with op.batch_alter_table("delivery", table_kwargs=KEPT) as batch_op:
        batch_op.add_column(sa.Column("channel", sa.String(length=10), nullable=False, server_default="mail"))
        batch_op.add_column(sa.Column("job_id", sa.Integer(), nullable=True))
        name = op.f("fk_delivery_job_id_job")
        batch_op.create_foreign_key(name, "job", ["job_id"], ["id"], ondelete="SET NULL")
        batch_op.create_index(op.f("ix_delivery_job_id"), ["job_id"], unique=False)
    op.execute(
        "UPDATE delivery SET job_id = (SELECT job.id FROM job WHERE job.kind = delivery.kind"
        " AND job.key = substr(delivery.key, length(delivery.kind) + 2))"
    )
    with op.batch_alter_table("delivery", table_kwargs=KEPT) as batch_op:
        batch_op.alter_column("channel", existing_type=sa.String(length=10), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("delivery", table_kwargs=KEPT) as batch_op:
        batch_op.drop_index(op.f("ix_delivery_job_id"))
        batch_op.drop_constraint(op.f("fk_delivery_job_id_job"), type_="foreignkey")
        batch_op.drop_column("job_id")
        batch_op.drop_column("channel")
