"""append-only proof of consent: its events, and the words that were shown"""

from alembic import op

revision = "c40e7b9a2f16"
down_revision = "3a6f0d1c8e52"
branch_labels = None
depends_on = None

REFUSAL = "proofs of consent are append-only"
TABLES = ("consent_event", "wording")


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in TABLES:
            for verb in ("UPDATE", "DELETE"):
                op.execute(
                    f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                    f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
                )
        # REPLACE deletes without a DELETE trigger; a wording that is there is left alone by who inserts it again
        op.execute(
            "CREATE TRIGGER consent_event_no_replace BEFORE INSERT ON consent_event "
            "WHEN EXISTS (SELECT 1 FROM consent_event WHERE id = NEW.id) "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
        op.execute(
            "CREATE TRIGGER wording_no_replace BEFORE INSERT ON wording "
            "WHEN EXISTS (SELECT 1 FROM wording WHERE sha256 = NEW.sha256 AND text IS NOT NEW.text) "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION refuse_change_of_consent() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    )
    for table in TABLES:
        for verb in ("UPDATE", "DELETE", "TRUNCATE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_consent()"
            )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table in TABLES:
            for verb in ("update", "delete", "replace"):
                op.execute(f"DROP TRIGGER {table}_no_{verb}")
        return
    for table in TABLES:
        for verb in ("update", "delete", "truncate"):
            op.execute(f"DROP TRIGGER {table}_no_{verb} ON {table}")
    op.execute("DROP FUNCTION refuse_change_of_consent()")
