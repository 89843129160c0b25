"""Everything moves from one kind of database to the other and back: each row, the numbers that come next, and nothing
twice, however often the copy is stopped."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete, text

from app.db.base import Base
from app.db.engine import make_engine
from app.db.schema.migrations import NewerSchemaError, check_models, is_current, refuse_newer
from app.db.sessions import Sessions
from app.feed.deliveries import DeliveryRow, DeliveryState
from app.kit.clock import utc_now
from app.kit.system.progress import progress_told_to
from app.ops.database import database_copy
from app.ops.database.database_copy import CopyError, checksum, copy_database
from app.ops.database.integrity import check_catalogue
from tests.conftest import fill_with_seeds
from tests.corpus import Corpus
from tests.databases import Databases, Server, SqliteServer, start
from tests.factories import make_person, unique


@pytest.fixture
def source(databases: Databases) -> Iterator[Engine]:
    """A seeded database of either kind, in which the highest number of a delivery is one that was deleted."""
    with databases.copied(databases.template("seeded", fill_with_seeds)) as url:
        engine = make_engine(url)
        with Sessions(engine).write() as session:
            for number in range(3):
                row = DeliveryRow(key=f"mail/{number}", kind="digest", state=DeliveryState.sent, created_at=utc_now())
                session.add(row)
            session.flush()
            session.execute(delete(DeliveryRow).where(DeliveryRow.id == row.id))
        yield engine
        engine.dispose()


@pytest.fixture(scope="module")
def other_server(databases: Databases) -> Iterator[Server]:
    """Of the kind that the session's is not."""
    server = start("postgresql" if isinstance(databases.server, SqliteServer) else "sqlite")
    yield server
    server.stop()


@pytest.fixture(params=["same kind", "other kind"])
def target(request: pytest.FixtureRequest, databases: Databases, other_server: Server) -> Iterator[Engine]:
    """Nothing is there."""
    server = databases.server if request.param == "same kind" else other_server
    url = server.create(unique("target"))
    engine = make_engine(url)
    yield engine
    engine.dispose()
    server.drop(url)


def rows_of(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {table.name: checksum(table, connection).digest for table in Base.metadata.sorted_tables}


def test_a_copy_has_everything_serves_and_goes_on_counting(source: Engine, target: Engine) -> None:
    checked = copy_database(source, target)
    assert checked["revision"].rows > 0
    assert checked["term"].rows > 0, "rows that name rows of their own table"
    assert rows_of(target) == rows_of(source)
    check_models(target)
    assert check_catalogue(Sessions(target), utc_now()) == []
    with Sessions(target).write() as session:
        make_person(session, slug="somebody-new")
        row = DeliveryRow(key="mail/next", kind="digest", state=DeliveryState.sent, created_at=utc_now())
        session.add(row)
        session.flush()
        assert row.id == 4, "a number that was given out is used again"
    with closing(Corpus(target.url.render_as_string(hide_password=False))) as kb:
        assert kb.client.json("/v1/entries")["meta"]["count"] > 20


def test_a_copy_that_was_stopped_goes_on_and_is_no_database_until_then(
    source: Engine, target: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_copy, "CHUNK", 7)
    progress: list[tuple[str, int]] = []

    def stop(table: str, done: int, _total: int) -> None:
        progress.append((table, done))
        if table == "revision" and done >= 21:
            raise KeyboardInterrupt

    with progress_told_to(stop), pytest.raises(KeyboardInterrupt):
        copy_database(source, target)
    with target.connect() as connection:
        assert not is_current(connection)
        with pytest.raises(NewerSchemaError, match="unfinished copy"):
            refuse_newer(connection)
    again: list[tuple[str, int]] = []
    with progress_told_to(lambda table, done, _: again.append((table, done))):
        copy_database(source, target)
    assert next(each for each in again if each[0] == "revision") == ("revision", 28)
    assert rows_of(target) == rows_of(source)
    with target.connect() as connection:
        assert is_current(connection)
    check_models(target)


def test_what_was_written_meanwhile_is_noticed(source: Engine, target: Engine) -> None:
    written: list[str] = []

    def write(table: str, _done: int, _total: int) -> None:
        if table == "term" and not written:
            written.append(table)
            with target.begin() as connection:
                connection.execute(text("UPDATE scheme SET label = 'Another' WHERE id = 1"))

    with progress_told_to(write), pytest.raises(CopyError, match=r"scheme differs: \d+ row"):
        copy_database(source, target)
    with target.connect() as connection:
        assert not is_current(connection)


def test_a_database_that_is_not_empty_is_left_alone(source: Engine) -> None:
    before = rows_of(source)
    with pytest.raises(CopyError, match="The target is not empty"):
        copy_database(source, source)
    assert rows_of(source) == before


def test_tables_of_something_else_are_left_alone(source: Engine, tmp_path: Path) -> None:
    other = make_engine(f"sqlite:///{tmp_path}/other.sqlite")
    with other.begin() as connection:
        connection.execute(text("CREATE TABLE notes (id INTEGER)"))
    with pytest.raises(CopyError, match="tables of something else"):
        copy_database(source, other)
    other.dispose()
