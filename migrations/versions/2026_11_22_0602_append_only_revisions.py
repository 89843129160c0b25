"""append-only revisions, and their counter"""

from alembic import op

revision = "7c1d0a52b9e4"
down_revision = "e8e07178d430"
branch_labels = None
depends_on = None

REFUSAL = "revisions are append-only"


def upgrade() -> None:
    op.execute("INSERT INTO revision_counter (id, last) SELECT 1, coalesce(max(number), 0) FROM revision")
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER revision_no_{verb.lower()} BEFORE {verb} ON revision "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    for verb in ("UPDATE", "DELETE", "TRUNCATE"):
        op.execute(
            f"CREATE TRIGGER revision_no_{verb.lower()} BEFORE {verb} ON revision "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("update", "delete"):
            op.execute(f"DROP TRIGGER revision_no_{verb}")
    else:
        for verb in ("update", "delete", "truncate"):
            op.execute(f"DROP TRIGGER revision_no_{verb} ON revision")
        op.execute("DROP FUNCTION refuse_change()")
    op.execute("DELETE FROM revision_counter")
