"""collections: curated pages, made of sections that list entries or have a query"""

import sqlalchemy as sa
from alembic import op


revision = "b9c2f6faa03d"
down_revision = "8b6e4f0a2d17"
branch_labels = None
depends_on = None

ENTRY = sa.table("entry", sa.column("id"), sa.column("kind"))
DOCUMENT = sa.table("document", sa.column("id"), sa.column("kind"))
FIRST = sa.table("first_publication", sa.column("document_id"))
FORMER = sa.table("former_slug", sa.column("kind"))
NAMING = (
    ("relation", "target_id"),
    *(
        (name, "entry_id")
        for name in (
            "confidential",
            "contribution",
            "entry_term",
            "funding",
            "identifier",
            "link_use",
            "planned_publishing",
            "relation",
            "resource",
            "working_copy",
        )
    ),
)
"""Rows of an entry, by the column that says whose they are."""


def upgrade() -> None:
    op.create_table(
        "collection",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("introduction", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["entry.id"], name=op.f("fk_collection_id_entry"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection")),
    )
    op.create_table(
        "collection_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("collection_id", sa.Integer(), nullable=False),
        sa.Column("section", sa.String(length=80), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.String(length=1000), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
            name=op.f("fk_collection_item_collection_id_collection"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["entry.id"], name=op.f("fk_collection_item_entry_id_entry"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_item")),
        sa.UniqueConstraint(
            "collection_id", "section", "entry_id", name=op.f("uq_collection_item_collection_id_section_entry_id")
        ),
    )
    with op.batch_alter_table("collection_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_collection_item_entry_id"), ["entry_id"], unique=False)

    op.create_table(
        "collection_section",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("collection_id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(length=80), nullable=False),
        sa.Column("heading", sa.String(length=1000), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("query", sa.String(length=1000), nullable=True),
        sa.Column("limit", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["collection_id"],
            ["collection.id"],
            name=op.f("fk_collection_section_collection_id_collection"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_collection_section")),
        sa.UniqueConstraint("collection_id", "slug", name=op.f("uq_collection_section_collection_id_slug")),
    )


def downgrade() -> None:
    """Code of then cannot read a kind that it does not know, so nothing of collections is left but their history."""
    entries = sa.select(ENTRY.c.id).where(ENTRY.c.kind == "collection")
    documents = sa.select(DOCUMENT.c.id).where(DOCUMENT.c.kind == "collection")
    op.execute(FIRST.delete().where(FIRST.c.document_id.in_(documents)))
    op.execute(DOCUMENT.delete().where(DOCUMENT.c.kind == "collection"))
    op.execute(FORMER.delete().where(FORMER.c.kind == "collection"))
    for table, column in NAMING:
        rows = sa.table(table, sa.column(column))
        op.execute(rows.delete().where(rows.c[column].in_(entries)))
    for name in ("collection_section", "collection_item", "collection"):
        op.drop_table(name)
    op.execute(ENTRY.delete().where(ENTRY.c.kind == "collection"))
