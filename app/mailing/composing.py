"""From a letter to the bytes that are sent: headers as receivers want them, the same bytes for the same letter.

Written here rather than by the standard library where that is in the way: its policy folds long addresses in headers
into encoded words, and its quoted-printable is slow.
"""

from binascii import b2a_qp
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from app.config.settings import Settings
from app.kit.keyring import Keyring
from app.mailing.links import unsubscribe_token, unsubscribe_url
from app.mailing.rendering import Letter

UNFOLDED: Final = SMTP.clone(max_line_length=998)
_PURPOSE: Final = "delivery"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who writes. `inbox` is where people may unsubscribe by mail, `bounces` where reports of bounces are read."""

    name: str
    sender: str
    base: str
    contact: str
    keyring: Keyring
    inbox: str | None = None
    bounces: str | None = None

    @property
    def domain(self) -> str:
        return self.sender.rpartition("@")[2]


def letterhead(settings: Settings, keyring: Keyring) -> Letterhead:
    return Letterhead(
        name=settings.title,
        sender=settings.mail_from,
        base=settings.base,
        contact=settings.contact or settings.mail_from,
        keyring=keyring,
        inbox=settings.mail_inbox,
        bounces=settings.bounce_address,
    )


def written(head: Letterhead, letter: Letter, recipient: str, *, number: int, at: datetime) -> bytes:
    """The whole message, with CRLF at the ends of its lines. `number` is that of the delivery."""
    boundary = f"=_{sha256(f'{number}/{letter.subject}'.encode()).hexdigest()[:24]}"
    message = EmailMessage(UNFOLDED if recipient.isascii() else UNFOLDED.clone(utf8=True))
    for name, value in _headers(head, letter, recipient, number, at):
        message[name] = value
    message["MIME-Version"] = "1.0"
    fields = message.as_bytes().rstrip(b"\r\n")
    content_type = f'Content-Type: multipart/alternative; boundary="{boundary}"'.encode()
    plain, rich = _part("plain", letter.text), _part("html", letter.html)
    line = f"--{boundary}".encode()
    return b"\r\n".join([fields, content_type, b"", line, plain, line, rich, line + b"--", b""])


def _headers(
    head: Letterhead, letter: Letter, recipient: str, number: int, at: datetime
) -> Iterator[tuple[str, str | Address]]:
    yield "From", Address(head.name, addr_spec=head.sender)
    local, _, domain = recipient.rpartition("@")
    yield "To", Address(username=local, domain=domain)
    yield "Subject", letter.subject
    yield "Date", format_datetime(at)
    yield "Message-ID", f"<{message_name(head.keyring, number)}@{head.domain}>"
    yield "Content-Language", letter.language
    if not letter.subscriptions:
        yield "Auto-Submitted", "auto-generated"
        return
    one_click = f"<{unsubscribe_url(head.base, head.keyring, *letter.subscriptions)}>"
    if head.inbox is not None:
        token = unsubscribe_token(head.keyring, *letter.subscriptions)
        one_click += f", <mailto:{head.inbox}?subject=unsubscribe%20{token}>"
    yield "List-Id", f"<updates.{urlsplit(head.base).hostname}>"
    yield "List-Help", f"<{head.base}/subscribe>"
    yield "List-Unsubscribe", one_click
    yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"


def _part(subtype: str, text: str) -> bytes:
    body = b2a_qp("\r\n".join(text.splitlines()).encode(), istext=True)
    head = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode() + body + b"\r\n"


def message_name(keyring: Keyring, number: int) -> str:
    """The part of a Message-ID before the `@`: the number of the delivery, signed, so that nobody can report a bounce
    of what we never sent."""
    key_id, digest = keyring.sign(_PURPOSE, str(number))
    return f"{number}.{key_id}.{digest[:32]}"


def delivery_named(keyring: Keyring, name: str) -> int | None:
    """The number in a name that we gave; None for any other."""
    match name.split("."):
        case [number, key_id, digest] if number.isdecimal() and number.isascii():
            return int(number) if keyring.is_signed(_PURPOSE, number, key_id, digest) else None
    return None


def envelope_sender(head: Letterhead, number: int) -> str:
    """Where a mail server reports that it could not deliver: it says of which delivery (VERP)."""
    if head.bounces is None:
        return head.sender
    local, _, domain = head.bounces.rpartition("@")
    return f"{local}+{message_name(head.keyring, number)}@{domain}"
