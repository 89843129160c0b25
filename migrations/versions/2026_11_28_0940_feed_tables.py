"""what followers of the change feed remember stands in tables of the feed"""

import sqlalchemy as sa
from alembic import op

import app.db.base

revision = "5f2d80c1b7e4"
down_revision = "9a41d7c35e08"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_cursors("feed_cursor", "consumer")
    op.execute("INSERT INTO feed_cursor (consumer, revision) SELECT 'digests', revision FROM mailing_cursor")
    op.drop_table("mailing_cursor")
    _make_publications("first_publication")
    _move_publications("mailing_news", "first_publication")


def downgrade() -> None:
    _make_cursors("mailing_cursor", "name")
    op.execute(
        "INSERT INTO mailing_cursor (name, revision)"
        " SELECT 'news', revision FROM feed_cursor WHERE consumer = 'digests'"
    )
    op.drop_table("feed_cursor")
    _make_publications("mailing_news")
    _move_publications("first_publication", "mailing_news")


def _make_cursors(table: str, key: str) -> None:
    op.create_table(
        table,
        sa.Column(key, sa.String(length=40), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint(key, name=op.f(f"pk_{table}")),
    )


def _make_publications(table: str) -> None:
    op.create_table(
        table,
        sa.Column("document_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("at", app.db.base.Instant(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("document_id", name=op.f(f"pk_{table}")),
    )


def _move_publications(source: str, target: str) -> None:
    columns = "document_id, revision, at"
    op.execute(f"INSERT INTO {target} ({columns}) SELECT {columns} FROM {source}")
    op.create_index(op.f(f"ix_{target}_revision"), target, ["revision"], unique=False)
    op.drop_table(source)
