"""Entries of several kinds had one slug before it had to be one entry's: the later are renamed, and readers led on."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, select, text
from sqlalchemy.orm import Session

from app.catalogue.entries import EntryRow
from app.catalogue.registry import BY_NAME
from app.db.base import Base, table_of
from app.db.engine import make_engine
from app.db.schema.migrations import MIGRATIONS, alembic_config, migrate, migration_connection
from app.kit.clock import utc_now
from app.staff.editing.working_copies import WorkingCopyRow
from app.staff.maintenance.rebuilding import rebuild
from app.staff.queries.subjects import load
from tests.api_keys import api_key_client
from tests.corpus import Corpus
from tests.factories import change, make_entry, make_framework, make_publication

SHARING = "9a41d7c35e08"
EMPTY = {bool: "FALSE", str: "''", list: "'[]'", dict: "'[]'"}
"""What rows of then have in a column that came later and may not be null, by its type in Python; JSON's is a dict for
SQLAlchemy."""


def before() -> str:
    return str(ScriptDirectory(str(MIGRATIONS)).get_revision(SHARING).down_revision)


@pytest.fixture
def shared(database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A database as it was before, with a slug of three entries."""
    monkeypatch.setattr("app.staff.editing.writer.check_slugs", lambda *_: None)
    with closing(Corpus(database)) as kb:
        engine = kb.service.sessions.engine
        with migration_connection(engine) as connection:
            command.downgrade(alembic_config(connection), before())
        with later_columns(engine):
            write_sharing(kb)
    return database


@contextmanager
def later_columns(engine: Engine) -> Iterator[None]:
    """What today's code needs to write to a database of then: columns and tables; revisions were text."""
    inspector = inspect(engine)
    there = {(name, column["name"]) for name in inspector.get_table_names() for column in inspector.get_columns(name)}
    tables = [table for table in Base.metadata.sorted_tables if inspector.has_table(table.name)]
    new = [table for table in Base.metadata.sorted_tables if table not in tables]
    later = [column for table in tables for column in table.columns if (table.name, column.name) not in there]
    added = (
        (each, each.type.compile(engine.dialect), "NULL" if each.nullable else EMPTY.get(each.type.python_type, "NULL"))
        for each in later
    )
    change_columns(
        engine,
        [f"ALTER TABLE {each.table.name} ADD COLUMN {each.name} {of} DEFAULT {empty}" for each, of, empty in added],
    )
    Base.metadata.create_all(engine, new)
    with pytest.MonkeyPatch.context() as then:
        then.setattr("app.db.compressed_json.compress", json.dumps)
        yield
    Base.metadata.drop_all(engine, new)
    change_columns(engine, [f"ALTER TABLE {each.table.name} DROP COLUMN {each.name}" for each in later])


def change_columns(engine: Engine, statements: Sequence[str]) -> None:
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def write_sharing(kb: Corpus) -> None:
    with kb.write() as session:
        make_framework(session, slug="lenses", title="First")
        make_publication(session, slug="lenses", title="Second")
        make_entry(session, BY_NAME["event"], slug="lenses", title="Third", as_draft=True)
        make_publication(session, slug="lenses-publication", title="In the way")
    with kb.write() as session:
        change(session, BY_NAME["publication"], "lenses", title="Second, corrected")


@contextmanager
def migrated(database: str) -> Iterator[Corpus]:
    """The knowledge base as today's code finds it."""
    engine = make_engine(database)
    migrate(engine, after=lambda session: rebuild(session, now=utc_now()))
    engine.dispose()
    with closing(Corpus(database)) as kb:
        yield kb


def test_the_first_keeps_it_and_the_others_are_led_to(shared: str, caplog: pytest.LogCaptureFixture) -> None:
    with migrated(shared) as kb:
        assert kb.client.json("/v1/entries/lenses")["title"] == "First"
        assert kb.client.json("/v1/publications/lenses-publication-2")["title"] == "Second, corrected"
        moved = kb.client.get("/v1/publications/lenses")
        assert (moved.status_code, moved.headers["location"][-37:]) == (301, "/v1/publications/lenses-publication-2")
        assert "publications/lenses is publications/lenses-publication-2 now" in caplog.text
        assert "events/lenses is events/lenses-event now" in caplog.text
        with kb.write() as session:
            assert rebuild(session, now=utc_now()) == 0
            assert session.scalar(text("SELECT count(*) FROM former_slug")) == 1


def test_it_is_in_the_history_and_staff_go_on(shared: str) -> None:
    with migrated(shared) as kb:
        staff = api_key_client(kb)
        path = "/v1/staff/publications/lenses-publication-2"
        shown = staff.request_json("GET", path)
        assert shown["data"]["slug"] == "lenses-publication-2"
        steps = staff.request_json("GET", f"{path}/revisions")["results"]
        assert [(each["action"], each["version"]) for each in steps][:2] == [("rename", 3), ("update", 2)]
        staff.request_json("PATCH", path, json={"title": "Third title", "version": shown["version"]})
        draft = staff.request_json("GET", "/v1/staff/events/lenses-event")
        staff.request_json(
            "PATCH", "/v1/staff/events/lenses-event", json={"title": "Draft", "version": draft["version"]}
        )
        with kb.read() as session:
            assert session.scalar(text("SELECT last FROM revision_counter")) >= 8


def test_a_working_copy_goes_on_over_the_new_name(shared: str) -> None:
    data = {"slug": "lenses", "title": "Waiting", "terms": {"format": ["article"]}}
    entries = table_of(EntryRow).c
    lenses = select(entries.id, entries.version).where(entries.kind == "publication", entries.slug == "lenses")
    with Session(engine := make_engine(shared)) as session, session.begin():
        ident, version = session.execute(lenses).one()
        copy = {"entry_id": ident, "base_version": version, "title": "Waiting", "data": data}
        session.add(WorkingCopyRow(**copy, state="draft", updated_at=utc_now()))
    engine.dispose()
    with migrated(shared) as kb, kb.read() as session:
        subject = load(session, BY_NAME["publication"], "lenses-publication-2")
        assert subject is not None
        assert subject.copy is not None
        assert (subject.copy.data["slug"], subject.copy.base_version) == ("lenses-publication-2", 3)
