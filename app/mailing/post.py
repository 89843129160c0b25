"""The post room of a worker: what every mail is made and sent with."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.config.settings import Settings
from app.db.inserting import insert_unless_there
from app.jobs.transports import AllowedOnly, FileTransport, Transport
from app.jobs.transports_smtp import Server, SmtpTransport
from app.mailing.composing import Letterhead, letterhead
from app.mailing.delivery_tables import DeliveryRow, DeliveryState
from app.mailing.library import Library
from app.mailing.office import Office


@dataclass(frozen=True)
class Post:
    office: Office
    library: Library
    transport: Transport
    head: Letterhead


def make_post(office: Office, library: Library, transport: Transport | None = None) -> Post:
    """`transport` in the place of the one that the settings name."""
    settings = office.settings
    return Post(office, library, transport or make_transport(settings), letterhead(settings, office.keyring))


def make_transport(settings: Settings) -> Transport:
    """Files, unless there is a mail server. Raises ValueError for a password without TLS."""
    if settings.smtp_host is None:
        return FileTransport(Path(settings.mail_directory))
    password = settings.smtp_password
    server = Server(
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
    return AllowedOnly(smtp, allowed) if allowed else smtp


def key_of(kind: str, key: str) -> str:
    """The key of the delivery that a job is about."""
    return f"{kind}/{key}"


def find_delivery(session: Session, key: str) -> DeliveryRow | None:
    return session.scalars(select(DeliveryRow).where(DeliveryRow.key == key)).one_or_none()


def make_delivery(session: Session, key: str, kind: str, subscriber_id: int | None, *, now: datetime) -> DeliveryRow:
    """The one with this key, added where it was not there."""
    values = {
        "key": key,
        "kind": kind,
        "subscriber_id": subscriber_id,
        "state": DeliveryState.waiting,
        "created_at": now,
        "tries": 0,
        "doubts": 0,
    }
    session.execute(insert_unless_there(session, DeliveryRow, "key").values(**values))
    found = find_delivery(session, key)
    if found is None:
        raise LookupError("a delivery that was just added is not there")
    return found
