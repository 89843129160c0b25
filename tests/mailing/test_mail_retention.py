"""What is kept of a mail, and for how long: its text a week, the fact of its delivery a year."""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.mailing.delivery.transports import FileTransport
from app.mailing.privacy.retention import mail_retention_task
from tests.mailing.mail_service import MailService, mail_service


@pytest.fixture
def context(database: str, tmp_path: Path) -> Iterator[MailService]:
    """One mail, which is a file."""
    with mail_service(database, tmp_path, transport=FileTransport(tmp_path / "mail")) as made:
        made.later()
        made.reader("a@x.test", "entries")
        made.publish("one")
        made.later(days=1)
        yield made


def forget(context: MailService, **later: float) -> tuple[int, int]:
    """Twice, so much after the mail; how many texts and deliveries are left."""
    row = next(iter(context.deliveries()), None)
    now = (row.created_at if row is not None else context.now) + timedelta(**later)
    for path in (context.folder / "mail").glob("*.eml"):
        os.utime(path, (context.now.timestamp(), row.created_at.timestamp() if row else 0))
    for _ in range(2):
        mail_retention_task(context.settings).run(context.sessions, now)
    return len(list((context.folder / "mail").glob("*.eml"))), len(context.deliveries())


def test_texts_for_a_week_and_deliveries_for_a_year(context: MailService) -> None:
    assert forget(context, days=7) == (1, 1)
    assert forget(context, days=7, seconds=1) == (0, 1)
    assert forget(context, days=365) == (0, 1)
    assert forget(context, days=365, seconds=1) == (0, 0)


def test_no_database_holds_the_text_of_a_mail(context: MailService) -> None:
    with context.sessions.read() as session:
        for table in ("job", "delivery"):
            rows = session.connection().exec_driver_sql(f"SELECT * FROM {table}").all()
            assert "About one" not in repr(rows)
            assert "x.test" not in repr(rows)
