"""What is kept of a mail, and for how long: its text a week, the fact of its delivery a year."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.jobs.transports import FileTransport
from app.mailing.forgetting import forgetting_mail
from tests.mailing.posting import Posting, posting


@pytest.fixture
def office(database: str, tmp_path: Path) -> Iterator[Posting]:
    """One mail, which is a file."""
    with posting(database, tmp_path, transport=FileTransport(tmp_path / "mail")) as made:
        made.later()
        made.reader("a@x.test", "entries")
        made.publish("one")
        made.later(days=1)
        yield made


def forget(office: Posting, **later: float) -> tuple[int, int]:
    """Twice, so much after the mail; how many texts and deliveries are left."""
    (row,) = office.deliveries() or [None]
    now = (row.created_at if row is not None else office.now) + timedelta(**later)
    for path in (office.folder / "mail").glob("*.eml"):
        os.utime(path, (office.now.timestamp(), row.created_at.timestamp() if row else 0))
    for _ in range(2):
        forgetting_mail(office.settings).run(office.sessions, now)
    return len(list((office.folder / "mail").glob("*.eml"))), len(office.deliveries())


def test_texts_for_a_week_and_deliveries_for_a_year(office: Posting) -> None:
    assert forget(office, days=7) == (1, 1)
    assert forget(office, days=7, seconds=1) == (0, 1)
    assert forget(office, days=365) == (0, 1)
    assert forget(office, days=365, seconds=1) == (0, 0)


def test_no_database_holds_the_text_of_a_mail(office: Posting) -> None:
    with office.sessions.read() as session:
        for table in ("job", "delivery"):
            rows = session.connection().exec_driver_sql(f"SELECT * FROM {table}").all()
            assert "About one" not in repr(rows)
            assert "x.test" not in repr(rows)
