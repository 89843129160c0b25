"""Mails as they would be: shown to staff, or sent to themselves."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from app.db.sessions import Sessions
from app.jobs.kinds import JobKind
from app.jobs.lease import Job
from app.jobs.queue import URGENT, Wanted, enqueue
from app.mailing.announcing import said
from app.mailing.composing import Letterhead, for_one
from app.mailing.delivery_tables import TestMailRow, UpdateRow
from app.mailing.digests import shown
from app.mailing.library import Library
from app.mailing.post import Post, make_delivery
from app.mailing.queries import restored, told
from app.mailing.rendering import Letter, render
from app.mailing.sending import mail_kind, outgoing, send
from app.mailing.transactional import house
from app.search.query import Query
from app.search.snapshot import Snapshot

TEST: Final = "test-mail"
SHOWN: Final = 10
"""Entries in a preview."""
KEPT: Final = timedelta(days=2)
"""An address that a test could not be sent to is forgotten."""


def digest_preview(
    library: Library, head: Letterhead, session: Session, stored: dict[str, Any], presets: Mapping[str, str]
) -> Letter | None:
    """With the newest entries that the query finds; None where it finds none. Raises BadQuery for one that names what
    is no more."""
    snapshot = library.everything()
    entries = library.entries(session, _newest(snapshot, stored))
    if not entries:
        return None
    words = told(snapshot, stored, presets)
    values = {**house(head), **_leaving(head, words), **shown(snapshot, entries, {each: [words] for each in entries})}
    return render("digest", "en", values)


def _newest(snapshot: Snapshot, stored: dict[str, Any]) -> list[int]:
    asked = restored(snapshot, stored)
    ordered = Query(asked.collection, asked.where, asked.words, snapshot.default_order(asked.collection))
    return snapshot.page(ordered, snapshot.match(ordered, strict=True), skip=0, take=SHOWN)


def update_preview(head: Letterhead, subject: str, body: str) -> Letter:
    values = {**house(head), **_leaving(head, "What you subscribed to"), **said(subject, body)}
    return render("update", "en", values)


def _leaving(head: Letterhead, followed: str) -> dict[str, Any]:
    """Nobody is subscribed by a preview, so its link leads to where everybody can unsubscribe."""
    return {"followed": [followed], "unsubscribe": f"{head.base}/subscribe/manage"}


def ask_for_test(
    session: Session,
    address: str,
    key: str,
    *,
    now: datetime,
    update: int | None = None,
    query: dict[str, Any] | None = None,
) -> None:
    """`key` tells one wish from the next."""
    row = TestMailRow(address=address, update_id=update, query=query, at=now)
    session.add(row)
    session.flush()
    enqueue(session, Wanted(TEST, f"{key}/{row.id}", {"test": row.id}, priority=URGENT), now=now)


def test_mail_job(post: Post) -> JobKind:
    def handle(sessions: Sessions, job: Job) -> None:
        with sessions.write() as session:
            row = session.get(TestMailRow, job.payload["test"])
            letter = None if row is None else _letter(post, session, row)
            if row is None or letter is None:
                _forget(session, job)
                job.finish(session)
                return
            delivery = make_delivery(session, job, None, now=job.clock())
            message = outgoing(post, for_one(post.head, letter), row.address, delivery, job)
            number = delivery.id
        send(post, job, number, message, after=lambda session: _forget(session, job))

    return mail_kind(post, TEST, handle)


def _forget(session: Session, job: Job) -> None:
    session.execute(delete(TestMailRow).where(TestMailRow.id == job.payload["test"]))


def _letter(post: Post, session: Session, row: TestMailRow) -> Letter | None:
    if row.update_id is not None:
        update = session.get(UpdateRow, row.update_id)
        return None if update is None else update_preview(post.head, update.subject, update.body)
    presets = post.office.settings.presets
    return digest_preview(post.library, post.head, session, row.query or {}, presets)
