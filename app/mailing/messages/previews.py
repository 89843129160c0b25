"""Previews and test mails for staff."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.feed.deliveries import Channel, make_delivery
from app.feed.stored_queries import parse_stored_query
from app.jobs.kinds import JobKind
from app.jobs.lease import Job
from app.jobs.queue import URGENT, JobRequest, enqueue
from app.kit.json_types import JsonObject
from app.mailing.content.entries import PublishedEntries
from app.mailing.content.mime import SenderIdentity, personalise
from app.mailing.content.rendering import Message, render
from app.mailing.delivery.mailer import Mailer
from app.mailing.delivery.models import AnnouncementRow, TestMailRow
from app.mailing.delivery.sending import mail_job_kind, outgoing, send
from app.mailing.messages.announcements import announcement_values
from app.mailing.messages.digests import digest_values
from app.mailing.messages.transactional import common_values
from app.mailing.subscriptions.saved_queries import describe_stored_query
from app.search.index.snapshot import Snapshot
from app.search.query.model import Query

TEST: Final = "test-mail"
MAX_SHOWN: Final = 10
"""Entries in a preview."""
TEST_RETENTION: Final = timedelta(days=2)
"""An address that a test could not be sent to is forgotten."""


def digest_preview(
    published: PublishedEntries,
    sender: SenderIdentity,
    session: Session,
    stored: JsonObject,
    presets: Mapping[str, str],
) -> Message | None:
    """With the newest entries that the query finds; None where it finds none. Raises BadQuery for one that names what
    is no more."""
    snapshot = published.full_snapshot()
    entries = published.entries(session, _newest(snapshot, stored))
    if not entries:
        return None
    words = describe_stored_query(snapshot, stored, presets)
    values = {
        **common_values(sender),
        **_unsubscribe_values(sender, words),
        **digest_values(snapshot, entries, {each: [words] for each in entries}),
    }
    return render("digest", "en", values)


def _newest(snapshot: Snapshot, stored: JsonObject) -> list[int]:
    query = parse_stored_query(snapshot, stored)
    ordered = Query(query.collection, query.where, query.words, snapshot.default_order(query.collection))
    return snapshot.page(ordered, snapshot.match(ordered, strict=True), skip=0, take=MAX_SHOWN)


def announcement_preview(sender: SenderIdentity, subject: str, body: str) -> Message:
    values = {
        **common_values(sender),
        **_unsubscribe_values(sender, "List my subscriptions"),
        **announcement_values(subject, body),
    }
    return render("update", "en", values)


def _unsubscribe_values(sender: SenderIdentity, followed: str) -> dict[str, object]:
    """Nobody is subscribed by a preview, so its link leads to where everybody can unsubscribe."""
    return {"followed": [followed], "unsubscribe": f"{sender.base}/subscribe/manage"}


def enqueue_test_mail(
    session: Session,
    address: str,
    key: str,
    *,
    now: datetime,
    update: int | None = None,
    query: JsonObject | None = None,
) -> None:
    """`key` is unique for each request."""
    row = TestMailRow(address=address, update_id=update, query=query, at=now)
    session.add(row)
    session.flush()
    enqueue(session, JobRequest(TEST, f"{key}/{row.id}", {"test": row.id}, priority=URGENT), now=now)


def test_mail_job(mailer: Mailer) -> JobKind:
    def handle(sessions: Sessions, job: Job) -> None:
        with sessions.write() as session:
            row = session.get(TestMailRow, job.payload["test"])
            mail = None if row is None else _message(mailer, session, row)
            if row is None or mail is None:
                _forget(session, job)
                job.finish(session)
                return
            delivery = make_delivery(session, Channel.mail, job, None, now=job.clock())
            message = outgoing(mailer, personalise(mailer.sender, mail), row.address, delivery, job)
            number = delivery.id
        send(mailer, job, number, message, after=lambda session: _forget(session, job))

    return mail_job_kind(mailer, TEST, handle)


def _forget(session: Session, job: Job) -> None:
    session.execute(delete(TestMailRow).where(TestMailRow.id == job.payload["test"]))


def _message(mailer: Mailer, session: Session, row: TestMailRow) -> Message | None:
    if row.update_id is not None:
        announcement = session.get(AnnouncementRow, row.update_id)
        if announcement is None:
            return None
        return announcement_preview(mailer.sender, announcement.subject, announcement.body)
    presets = mailer.context.settings.presets
    return digest_preview(mailer.entries, mailer.sender, session, row.query or {}, presets)
