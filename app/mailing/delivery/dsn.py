"""What comes back by mail: reports of what could not be delivered (RFC 3464) and of complaints (RFC 5965), and from
readers whose mail program unsubscribes by mail (RFC 2369)."""

import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import getaddresses
from hashlib import sha256
from pathlib import Path
from typing import Final

from app.kit.signing_keys import SigningKeys
from app.mailing.content.links import subscriptions_of
from app.mailing.content.mime import parse_message_id
from app.mailing.delivery.bounces import BounceType, classify

STATUS: Final = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})")
_LEAVING: Final = re.compile(r"\bunsubscribe\s+(\S+)", re.IGNORECASE)
_NAME: Final = re.compile(r"\d+\.[0-9a-f]{8}\.[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class BounceReport:
    """`event` names it, so that it counts once; `delivery` is the number of the mail that it is about."""

    event: str
    delivery: int
    verdict: BounceType
    status: str | None


def read_messages(path: Path) -> Iterator[bytes]:
    """Of a folder with one file for each message (a Maildir, too), of an mbox file, or of a file that is a message."""
    if path.is_dir():
        files = (each for each in sorted(path.rglob("*")) if each.is_file() and not each.name.startswith("."))
        yield from (each.read_bytes() for each in files)
        return
    with path.open("rb") as file:
        is_mbox = file.read(5) == b"From "
    if not is_mbox:
        yield path.read_bytes()
        return
    box = mailbox.mbox(path, create=False)
    try:
        yield from (box.get_bytes(key) for key in box.keys())  # noqa: SIM118 - not a mapping
    finally:
        box.close()


def parse_unsubscribe(signing_keys: SigningKeys, raw: bytes) -> tuple[int, ...]:
    """The subscriptions that a mail to our inbox wants to end: its subject is the one that `List-Unsubscribe` names,
    with a token that cannot be forged. None for any other mail."""
    message = message_from_bytes(raw, policy=policy.default)
    found = _LEAVING.search(str(message.get("Subject", "")))
    return () if found is None else subscriptions_of(signing_keys, found[1])


def parse_report(signing_keys: SigningKeys, raw: bytes) -> BounceReport | None:
    """None for what is no report, is of a delay that is not over, or is not about a mail of ours: our signature must be
    in the address that it came to, or in the headers of the mail that it sends back."""
    message = message_from_bytes(raw, policy=policy.default)
    if not isinstance(message, EmailMessage) or message.get_content_type() != "multipart/report":
        return None
    kind = str(message.get_param("report-type", "")).lower()
    found = _delivery_status(message) if kind == "delivery-status" else None
    if kind == "feedback-report":
        found = _feedback(message)
    number = None if found is None else _number(signing_keys, message)
    if found is None or number is None:
        return None
    return BounceReport(f"mail/{sha256(raw).hexdigest()}", number, *found)


def _delivery_status(message: Message) -> tuple[BounceType, str | None] | None:
    """Of the last recipient that failed (RFC 3464 section 2.3)."""
    found: tuple[BounceType, str | None] | None = None
    for part in message.walk():
        action = str(part.get("Action", "")).strip().lower()
        status = STATUS.match(str(part.get("Status", "")))
        if action == "failed":
            text = status[1] if status else None
            found = (_as_failure(text), text)
    return found


def _as_failure(status: str | None) -> BounceType:
    """A server that gave up after a temporary failure says 4: it is a soft bounce."""
    return BounceType.other if status is None else classify(None, status)


def _feedback(message: Message) -> tuple[BounceType, None] | None:
    for part in message.walk():
        if part.get_content_type() == "message/feedback-report":
            text = part.as_string().lower()
            kind = re.search(r"^feedback-type:\s*([a-z-]+)", text, re.MULTILINE)
            if kind is not None and kind[1] in ("abuse", "fraud", "not-spam", "other"):
                return None if kind[1] == "not-spam" else (BounceType.complaint, None)
    return None


def _number(signing_keys: SigningKeys, message: Message) -> int | None:
    """The delivery, by a name that we signed."""
    named = [address for _, address in getaddresses([str(each) for each in message.get_all("To", [])])]
    named += [str(each) for each in message.get_all("Delivered-To", [])]
    for part in message.walk():
        named += [str(part[name]) for name in ("Message-ID", "Original-Mail-From") if name in part]
        if part.get_content_type() in ("text/rfc822-headers", "message/feedback-report"):
            named.append(part.as_string())
    names = (name for text in named for name in _NAME.findall(text))
    return next((number for name in names if (number := parse_message_id(signing_keys, name)) is not None), None)
