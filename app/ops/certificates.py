"""Certificates that readers and mails depend on: when they end."""

import socket
import ssl
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from app.config.settings import Settings
from app.kit.system.certificates import certificate_end
from app.mailing.delivery.smtp_transport import SmtpSettings, SmtpTransport, smtp_settings

RENEWED_BEFORE: Final = timedelta(days=14)
"""By then it should have been renewed: most are at 30 days."""
SECONDS: Final = 3.0
"""For each step of a connection."""


def end_of_public_certificate(base: str, trust: ssl.SSLContext | None = None) -> datetime | None:
    """None without TLS. Raises OSError."""
    parts = urlsplit(base)
    if parts.scheme != "https" or parts.hostname is None:
        return None
    context = trust or ssl.create_default_context()
    with (
        socket.create_connection((parts.hostname, parts.port or 443), SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=parts.hostname) as connection,
    ):
        return certificate_end(connection)


def end_of_mail_certificate(server: SmtpSettings | None) -> datetime | None:
    """None without TLS, and where mails are written to files. Raises Deferred."""
    return None if server is None or server.security == "none" else SmtpTransport(server).check()


def quick_smtp_settings(settings: Settings) -> SmtpSettings | None:
    return smtp_settings(settings, most_seconds=SECONDS)


def certificate_problem(whose: str, ends: datetime | None, now: datetime) -> str | None:
    if ends is None or ends - now >= RENEWED_BEFORE:
        return None
    return f"The TLS certificate of {whose} ends on {ends:%Y-%m-%d}. See why it was not renewed."
