"""every resource has an id that never changes; documents have it too, with the revision that first published them"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from app.db.base import Instant
from app.kit.values.uuids import named_uuid, time_ordered_uuid

revision = "e41b7a92c6d0"
down_revision = "c2d87f05e913"
branch_labels = None
depends_on = None

SEEDER = "seeder"
TABLES = {
    "entry": ("publication", "framework", "site", "event"),
    "agent": ("person", "organisation"),
    "scheme": ("vocabulary",),
    "term": ("term",),
}
BATCH = 1000
DOCUMENT = sa.table("document", *map(sa.column, ("id", "kind", "source", "slug", "state", "uuid", "first_revision")))
FIRST = sa.table("first_publication", *map(sa.column, ("document_id", "revision")))
REVISION = sa.table(
    "revision", *map(sa.column, ("number", "actor", "kind", "source", "slug")), sa.column("data", sa.JSON)
)


def upgrade() -> None:
    connection = op.get_bind()
    for table in TABLES:
        op.add_column(table, sa.Column("uuid", sa.String(36), nullable=True))
    op.add_column("document", sa.Column("uuid", sa.String(36), nullable=True))
    op.add_column("document", sa.Column("first_revision", sa.Integer(), nullable=True))
    for table, kinds in TABLES.items():
        for ids in batches(new_ids(connection, table, kinds)):
            own = sa.table(table, sa.column("id"), sa.column("uuid"))
            statement = sa.update(own).where(own.c.id == sa.bindparam("source")).values(uuid=sa.bindparam("uuid_"))
            connection.execute(statement, ids)
        identify_documents(connection, table, kinds)
    for table in TABLES:
        with op.batch_alter_table(table) as batch:
            batch.alter_column("uuid", existing_type=sa.String(36), nullable=False)
            batch.create_unique_constraint(f"uq_{table}_uuid", ["uuid"])
    with op.batch_alter_table("document") as batch:
        batch.create_unique_constraint("uq_document_uuid", ["uuid"])


def downgrade() -> None:
    for table in ("document", *TABLES):
        with op.batch_alter_table(table) as batch:
            batch.drop_constraint(f"uq_{table}_uuid", type_="unique")
            batch.drop_column("uuid")
            if table == "document":
                batch.drop_column("first_revision")


def new_ids(connection: sa.Connection, table: str, kinds: tuple[str, ...]) -> list[dict[str, object]]:
    """What the seeder made has the id that it has wherever it is seeded; all else one of the time when it was made."""
    rows = sa.table(table, sa.column("id"), sa.column("created_at", Instant))
    firsts = sa.select(sa.func.min(REVISION.c.number)).where(REVISION.c.kind.in_(kinds)).group_by(REVISION.c.source)
    first = sa.select(REVISION.c.source, REVISION.c.kind, REVISION.c.slug, REVISION.c.data)
    seeded = {
        row.source: named_uuid(row.kind, (row.data or {}).get("scheme", ""), row.slug)
        for row in connection.execute(first.where(REVISION.c.number.in_(firsts), REVISION.c.actor == SEEDER))
    }
    taken: set[str] = set()
    found: list[dict[str, object]] = []
    for row in connection.execute(sa.select(rows).order_by(rows.c.id)):
        uuid = seeded.get(row.id)
        if uuid is None or uuid in taken:
            uuid = time_ordered_uuid(row.created_at)
        taken.add(uuid)
        found.append({"source": row.id, "uuid_": uuid})
    return found


def identify_documents(connection: sa.Connection, table: str, kinds: tuple[str, ...]) -> None:
    """Traces of former addresses have no id: of what has moved, the document is at the slug that the row has."""
    rows = sa.table(table, sa.column("id"), sa.column("slug"), sa.column("uuid"))
    first = sa.select(FIRST.c.revision).where(FIRST.c.document_id == DOCUMENT.c.id).scalar_subquery()
    made = sa.select(sa.func.min(REVISION.c.number)).where(
        REVISION.c.kind == DOCUMENT.c.kind, REVISION.c.source == DOCUMENT.c.source
    )
    own = sa.select(rows.c.uuid).where(rows.c.id == DOCUMENT.c.source)
    is_named = sa.select(rows.c.id).where(rows.c.id == DOCUMENT.c.source, rows.c.slug == DOCUMENT.c.slug).exists()
    connection.execute(
        sa.update(DOCUMENT)
        .where(DOCUMENT.c.kind.in_(kinds), sa.or_(DOCUMENT.c.state != "moved", is_named))
        .values(uuid=own.scalar_subquery(), first_revision=sa.func.coalesce(first, made.scalar_subquery()))
    )


def batches(rows: list[dict[str, object]]) -> Iterator[list[dict[str, object]]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
