"""A backup is one consistent state, checked before it counts, and never in the way of anything."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import text

from app.db.engine import make_engine
from app.db.sessions import Sessions
from app.kit.clock import utc_now
from app.ops.database.backup import BackupError, backup_sqlite
from app.ops.database.integrity import check_catalogue
from tests.corpus import Corpus
from tests.factories import make_person, make_publication, unique
from tests.ops.small_seeds import contents


@contextmanager
def opened(path: Path) -> Iterator[Sessions]:
    engine = make_engine(f"sqlite:///{path}")
    yield Sessions(engine)
    engine.dispose()


def write_until(sessions: Sessions, enough: Event) -> int:
    """Publications with an author each, one a transaction; returns how many."""
    written = 0
    while not enough.is_set():
        with sessions.write() as session:
            author = make_person(session, slug=unique("author"))
            make_publication(session, contributors=[{"agent": f"people/{author.slug}", "role": "author"}])
        written += 1
    return written


def test_a_backup_holds_what_the_database_holds(embedded: Sessions, tmp_path: Path) -> None:
    target = tmp_path / "copy.sqlite"
    size = backup_sqlite(embedded.engine, target)
    assert size == target.stat().st_size > 0
    with opened(target) as copy:
        assert contents(copy) == contents(embedded)


def test_a_backup_while_others_write_is_one_consistent_state(embedded: Sessions, tmp_path: Path) -> None:
    enough = Event()
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_until, embedded, enough)
        try:
            for number in range(5):
                backup_sqlite(embedded.engine, tmp_path / f"{number}.sqlite")
        finally:
            enough.set()
        assert writing.result() > 0
    for number in range(5):
        with opened(tmp_path / f"{number}.sqlite") as copy:
            assert check_catalogue(copy, utc_now()) == []


def test_a_restored_backup_serves(embedded: Sessions, tmp_path: Path) -> None:
    backup_sqlite(embedded.engine, tmp_path / "copy.sqlite")
    with closing(Corpus(f"sqlite:///{tmp_path}/copy.sqlite")) as restored:
        assert restored.client.json("/health/ready")["status"] == "ready"
        assert restored.client.slugs("/v1/publications") == ["notes", "sketch"]


def test_a_backup_never_overwrites(embedded: Sessions, tmp_path: Path) -> None:
    target = tmp_path / "copy.sqlite"
    target.write_bytes(b"precious")
    with pytest.raises(BackupError, match=r"already exists\. A backup never overwrites"):
        backup_sqlite(embedded.engine, target)
    assert target.read_bytes() == b"precious"


def test_a_backup_that_cannot_be_written_leaves_nothing(embedded: Sessions, tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="The backup failed"):
        backup_sqlite(embedded.engine, tmp_path / "nowhere" / "copy.sqlite")
    assert not (tmp_path / "nowhere").exists()


def test_a_copy_that_fails_its_check_does_not_count(embedded: Sessions, tmp_path: Path) -> None:
    with embedded.engine.connect() as connection:
        connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        connection.execute(text("DELETE FROM agent"))
        connection.commit()
    before = set(tmp_path.iterdir())
    with pytest.raises(BackupError, match="The copy has rows with a broken foreign key"):
        backup_sqlite(embedded.engine, tmp_path / "copy.sqlite")
    assert set(tmp_path.iterdir()) == before


def test_postgresql_is_backed_up_with_its_own_tools(empty: Sessions, tmp_path: Path) -> None:
    if empty.engine.dialect.name == "sqlite":
        assert backup_sqlite(empty.engine, tmp_path / "copy") > 0
        return
    with pytest.raises(BackupError, match="PostgreSQL database: run `kb backup` without a file name"):
        backup_sqlite(empty.engine, tmp_path / "copy")
    assert list(tmp_path.iterdir()) == []
