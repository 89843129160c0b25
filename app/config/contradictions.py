"""What settings may each be by themselves and not together."""

from typing import TYPE_CHECKING

from app.config.setting_types import is_loopback

if TYPE_CHECKING:
    from app.config.settings import Settings


def find_contradiction(settings: "Settings") -> str | None:
    """The first, as a sentence; None where they hold together."""
    faults = (_login_fault, _mail_fault, _security_fault, _replica_fault)
    return next(filter(None, (fault(settings) for fault in faults)), None)


def _login_fault(settings: "Settings") -> str | None:
    if (settings.smtp_user is None) != (settings.smtp_password is None):
        return "KB_SMTP_USER and KB_SMTP_PASSWORD must be set together."
    if settings.smtp_user is not None and settings.smtp_security == "none":
        return "KB_SMTP_SECURITY must be starttls or tls if KB_SMTP_USER is set: no password is sent without TLS."
    return None


def _mail_fault(settings: "Settings") -> str | None:
    """Mail for others from what only this machine can reach."""
    if settings.smtp_host is None:
        return None
    if is_loopback(settings.smtp_host):
        is_own = settings.smtp_port == settings.port
        return "KB_SMTP_PORT: the service itself listens on this port (KB_PORT)." if is_own else None
    if settings.mail_allowed:
        return None
    if is_loopback(settings.base_url.host or ""):
        return (
            "KB_BASE_URL must be a public URL if KB_SMTP_HOST is set: links in mails would lead readers to their "
            "own machine. To test mail, list the recipients in KB_MAIL_ALLOWED."
        )
    if is_loopback(settings.mail_from.rpartition("@")[2]):
        return "KB_MAIL_FROM must be a public address if KB_SMTP_HOST is set."
    return None


def _security_fault(settings: "Settings") -> str | None:
    if (settings.security_contact is None) != (settings.security_expires is None):
        return "KB_SECURITY_CONTACT and KB_SECURITY_EXPIRES must be set together."
    if settings.security_policy is not None and settings.security_contact is None:
        return "KB_SECURITY_POLICY requires KB_SECURITY_CONTACT."
    return None


def _replica_fault(settings: "Settings") -> str | None:
    if settings.replica_url is not None and not settings.database_url.startswith("postgresql"):
        return "KB_REPLICA_URL requires a PostgreSQL database in KB_DATABASE_URL, whose replica it is."
    return None
