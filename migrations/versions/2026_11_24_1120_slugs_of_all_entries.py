"""a slug belongs to one entry, whatever its kind; of those that share one, the later is renamed"""

import logging
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from app.db.base import Instant

revision = "9a41d7c35e08"
down_revision = "2c97d41ab6f0"
branch_labels = None
depends_on = None

log = logging.getLogger("alembic.runtime.migration")

COLLECTIONS = {"publication": "publications", "framework": "frameworks", "site": "sites", "event": "events"}
LONGEST = 80

metadata = sa.MetaData()
ENTRY = sa.Table("entry", metadata, *map(sa.Column, ("id", "kind", "slug", "version")))
COUNTER = sa.Table("revision_counter", metadata, sa.Column("last"))
DOCUMENT = sa.Table("document", metadata, *map(sa.Column, ("id", "kind", "source")))
FORMER = sa.Table("former_slug", metadata, *map(sa.Column, ("collection", "slug", "kind", "source")))
COPY = sa.Table("working_copy", metadata, *map(sa.Column, ("entry_id", "base_version")), sa.Column("data", sa.JSON))
REVISION = sa.Table(
    "revision",
    metadata,
    *map(sa.Column, ("number", "actor", "action", "kind", "source", "slug", "version", "note", "pending")),
    sa.Column("at", Instant),
    sa.Column("fields", sa.JSON),
    sa.Column("data", sa.JSON(none_as_null=True)),
)


def upgrade() -> None:
    connection = op.get_bind()
    shared = sa.select(ENTRY.c.slug).group_by(ENTRY.c.slug).having(sa.func.count() > 1)
    for slug in connection.scalars(shared.order_by(ENTRY.c.slug)).all():
        rows = connection.execute(sa.select(ENTRY).where(ENTRY.c.slug == slug).order_by(ENTRY.c.id)).all()
        for row in rows[1:]:
            rename(connection, row, free_slug(connection, f"{slug[: LONGEST - 1 - len(row.kind)]}-{row.kind}"))
    with op.batch_alter_table("entry") as batch:
        batch.drop_constraint("uq_entry_kind_slug", type_="unique")
        batch.create_unique_constraint("uq_entry_slug", ["slug"])


def downgrade() -> None:
    with op.batch_alter_table("entry") as batch:
        batch.drop_constraint("uq_entry_slug", type_="unique")
        batch.create_unique_constraint("uq_entry_kind_slug", ["kind", "slug"])


def free_slug(connection: sa.Connection, stem: str) -> str:
    """One that no entry has, nor had."""
    slug, number = stem, 1
    while any(connection.scalar(sa.select(sa.func.count()).where(table.c.slug == slug)) for table in (ENTRY, FORMER)):
        number += 1
        slug = f"{stem[: LONGEST - 1 - len(str(number))]}-{number}"
    return slug


def rename(connection: sa.Connection, row: sa.Row, slug: str) -> None:
    """As staff do it: a revision, a redirect from what readers may know, and its working copy goes on."""
    of_it = REVISION.c.kind == row.kind, REVISION.c.source == row.id
    version = max(row.version, connection.scalar(sa.select(sa.func.max(REVISION.c.version)).where(*of_it)) or 0) + 1
    public = sa.select(REVISION.c.data).where(*of_it, REVISION.c.pending.is_(sa.false()))
    data = connection.scalar(public.order_by(REVISION.c.number.desc()).limit(1))
    number = connection.scalar(sa.update(COUNTER).values(last=COUNTER.c.last + 1).returning(COUNTER.c.last))
    note = f"Another entry has the slug {row.slug} too: this one is {slug} now."
    values = {
        "kind": row.kind,
        "source": row.id,
        "slug": slug,
        "version": version,
        "fields": ["slug"],
        "pending": False,
    }
    values |= {"number": number, "at": datetime.now(UTC), "actor": "migration", "action": "rename", "note": note}
    connection.execute(sa.insert(REVISION), values | {"data": data and data | {"slug": slug}})
    connection.execute(sa.update(ENTRY).where(ENTRY.c.id == row.id).values(slug=slug, version=version))
    copy = connection.execute(sa.select(COPY).where(COPY.c.entry_id == row.id)).one_or_none()
    if copy is not None:
        base = version if copy.base_version == version - 1 else copy.base_version
        named = copy.data | ({"slug": slug} if copy.data.get("slug") == row.slug else {})
        connection.execute(sa.update(COPY).where(COPY.c.entry_id == row.id).values(base_version=base, data=named))
    collection = COLLECTIONS[row.kind]
    if connection.scalar(sa.select(DOCUMENT.c.id).where(DOCUMENT.c.kind == row.kind, DOCUMENT.c.source == row.id)):
        here = FORMER.c.collection == collection, FORMER.c.slug == row.slug
        connection.execute(sa.delete(FORMER).where(*here))
        former = {"collection": collection, "slug": row.slug, "kind": row.kind, "source": row.id}
        connection.execute(sa.insert(FORMER), former)
    log.warning("Two entries had the slug %s: %s/%s is %s/%s now.", row.slug, collection, row.slug, collection, slug)
