"""A check finds damage, changes nothing, and minds nobody who writes meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

from sqlalchemy import text

from app.db.sessions import Sessions
from app.kit.clock import utc_now
from app.ops.database.integrity import check_catalogue
from app.ops.seeding import seed
from tests.factories import make_person, unique
from tests.ops.small_seeds import contents


def write_until(sessions: Sessions, enough: Event) -> int:
    """People, one a transaction; returns how many."""
    written = 0
    while not enough.is_set():
        with sessions.write() as session:
            make_person(session, slug=unique("person"))
        written += 1
    return written


def test_a_check_while_others_write_finds_nothing(empty: Sessions, folder: Path) -> None:
    with empty.write() as session:
        seed(session, folder, now=utc_now())
    enough = Event()
    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(write_until, empty, enough)
        try:
            found = [check_catalogue(empty, utc_now()) for _ in range(10)]
        finally:
            enough.set()
        assert writing.result() > 0
    assert found == [[]] * 10


def test_a_check_that_finds_something_changes_nothing(empty: Sessions, folder: Path) -> None:
    with empty.write() as session:
        seed(session, folder, now=utc_now())
        session.execute(text("UPDATE document SET body = replace(body, 'Ada', 'Eda') WHERE slug = 'ada-lovelace'"))
        session.execute(text("UPDATE revision_counter SET last = last + 1"))
    before = contents(empty)
    found = check_catalogue(empty, utc_now())
    assert [line.split()[:3] for line in found] == [["The", "last", "revision"], ["1", "document(s)", "differ"]]
    assert contents(empty) == before
