"""From a message to the bytes that are sent: headers as receivers want them, the same bytes for the same message.

Written here rather than by the standard library where that is in the way: its policy folds long addresses in headers
into encoded words, and its headers and its quoted-printable are slow.
"""

from binascii import b2a_qp
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from app.config.settings import Settings
from app.kit.signing_keys import SigningKeys
from app.mailing.content.links import unsubscribe_address, unsubscribe_token
from app.mailing.content.rendering import OWN_LINK, Message

FOLDED: Final = SMTP.clone(max_line_length=76)
INTERNATIONAL: Final = FOLDED.clone(utf8=True)
_PURPOSE: Final = "delivery"
_LINK_PLACEHOLDER: Final = b"\0"
"""Stands for a link: nothing in quoted-printable is like it."""


@dataclass(frozen=True, slots=True)
class SenderIdentity:
    """Who writes. `inbox` is where people may unsubscribe by mail, `bounces` where reports of bounces are read."""

    name: str
    sender: str
    base: str
    contact: str
    signing_keys: SigningKeys
    inbox: str | None = None
    bounces: str | None = None

    @property
    def domain(self) -> str:
        return self.sender.rpartition("@")[2]


def sender_identity(settings: Settings, signing_keys: SigningKeys) -> SenderIdentity:
    return SenderIdentity(
        name=settings.title,
        sender=settings.mail_from,
        base=settings.base,
        contact=settings.contact or settings.mail_from,
        signing_keys=signing_keys,
        inbox=settings.mail_inbox,
        bounces=settings.bounce_address,
    )


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """A message encoded once for all who get it. `pieces` of the body are joined by each reader's own link."""

    subject: str
    language: str
    content_type: bytes
    pieces: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class PersonalisedMessage:
    """What one reader gets. `token` ends their subscriptions, and is there on bulk mail."""

    rendered: RenderedMessage
    link: str = ""
    token: str | None = None


def render_mime(message: Message) -> RenderedMessage:
    alike = f"{message.text}{message.html}".replace(OWN_LINK, "")  # in every process
    boundary = f"=_{sha256(alike.encode()).hexdigest()[:24]}"
    line = f"--{boundary}".encode()
    body = [line, *_part("plain", message.text), line, *_part("html", message.html), line + b"--", b""]
    content_type = f'Content-Type: multipart/alternative; boundary="{boundary}"'.encode()
    return RenderedMessage(
        message.subject, message.language, content_type, tuple(b"\r\n".join(body).split(_LINK_PLACEHOLDER))
    )


def personalise(sender: SenderIdentity, message: Message) -> PersonalisedMessage:
    """Of a message to one recipient."""
    token = unsubscribe_token(sender.signing_keys, *message.subscriptions) if message.subscriptions else None
    return PersonalisedMessage(render_mime(message), token=token)


def personalise_bulk(
    sender: SenderIdentity, shared: RenderedMessage, subscriptions: Iterable[int]
) -> PersonalisedMessage:
    """With a link of their own, which ends these subscriptions."""
    token = unsubscribe_token(sender.signing_keys, *subscriptions)
    return PersonalisedMessage(shared, unsubscribe_address(sender.base, token), token)


def _part(subtype: str, text: str) -> list[bytes]:
    *before, last = "\r\n".join(text.splitlines()).split(OWN_LINK)
    pieces = [_before_a_break(piece) for piece in before]
    fields = f"Content-Type: text/{subtype}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n"
    return [fields.encode(), _LINK_PLACEHOLDER.join([*pieces, _quoted(last)])]


def _before_a_break(text: str) -> bytes:
    """With room for the `=` of a soft break on the last line."""
    return _quoted(f"{text}-")[:-1]


def _quoted(text: str) -> bytes:
    """The library breaks text of a single line with LF alone."""
    return b2a_qp(text.encode(), istext=True).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def build_message(
    sender: SenderIdentity, mail: PersonalisedMessage, recipient: str, *, number: int, at: datetime
) -> bytes:
    """The whole message, with CRLF at the ends of its lines. `number` is that of the delivery."""
    link = b"=\r\n" + _before_a_break(mail.link) + b"=\r\n"
    fields = b"\r\n".join(_fields(sender, mail, recipient, number, at))
    return fields + b"\r\n\r\n" + link.join(mail.rendered.pieces)


def _fields(
    sender: SenderIdentity, mail: PersonalisedMessage, recipient: str, number: int, at: datetime
) -> Iterator[bytes]:
    utf8 = not recipient.isascii()
    local, _, domain = recipient.rpartition("@")
    yield _from(sender.name, sender.sender, utf8)
    yield f"To: {Address(username=local, domain=domain)}".encode()
    yield _field("Subject", mail.rendered.subject, utf8)
    yield f"Date: {format_datetime(at)}".encode()
    yield f"Message-ID: <{message_id_local_part(sender.signing_keys, number)}@{sender.domain}>".encode()
    yield f"Content-Language: {mail.rendered.language}".encode()
    if mail.token is None:
        yield b"Auto-Submitted: auto-generated"
    else:
        yield from _list_fields(sender, mail.token)
    yield b"MIME-Version: 1.0"
    yield mail.rendered.content_type


def _list_fields(sender: SenderIdentity, token: str) -> Iterator[bytes]:
    """RFC 2369, RFC 2919, RFC 8058."""
    ways = f"<{unsubscribe_address(sender.base, token)}>"
    if sender.inbox is not None:
        ways += f", <mailto:{sender.inbox}?subject=unsubscribe%20{token}>"
    yield f"List-Id: <updates.{urlsplit(sender.base).hostname}>".encode()
    yield f"List-Help: <{sender.base}/subscribe>".encode()
    yield f"List-Unsubscribe: {ways}".encode()
    yield b"List-Unsubscribe-Post: List-Unsubscribe=One-Click"


@lru_cache(maxsize=16)
def _from(name: str, sender: str, utf8: bool) -> bytes:
    return _field("From", str(Address(name, addr_spec=sender)), utf8)


@lru_cache(maxsize=4_096)
def _field(name: str, value: str, utf8: bool) -> bytes:
    """What may need encoded words, none longer than 75 characters, and several lines (RFC 2047 section 2)."""
    message = EmailMessage(INTERNATIONAL if utf8 else FOLDED)
    message[name] = value
    return message.as_bytes().rstrip(b"\r\n")


def message_id_local_part(signing_keys: SigningKeys, number: int) -> str:
    """The part of a Message-ID before the `@`: the number of the delivery, signed, so that bounces of messages that
    were never sent cannot be forged."""
    key_id, digest = signing_keys.sign(_PURPOSE, str(number))
    return f"{number}.{key_id}.{digest[:32]}"


def parse_message_id(signing_keys: SigningKeys, name: str) -> int | None:
    """The number in a name that we gave; None for any other."""
    match name.split("."):
        case [number, key_id, digest] if number.isdecimal() and number.isascii():
            return int(number) if signing_keys.is_signed(_PURPOSE, number, key_id, digest) else None
    return None


def envelope_sender(sender: SenderIdentity, number: int) -> str:
    """Where a mail server reports that it could not deliver: it says of which delivery (VERP)."""
    if sender.bounces is None:
        return sender.sender
    local, _, domain = sender.bounces.rpartition("@")
    return f"{local}+{message_id_local_part(sender.signing_keys, number)}@{domain}"
