"""The mailer of a worker: what every mail is made and sent with."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from app.config.settings import Settings
from app.mailing.content.entries import PublishedEntries
from app.mailing.content.mime import SenderIdentity, sender_identity
from app.mailing.context import MailContext
from app.mailing.delivery.smtp_transport import SmtpSettings, SmtpTransport
from app.mailing.delivery.transports import AllowlistTransport, FileTransport, Transport

MAX_TIMEOUT: Final = 300.0
"""Seconds, as for the setting."""


@dataclass(frozen=True)
class Mailer:
    context: MailContext
    entries: PublishedEntries
    transport: Transport
    sender: SenderIdentity


def make_mailer(context: MailContext, entries: PublishedEntries, transport: Transport | None = None) -> Mailer:
    """`transport` in the place of the one that the settings name."""
    settings = context.settings
    return Mailer(
        context, entries, transport or make_transport(settings), sender_identity(settings, context.signing_keys)
    )


def make_transport(settings: Settings) -> Transport:
    """Files, unless there is a mail server. Raises ValueError for a password without TLS."""
    server = smtp_settings(settings)
    if server is None:
        return FileTransport(Path(settings.mail_directory))
    smtp = SmtpTransport(server)
    allowed = frozenset(each.lower() for each in settings.mail_allowed)
    return AllowlistTransport(smtp, allowed) if allowed else smtp


def smtp_settings(settings: Settings, *, most_seconds: float = MAX_TIMEOUT) -> SmtpSettings | None:
    """None without a mail server, and in a practice copy. Raises ValueError for a password without TLS."""
    if settings.smtp_host is None or settings.practice:
        return None
    password = settings.smtp_password
    return SmtpSettings(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=None if password is None else password.get_secret_value(),
        timeout=min(settings.smtp_timeout, most_seconds),
        greeting=urlsplit(settings.base).hostname or "localhost",
    )
