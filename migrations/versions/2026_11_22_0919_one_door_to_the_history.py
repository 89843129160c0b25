"""one door to the history: a revision loses a field that a redaction names, and changes in no other way"""

from alembic import op

revision = "5b1e9c70d2a6"
down_revision = "2da3f818274e"
branch_labels = None
depends_on = None

REFUSAL = "revisions are append-only"
SAME = ("number", "at", "actor", "action", "kind", "source", "slug", "version", "pending")
SQLITE_LESS = "json(NEW.data) IS json_remove(OLD.data, '$.\"' || r.field || '\"')"
POSTGRESQL_LESS = "NEW.data::jsonb IS NOT DISTINCT FROM OLD.data::jsonb - r.field::text"


def allowed(same: str, text: str, less: str) -> str:
    """The condition under which a revision may change; `same` compares, `text` makes JSON comparable."""
    kept = [f"NEW.{name} {same} OLD.{name}" for name in SAME]
    kept.append(f"NEW.fields{text} {same} OLD.fields{text}")
    data, note = f"NEW.data{text} {same} OLD.data{text}", f"NEW.note {same} OLD.note"
    door = (
        "EXISTS (SELECT 1 FROM redaction r WHERE r.number = OLD.number AND "
        f"((r.field = 'note' AND NEW.note IS NULL AND {data}) OR (r.field <> 'note' AND {note} AND {less})))"
    )
    return " AND ".join([*kept, door])


def sqlite() -> None:
    op.execute("DROP TRIGGER revision_no_update")
    op.execute(
        f"CREATE TRIGGER revision_no_update BEFORE UPDATE ON revision WHEN NOT ({allowed('IS', '', SQLITE_LESS)}) "
        f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
    )
    for verb in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER redaction_no_{verb.lower()} BEFORE {verb} ON redaction "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
    for table, key, others in (
        ("revision", "number", ""),
        ("redaction", "id", "number = NEW.number AND field = NEW.field"),
    ):
        taken = f"{key} = NEW.{key}" + (f" OR ({others})" if others else "")
        op.execute(  # REPLACE deletes without a DELETE trigger
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken}) "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )


def postgresql() -> None:
    op.execute("DROP TRIGGER revision_no_update ON revision")
    op.execute(
        "CREATE FUNCTION refuse_but_redaction() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF {allowed('IS NOT DISTINCT FROM', '::text', POSTGRESQL_LESS)} THEN RETURN NEW; END IF; "
        f"RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    op.execute(
        "CREATE TRIGGER revision_no_update BEFORE UPDATE ON revision "
        "FOR EACH ROW EXECUTE FUNCTION refuse_but_redaction()"
    )
    for verb in ("UPDATE", "DELETE", "TRUNCATE"):
        op.execute(
            f"CREATE TRIGGER redaction_no_{verb.lower()} BEFORE {verb} ON redaction "
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        )


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        sqlite()
    else:
        postgresql()


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("redaction_no_update", "redaction_no_delete", "redaction_no_replace", "revision_no_replace"):
            op.execute(f"DROP TRIGGER {name}")
        op.execute("DROP TRIGGER revision_no_update")
        op.execute(
            f"CREATE TRIGGER revision_no_update BEFORE UPDATE ON revision BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
        return
    for verb in ("update", "delete", "truncate"):
        op.execute(f"DROP TRIGGER redaction_no_{verb} ON redaction")
    op.execute("DROP TRIGGER revision_no_update ON revision")
    op.execute("DROP FUNCTION refuse_but_redaction()")
    op.execute(
        "CREATE TRIGGER revision_no_update BEFORE UPDATE ON revision "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
    )
