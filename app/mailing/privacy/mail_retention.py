"""Forgetting mails: their texts after days, what became of them after a year, addresses of tests after two days."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.config.settings import Settings
from app.db.sessions import Sessions
from app.feed.deliveries import DeliveryRow
from app.jobs.periodic import PeriodicTask
from app.mailing.delivery.models import BounceReportRow, TestMailRow
from app.mailing.messages.previewing import TEST_RETENTION


def mail_retention_task(settings: Settings) -> PeriodicTask:
    """The text of a mail is kept nowhere but in the files that take the place of a mail server."""

    def run(sessions: Sessions, now: datetime) -> None:
        with sessions.write() as session:
            delete_old_deliveries(session, now - timedelta(days=settings.keep_deliveries))
            session.execute(delete(TestMailRow).where(TestMailRow.at < now - TEST_RETENTION))
        delete_mail_files(Path(settings.mail_directory), now - timedelta(days=settings.keep_mail_bodies))

    return PeriodicTask("forget-mail", timedelta(days=1), run)


def delete_old_deliveries(session: Session, before: datetime) -> None:
    session.execute(delete(BounceReportRow).where(BounceReportRow.at < before))
    session.execute(delete(DeliveryRow).where(DeliveryRow.created_at < before))


def delete_mail_files(folder: Path, before: datetime) -> None:
    """Files of mails that were written before."""
    for path in folder.glob("*.eml"):
        if path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
