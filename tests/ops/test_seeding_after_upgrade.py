"""Seed files that gave a thing another slug: a database that had the old one ends as a fresh one does."""

import re
import shutil
from pathlib import Path
from typing import Any

import orjson
import pytest
from alembic import command
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow
from app.catalogue.registry import BY_NAME
from app.db.schema.migrations import alembic_config, migrate, migration_connection
from app.db.sessions import Sessions
from app.documents.store import DocumentRow
from app.kit.clock import utc_now
from app.staff.maintenance.rebuilding import rebuild
from app.staff.queries.subjects import load
from app.staff.workflow.steps import delete
from tests.conftest import SEEDS
from tests.corpus import Corpus
from tests.db.test_shared_slugs import before, later_columns
from tests.ops.test_seeding import LATER, named, sow

PRACTICE = {
    ("collection", "practice-draft-collection"),
    ("event", "practice-draft-event"),
    ("framework", "practice-draft-framework"),
    ("publication", "practice-draft"),
    ("site", "practice-draft-site"),
}


@pytest.fixture
def old_seeds(tmp_path: Path) -> Path:
    """As they were when each kind had slugs of its own."""
    made = shutil.copytree(SEEDS, tmp_path / "old")
    for kind in ("event", "framework", "site"):
        path = made / f"{kind}s.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace(f"practice-draft-{kind}", "practice-draft"), encoding="utf-8")
    (made / "collections.yaml").unlink()  # a kind that came later
    return made


@pytest.fixture
def upgraded(empty: Sessions, old_seeds: Path, monkeypatch: pytest.MonkeyPatch) -> Sessions:
    """A database that was seeded then and has the schema of now."""
    with migration_connection(empty.engine) as connection:
        command.downgrade(alembic_config(connection), before())
    with monkeypatch.context() as patched, later_columns(empty.engine):
        patched.setattr("app.staff.editing.writer.check_slugs", lambda *_: None)
        sow(empty, old_seeds)
    migrate(empty.engine, after=lambda session: rebuild(session, now=utc_now()))
    return empty


def practice(sessions: Sessions) -> set[tuple[str, str]]:
    with sessions.read() as session:
        found = session.execute(select(EntryRow.kind, EntryRow.slug).where(EntryRow.slug.startswith("practice-draft")))
        return {(kind, slug) for kind, slug in found}


def test_it_ends_as_a_fresh_one(upgraded: Sessions) -> None:
    report = named(sow(upgraded, SEEDS, LATER))
    assert report.keys() == {"created", "unchanged", "updated"}
    assert {each.partition("/")[0] for each in report["created"]} == {"collections"}
    assert report["updated"] == {"events/practice-draft-event", "publications/practice-draft"}
    assert practice(upgraded) == PRACTICE
    assert named(sow(upgraded, SEEDS, LATER)).keys() == {"unchanged"}
    with upgraded.write() as session:
        assert rebuild(session, now=LATER) == 0


def test_what_somebody_deleted_then_does_not_come_back_under_the_new_slug(upgraded: Sessions) -> None:
    with upgraded.write() as session:
        delete(session, load(session, BY_NAME["event"], "practice-draft"), by="somebody", now=LATER)
    assert named(sow(upgraded, SEEDS, LATER))["kept"] == {"events/practice-draft-event"}
    assert practice(upgraded) == PRACTICE - {("event", "practice-draft-event")}


class TestTopicsThatBecameApproaches:
    @pytest.fixture
    def before(self, tmp_path: Path) -> Path:
        """Seeds as they were when the three approaches were topics as well."""
        made = shutil.copytree(SEEDS, tmp_path / "before")
        topics = made / "topics.yaml"
        topics.write_text(re.sub(r"    replaced_by: approaches/.*\n", "", topics.read_text("utf-8")), "utf-8")
        sites = made / "sites.yaml"
        tagged = "topic: [contextual-safeguarding, extra-familial"
        sites.write_text(sites.read_text("utf-8").replace("topic: [extra-familial", tagged), "utf-8")
        return made

    def test_a_database_of_before_ends_as_a_fresh_one(self, empty: Sessions, before: Path, seeded: Corpus) -> None:
        sow(empty, before)
        report = named(sow(empty, SEEDS, LATER))
        assert {f"topic/{slug}" for slug in APPROACHES} < report["updated"]
        with empty.read() as session, seeded.read() as fresh:
            assert published(session) == published(fresh)


APPROACHES = ("contextual-safeguarding", "transitional-safeguarding", "trauma-informed-practice")
STAMPED = ("created_at", "updated_at", "indexed_at", "version", "revision")


def published(session: Session) -> dict[tuple[str, str], dict[str, Any]]:
    """Every public document by its address, without what tells when it was made."""
    rows = session.execute(select(DocumentRow.collection, DocumentRow.slug, DocumentRow.body))
    return {(collection, slug): without_stamps(orjson.loads(body)) for collection, slug, body in rows}


def without_stamps(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in STAMPED}
