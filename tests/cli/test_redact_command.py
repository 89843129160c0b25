"""`kb redact`: the one door to the history."""

from sqlalchemy import select

from app.catalogue.revisions import RevisionRow
from app.db.engine import make_engine
from app.db.sessions import Sessions
from tests.cli.conftest import Run


def test_what_is_still_said_is_not_redacted_and_a_wrong_field_is_named(run: Run, seeded_url: str) -> None:
    sessions = Sessions(make_engine(seeded_url))
    with sessions.read() as session:
        number = session.scalar(select(RevisionRow.number).where(RevisionRow.kind == "publication").limit(1))
    sessions.engine.dispose()
    refused = run("redact", str(number), "--field", "title", "--reason", "A name.", KB_DATABASE_URL=seeded_url)
    assert (refused.exit_code, "correct it" in refused.stderr) == (1, True)
    refused = run("redact", str(number), "--field", "colour", "--reason", "A name.", KB_DATABASE_URL=seeded_url)
    assert (refused.exit_code, "It has title," in refused.stderr) == (1, True)
    refused = run("redact", "999999", "--field", "title", "--reason", "A name.", KB_DATABASE_URL=seeded_url)
    assert (refused.exit_code, "no revision" in refused.stderr) == (1, True)
