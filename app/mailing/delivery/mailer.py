"""The mailer of a worker: what every mail is made and sent with."""

from dataclasses import dataclass
from pathlib import Path

from app.config.settings import Settings
from app.mailing.content.entries import PublishedEntries
from app.mailing.content.mime import SenderIdentity, sender_identity
from app.mailing.context import MailContext
from app.mailing.delivery.smtp_transport import SmtpTransport, smtp_settings
from app.mailing.delivery.transports import AllowlistTransport, FileTransport, Transport


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
