"""What the two databases promise alike: times in UTC, foreign keys, one writer, all or nothing."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import Column, Engine, Integer, MetaData, Table, insert, select, text
from sqlalchemy.exc import ArgumentError, IntegrityError, StatementError
from sqlalchemy.orm import Session

from app.db.base import Instant
from app.db.engine import is_missing, is_sqlite, make_engine, sqlite3, wal_is_safe
from app.db.sessions import Sessions

TABLE = Table("moment", MetaData(), Column("id", Integer, primary_key=True), Column("at", Instant))
HALF_PAST = timezone(timedelta(hours=5, minutes=30))
COUNTER = text("SELECT last FROM revision_counter")
COUNT_UP = text("UPDATE revision_counter SET last = last + 1")

VERSIONS = [
    ((3, 6, 23), False),
    ((3, 7, 0), False),
    ((3, 44, 5), False),
    ((3, 44, 6), True),
    ((3, 44, 7), True),
    ((3, 45, 0), False),
    ((3, 50, 6), False),
    ((3, 50, 7), True),
    ((3, 51, 0), False),
    ((3, 51, 2), False),
    ((3, 51, 3), True),
    ((3, 52, 0), True),
    ((4, 0, 0), True),
]


@pytest.fixture
def moments(migrated: Engine) -> Iterator[Engine]:
    """A database with a table of instants."""
    TABLE.create(migrated)
    yield migrated
    TABLE.drop(migrated)


def kept(engine: Engine, value: datetime | None) -> datetime | None:
    with engine.begin() as connection:
        connection.execute(insert(TABLE).values(id=1, at=value))
        return connection.scalar(select(TABLE.c.at))


@pytest.mark.parametrize(
    "value",
    [
        datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC),
        datetime(2026, 7, 1, 0, 15, tzinfo=HALF_PAST),
        datetime(1843, 1, 1, tzinfo=UTC),
        None,
    ],
)
def test_an_instant_comes_back_as_the_same_moment_in_utc(moments: Engine, value: datetime | None) -> None:
    found = kept(moments, value)
    assert found == value
    assert found is None or found.utcoffset() == timedelta(0)


def test_an_instant_without_a_time_zone_is_refused(moments: Engine) -> None:
    with pytest.raises(StatementError, match="an instant needs a time zone"):
        kept(moments, datetime(2026, 1, 1))


@pytest.mark.parametrize(("version", "safe"), VERSIONS)
def test_wal_is_used_only_where_it_loses_no_commit(version: tuple[int, int, int], safe: bool) -> None:
    assert wal_is_safe(version) is safe


def test_sqlite_is_set_up_to_keep_what_it_was_given(migrated: Engine) -> None:
    if not is_sqlite(migrated):
        return
    with migrated.connect() as connection:
        found = {
            name: connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    journal = "wal" if wal_is_safe(sqlite3.sqlite_version_info) else "delete"
    assert found == {"journal_mode": journal, "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


def test_an_unsafe_sqlite_falls_back_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("app.db.engine.wal_is_safe", lambda version: False)
    engine = make_engine(f"sqlite:///{tmp_path}/kb.sqlite")
    with engine.connect() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "delete"
    engine.dispose()
    assert "using a rollback journal" in caplog.text


def test_the_folder_of_a_new_database_is_made(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path}/deep/down/kb.sqlite")
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    engine.dispose()


def test_a_file_that_is_not_there_is_known_without_making_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/deep/kb.sqlite"
    assert is_missing(url)
    assert list(tmp_path.iterdir()) == []
    make_engine(url).connect().close()
    assert not is_missing(url)
    assert not is_missing("postgresql+psycopg://127.0.0.1:1/kb")


@pytest.mark.parametrize(
    "url",
    [
        "foo",
        "",
        "mysql://x/y",
        "postgresql+psycopg2://x/y",
        "postgresql://u:secret@x:y/z",
        "sqlite://",
        "sqlite:///:memory:",
    ],
)
def test_what_names_no_database_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ArgumentError) as raised:
        make_engine(url)
    assert "secret" not in str(raised.value)


def test_foreign_keys_hold(sessions: Sessions) -> None:
    orphan = text("INSERT INTO entry_term (entry_id, term_id, position) VALUES (1, 1, 0)")
    with pytest.raises(IntegrityError), sessions.write() as session:
        session.execute(orphan)


def test_a_write_session_commits_all(sessions: Sessions) -> None:
    with sessions.write() as session:
        session.execute(COUNT_UP)
        session.execute(COUNT_UP)
    with sessions.read() as session:
        assert session.scalar(COUNTER) == 2


def test_a_write_session_that_fails_commits_nothing(sessions: Sessions) -> None:
    def fail(session: Session) -> None:
        session.execute(COUNT_UP)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"), sessions.write() as session:
        fail(session)
    with sessions.read() as session:
        assert session.scalar(COUNTER) == 0


def test_a_read_session_never_commits(sessions: Sessions) -> None:
    with sessions.read() as session:
        session.execute(COUNT_UP)
    with sessions.read() as session:
        assert session.scalar(COUNTER) == 0


def test_a_reader_sees_one_state_while_another_writes(sessions: Sessions) -> None:
    if not is_sqlite(sessions.engine):
        return  # PostgreSQL's read committed shows each statement the newest state
    with sessions.read() as reader:
        assert reader.scalar(COUNTER) == 0
        with sessions.write() as writer:
            writer.execute(COUNT_UP)
        assert reader.scalar(COUNTER) == 0
    with sessions.read() as reader:
        assert reader.scalar(COUNTER) == 1
