"""Databases of before: what was seeded gets the id that it has everywhere, all else one of its own."""

from alembic import command
from sqlalchemy import select

from app.catalogue.registry import BY_NAME
from app.db.engine import make_engine
from app.db.schema.migrations import alembic_config, migrate, migration_connection
from app.db.sessions import Sessions
from app.documents.store import DocumentRow
from app.kit.clock import utc_now
from app.kit.values.uuids import is_uuid
from app.staff.maintenance.rebuilding import rebuild
from tests.databases import Databases
from tests.factories import change, make_publication

BEFORE_IDS = "c2d87f05e913"
Ids = dict[tuple[str, str], str | None]


def ids(sessions: Sessions) -> Ids:
    with sessions.read() as session:
        rows = session.execute(select(DocumentRow.collection, DocumentRow.slug, DocumentRow.uuid))
        return {(collection, slug): uuid for collection, slug, uuid in rows}


def test_they_get_the_ids_that_new_ones_have(databases: Databases, seeded_database: str) -> None:
    with databases.copied(seeded_database) as url:
        sessions = Sessions(make_engine(url))
        fresh = {address: uuid for address, uuid in ids(sessions).items() if address[0] != "collections"}  # none then
        with sessions.write() as session:
            make_publication(session, slug="old", title="Old", terms={"format": ["book"]})
            change(session, BY_NAME["publication"], "old", slug="new")
        with migration_connection(sessions.engine) as connection:
            command.downgrade(alembic_config(connection), BEFORE_IDS)
        migrate(sessions.engine, after=lambda session: rebuild(session, now=utc_now()))
        found = ids(sessions)
        sessions.dispose()
    assert {address: found[address] for address in fresh} == fresh
    assert is_uuid(found["publications", "new"] or "")
    assert found["publications", "old"] is None, "the trace of a former address is no document"
