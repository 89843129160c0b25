"""Where mail goes: one small interface, and the two transports that need no server. SMTP has a file of its own."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from app.jobs.kinds import GiveUp, Retry, Uncertain
from app.kit.system.private_files import make_private_folder, write_private

MarkBegun = Callable[[], None]
"""Called right before the message can no longer be held back: it may be, from then on, that it was sent."""


@dataclass(frozen=True, slots=True, repr=False)
class OutgoingMessage:
    """One message for one mailbox. `data` is what is sent, with CRLF at the ends of its lines; `name` is the same for
    every try of the same message."""

    name: str
    sender: str
    recipient: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """What a server answered: its code (RFC 5321 section 4.2) and the enhanced one (RFC 3463). Its words are dropped,
    because they like to repeat the address."""

    code: int
    enhanced: str | None = None

    def __str__(self) -> str:
        return f"{self.code} {self.enhanced}" if self.enhanced else str(self.code)


ACCEPTED = Reply(250)


class Deferred(Retry):
    """A temporary failure; `reply` is None where there was none."""

    def __init__(self, reason: str, reply: Reply | None = None) -> None:
        super().__init__(reason)
        self.reply = reply


class Rejected(GiveUp):
    """Not ever, says the server about this message or this mailbox."""

    def __init__(self, reason: str, reply: Reply) -> None:
        super().__init__(reason)
        self.reply = reply


class Unconfirmed(Uncertain):
    """The whole message was handed over, and no answer came whether it was accepted."""


class Transport(Protocol):
    def send(self, message: OutgoingMessage, mark_begun: MarkBegun) -> Reply:
        """Hand a message over. Raises Deferred, Rejected or Unconfirmed."""
        ...

    def close(self) -> None:
        """Leave nothing open."""
        ...


@dataclass(frozen=True, slots=True)
class FileTransport:
    """Each message a file of the folder. Sent twice, it is the same file: nothing is ever uncertain."""

    folder: Path

    def send(self, message: OutgoingMessage, mark_begun: MarkBegun) -> Reply:
        mark_begun()
        make_private_folder(self.folder)
        target = self.folder / file_name(message.name)
        half = target.with_suffix(".part")
        with write_private(half, "wb") as file:
            file.write(message.data)
            file.flush()
            os.fsync(file.fileno())
        half.replace(target)
        return ACCEPTED

    def close(self) -> None:
        """Every file is closed already."""


def file_name(name: str) -> str:
    """A name that every file system takes, and no two messages share."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-")[:80]
    return f"{plain}-{sha256(name.encode()).hexdigest()[:12]}.eml"


@dataclass(frozen=True, slots=True)
class AllowlistTransport:
    """Lets through what goes to one of these addresses or domains, written in lower case: for servers where things are
    tried out."""

    inner: Transport
    allowed: frozenset[str]

    def send(self, message: OutgoingMessage, mark_begun: MarkBegun) -> Reply:
        recipient = message.recipient.lower()
        if not self.allowed & {recipient, recipient.rpartition("@")[2]}:
            raise GiveUp("the recipient is not in KB_MAIL_ALLOWED")
        return self.inner.send(message, mark_begun)

    def close(self) -> None:
        self.inner.close()
