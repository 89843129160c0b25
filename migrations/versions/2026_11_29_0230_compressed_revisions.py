"""what revisions hold is kept compressed in SQLite; PostgreSQL compresses long values itself

The file does not become smaller: the space that is free is used again.
"""

import json
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

from app.db.compressed_json import SQLITE_FUNCTION, compress, uncompressed
from app.kit.system.progress import report_progress

revision = "b3f90d57c214"
down_revision = "e7a3c5d1f082"
branch_labels = None
depends_on = None

BATCH = 1000
ROWS = sa.table("revision", sa.column("number", sa.Integer), sa.column("data"))
REFUSAL = "revisions are append-only"
SAME = ("number", "at", "actor", "action", "kind", "source", "slug", "version", "pending", "fields")
COMPRESSED_LESS = (
    f"json({SQLITE_FUNCTION}(NEW.data)) IS json_remove({SQLITE_FUNCTION}(OLD.data), '$.\"' || r.field || '\"')"
)
LESS = "json(NEW.data) IS json_remove(OLD.data, '$.\"' || r.field || '\"')"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        rewrite(lambda stored: compress(json.loads(uncompressed(stored))), COMPRESSED_LESS)


def downgrade() -> None:
    """With the blanks that older versions write between members."""
    if op.get_bind().dialect.name == "sqlite":
        rewrite(lambda stored: json.dumps(json.loads(uncompressed(stored))), LESS)


def rewrite(form: Callable[[bytes | str], bytes | str], less: str) -> None:
    """Store every value in another form, with the doors closed again afterwards."""
    for verb in ("update", "delete"):
        op.execute(f"DROP TRIGGER revision_no_{verb}")
    write_values(op.get_bind(), form)
    # Rows go where they were: only a table filled anew leaves whole pages free.
    op.execute("CREATE TABLE rewritten AS SELECT * FROM revision")
    op.execute("DELETE FROM revision")
    op.execute("INSERT INTO revision SELECT * FROM rewritten ORDER BY number")
    op.execute("DROP TABLE rewritten")
    refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    op.execute(f"CREATE TRIGGER revision_no_delete BEFORE DELETE ON revision {refuse}")
    op.execute(f"CREATE TRIGGER revision_no_update BEFORE UPDATE ON revision WHEN NOT ({allowed(less)}) {refuse}")


def write_values(connection: sa.Connection, form: Callable[[bytes | str], bytes | str]) -> None:
    there = ROWS.c.data.is_not(None)
    total = connection.scalar(sa.select(sa.func.count()).select_from(ROWS).where(there)) or 0
    own = ROWS.c.number == sa.bindparam("number_")
    statement = sa.update(ROWS).where(own).values(data=sa.bindparam("data_", type_=sa.types.NullType()))
    done = last = 0
    while True:
        following = sa.select(ROWS.c.number, ROWS.c.data).where(there, ROWS.c.number > last)
        rows = connection.execute(following.order_by(ROWS.c.number).limit(BATCH)).all()
        if not rows:
            return
        connection.execute(statement, [{"number_": number, "data_": form(data)} for number, data in rows])
        done, last = done + len(rows), rows[-1].number
        report_progress("revisions", done, total)


def allowed(less: str) -> str:
    """The condition under which a revision may change: a field that a redaction names is taken out, nothing else."""
    kept = " AND ".join(f"NEW.{name} IS OLD.{name}" for name in SAME)
    return (
        f"{kept} AND EXISTS (SELECT 1 FROM redaction r WHERE r.number = OLD.number AND "
        "((r.field = 'note' AND NEW.note IS NULL AND NEW.data IS OLD.data) "
        f"OR (r.field <> 'note' AND NEW.note IS OLD.note AND {less})))"
    )
