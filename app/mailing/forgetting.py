"""Forgetting mails: their texts after days, what became of them after a year, addresses of tests after two days."""

from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.config.settings import Settings
from app.db.sessions import Sessions
from app.jobs.periodic import Periodic
from app.mailing.delivery_tables import DeliveryRow, ReportRow, TestMailRow
from app.mailing.previewing import KEPT


def forgetting_mail(settings: Settings) -> Periodic:
    """The text of a mail is kept nowhere but in the files that take the place of a mail server."""

    def run(sessions: Sessions, now: datetime) -> None:
        with sessions.write() as session:
            forget_facts(session, now - timedelta(days=settings.keep_deliveries))
            session.execute(delete(TestMailRow).where(TestMailRow.at < now - KEPT))
        forget_texts(Path(settings.mail_directory), now - timedelta(days=settings.keep_mail_bodies))

    return Periodic("forget-mail", timedelta(days=1), run)


def forget_facts(session: Session, before: datetime) -> None:
    session.execute(delete(ReportRow).where(ReportRow.at < before))
    session.execute(delete(DeliveryRow).where(DeliveryRow.created_at < before))


def forget_texts(folder: Path, before: datetime) -> None:
    """Files of mails that were written before."""
    for path in folder.glob("*.eml"):
        if path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
