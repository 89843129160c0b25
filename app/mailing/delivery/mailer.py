"""The post room of a worker: what every mail is made and sent with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.config.settings import Settings
from app.db.upsert import insert_many_or_ignore, insert_or_ignore
from app.jobs.lease import Job
from app.jobs.queue import JobRequest, enqueue_numbered
from app.mailing.content.entries import PublishedEntries
from app.mailing.content.mime import SenderIdentity, sender_identity
from app.mailing.context import MailContext
from app.mailing.delivery.models import Channel, DeliveryRow, DeliveryState
from app.mailing.delivery.smtp_transport import SmtpSettings, SmtpTransport
from app.mailing.delivery.transports import AllowlistTransport, FileTransport, Transport

Values = Mapping[str, object]
"""Of columns."""


@dataclass(frozen=True)
class Mailer:
    context: MailContext
    entries: PublishedEntries
    transport: Transport
    sender: SenderIdentity


def make_mailer(context: MailContext, library: PublishedEntries, transport: Transport | None = None) -> Mailer:
    """`transport` in the place of the one that the settings name."""
    settings = context.settings
    return Mailer(
        context, library, transport or make_transport(settings), sender_identity(settings, context.signing_keys)
    )


def make_transport(settings: Settings) -> Transport:
    """Files, unless there is a mail server. Raises ValueError for a password without TLS."""
    if settings.smtp_host is None:
        return FileTransport(Path(settings.mail_directory))
    password = settings.smtp_password
    server = SmtpSettings(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=None if password is None else password.get_secret_value(),
        timeout=settings.smtp_timeout,
        greeting=urlsplit(settings.base).hostname or "localhost",
    )
    smtp = SmtpTransport(server)
    allowed = frozenset(each.lower() for each in settings.mail_allowed)
    return AllowlistTransport(smtp, allowed) if allowed else smtp


def key_of(kind: str, key: str) -> str:
    """The key of the delivery that a job is about."""
    return f"{kind}/{key}"


def find_delivery(session: Session, job: Job) -> DeliveryRow | None:
    """The one that this job is about."""
    return session.scalars(select(DeliveryRow).where(DeliveryRow.job_id == job.id)).one_or_none()


def make_delivery(session: Session, job: Job, subscriber_id: int | None, *, now: datetime) -> DeliveryRow:
    """The one that this job is about, added where it was not there."""
    key = key_of(job.kind, job.key)
    values = {**values_of(job.kind, job.key, job.id, now), "subscriber_id": subscriber_id}
    session.execute(insert_or_ignore(session, DeliveryRow, "key").values(**values))
    found = session.scalars(select(DeliveryRow).where(DeliveryRow.key == key)).one()
    found.job_id = job.id
    return found


def enqueue_deliveries(
    session: Session, kind: str, sent: Sequence[tuple[JobRequest, Values]], *, now: datetime
) -> None:
    """Deliveries, each with the columns that are its own, and the jobs of one kind that send them."""
    numbers = enqueue_numbered(session, kind, [requested for requested, _ in sent], now=now)
    rows = [{**values_of(kind, requested.key, numbers[requested.key], now), **own} for requested, own in sent]
    insert_many_or_ignore(session, DeliveryRow, rows, "key")


def values_of(kind: str, key: str, job_id: int, now: datetime) -> dict[str, object]:
    """What every new delivery has."""
    return {
        "key": key_of(kind, key),
        "channel": Channel.mail,
        "job_id": job_id,
        "kind": kind,
        "state": DeliveryState.waiting,
        "created_at": now,
        "tries": 0,
        "doubts": 0,
    }
