"""The jobs that mailing enqueues. Payloads name rows by their numbers, and never an address."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from app.jobs.queue import NORMAL, URGENT, JobRequest

SIGN_UP: Final = "sign-up"
CONFIRMATION: Final = "confirmation-mail"
REMINDER: Final = "reminder-mail"
MANAGE: Final = "manage-mail"
WELCOME: Final = "welcome-mail"
PURGE: Final = "scrub"


def sign_up(number: int) -> JobRequest:
    """Processing of a sign-up."""
    return JobRequest(SIGN_UP, str(number), {"sign_up": number}, priority=URGENT)


def confirmation(subscriber: int, number: int) -> JobRequest:
    """The confirmation mail of one sign-up."""
    return JobRequest(CONFIRMATION, str(number), {"subscriber": subscriber, "sign_up": number}, priority=URGENT)


def reminder(subscriber: int, number: int) -> JobRequest:
    """The mail that says: you are subscribed already, and manage it here."""
    return JobRequest(REMINDER, str(number), {"subscriber": subscriber}, priority=URGENT)


def manage_link(subscriber: int, number: int) -> JobRequest:
    """The mail with a link to the page where everything is managed."""
    return JobRequest(MANAGE, str(number), {"subscriber": subscriber}, priority=URGENT)


def welcome(subscriber: int, number: int) -> JobRequest:
    """The mail that follows a confirmation: what to read first."""
    return JobRequest(WELCOME, str(number), {"subscriber": subscriber, "sign_up": number}, priority=NORMAL)


def scrub(key: str, files: Sequence[str] = (), due: datetime | None = None) -> JobRequest:
    """To take what was deleted out of files: these mails, and what the files of the database still hold."""
    return JobRequest(PURGE, key, {"files": list(files)}, due)
