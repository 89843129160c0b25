"""`kb redact`: the one door to the history."""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from app.catalogue.revisions import RevisionRow
from app.db.base import Base
from app.db.compressed_json import compress
from app.db.engine import is_sqlite, make_engine
from app.db.sessions import Sessions
from tests.api_keys import ApiKeyClient, api_key_client
from tests.cli.conftest import Run
from tests.corpus import Corpus
from tests.intake.import_files import ris

CANARY = "marrowbone"
IMPORTED = ris("Of a town", more=f"AB  - By the {CANARY}.\nU1  - Told by {CANARY}.\n")


def make_leaking_drafts(holder: ApiKeyClient) -> None:
    """Drafts that said it, by a request that may be repeated and by an import; both are corrected."""
    made = {"slug": "draft", "title": "Draft", "summary": f"By the {CANARY}.", "terms": {"format": ["article"]}}
    once = {"Idempotency-Key": "once"}
    holder.request_json("POST", "/v1/staff/publications", 201, json=made, headers=once)
    for path in ("draft", "of-a-town"):
        if path != "draft":
            sent: dict[str, Any] = {
                "content": IMPORTED,
                "headers": {"Content-Type": "application/x-research-info-systems"},
            }
            for number in range(2):  # what is there already is kept with the import as a whole
                sent["headers"]["Idempotency-Key"] = f"import-{number}"
                holder.request_json("POST", "/v1/staff/import?create=true", 201, **sent)
        holder.request_json("PATCH", f"/v1/staff/publications/{path}", json={"version": 1, "summary": ""})


def holding(url: str) -> set[tuple[str, int | None]]:
    """Tables that say it, with the numbers of revisions."""
    engine = make_engine(url)
    there = Base.metadata.sorted_tables
    with engine.connect() as connection:
        rows = [(table.name, row) for table in there for row in connection.execute(select(table))]
    engine.dispose()
    return {(name, row.number if name == "revision" else None) for name, row in rows if CANARY in str(tuple(row))}


def stored_values(kb: Corpus) -> list[bytes]:
    """As SQLite keeps them, of the revisions that say it."""
    if not is_sqlite(kb.service.sessions.engine):
        return []
    with kb.read() as session:
        found = [row.data for row in session.scalars(select(RevisionRow)) if CANARY in str(row.data)]
        stored = {*session.connection().exec_driver_sql("SELECT data FROM revision").scalars()}
    values = [compress(each) for each in found]
    assert values
    assert stored.issuperset(values)
    return values


@pytest.mark.parametrize("running", [True, False], ids=["while it serves", "while nobody serves"])
def test_no_copy_is_left_behind(run: Run, seeded_url: str, running: bool) -> None:
    with closing(Corpus(seeded_url)) as kb:
        holder = api_key_client(kb)
        make_leaking_drafts(holder)
        revisions = [(number, field) for name, number in holding(seeded_url) if number for field in ("summary", "note")]
        compressed = stored_values(kb)
        if running:
            redacted(run, seeded_url, revisions)
    if not running:
        redacted(run, seeded_url, revisions)
    assert holding(seeded_url) == set()
    if seeded_url.startswith("sqlite") and not running:
        database = Path(seeded_url.removeprefix("sqlite:///"))
        files = [path for path in database.parent.glob(f"{database.name}*") if path.is_file()]
        for path in files:
            assert [each for each in (CANARY.encode(), *compressed) if each in path.read_bytes()] == []
    with closing(Corpus(seeded_url)) as kb:
        again = api_key_client(kb)
        assert again.request_json("GET", "/v1/staff/imports/1")["records"][0]["data"] is None
        duplicate = again.request_json("GET", "/v1/staff/imports/2")["records"][0]
        assert (duplicate["outcome"], duplicate["data"]["summary"]) == ("duplicate", "(redacted)")


def redacted(run: Run, url: str, revisions: list[tuple[int, str]]) -> None:
    done = [
        run("redact", str(number), "--field", field, "--reason", "A name.", KB_DATABASE_URL=url)
        for number, field in revisions
    ]
    assert sorted(each.exit_code for each in done) == [0, 0, 0, 1]  # a draft that nobody imported has no note


def test_what_is_still_said_is_not_redacted_and_a_wrong_field_is_named(run: Run, seeded_url: str) -> None:
    sessions = Sessions(make_engine(seeded_url))
    with sessions.read() as session:
        number = session.scalar(select(RevisionRow.number).where(RevisionRow.kind == "publication").limit(1))
    sessions.engine.dispose()
    refused = run("redact", str(number), "--field", "title", "--reason", "A name.", KB_DATABASE_URL=seeded_url)
    assert (refused.exit_code, "change it" in refused.stderr) == (1, True)
    refused = run("redact", str(number), "--field", "colour", "--reason", "A name.", KB_DATABASE_URL=seeded_url)
    assert (refused.exit_code, "It has title," in refused.stderr) == (1, True)
    refused = run("redact", "999999", "--field", "title", "--reason", "A name.", KB_DATABASE_URL=seeded_url)
    assert (refused.exit_code, "Unknown revision" in refused.stderr) == (1, True)
