"""SMTP (RFC 5321): TLS unless it is switched off, one connection a thread, kept while it is used; commands are
pipelined where the server offers that (RFC 2920)."""

import re
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeVar
from urllib.parse import urlsplit

from app.config.settings import Settings
from app.kit.system.certificates import certificate_end
from app.mailing.delivery.transports import Deferred, MarkBegun, OutgoingMessage, Rejected, Reply, Unconfirmed

Security = Literal["starttls", "tls", "none"]
Result = TypeVar("Result")

IDLE: Final = 20.0
"""Seconds of idle time after which a connection is reopened: servers close idle ones."""
MAX_ON_ONE: Final = 200
"""Messages on one connection."""
ACCEPTING: Final = 10
"""Times the timeout: what a server may take to accept a whole message (RFC 5321 section 4.5.3.2.6)."""
CLOSING, WAITING = 421, 354
ENHANCED: Final = re.compile(rb"([245]\.\d{1,3}\.\d{1,3})(?!\S)")
MAX_TIMEOUT: Final = 300.0
"""Seconds, as for the setting."""
CONNECTION_ERRORS: Final = (OSError, smtplib.SMTPException)


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpSettings:
    """`timeout` in seconds, for each step. `greeting` is the name that we say is ours. Raises ValueError for a password
    that would be sent in the clear."""

    host: str
    port: int
    security: Security = "starttls"
    user: str | None = None
    password: str | None = None
    timeout: float = 30.0
    greeting: str = "localhost"
    trust: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        if self.user is not None and self.security == "none":
            raise ValueError("a password is not sent without TLS")


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


@dataclass(slots=True, eq=False)
class SmtpConnection:
    """A connection, how many messages went over it, and when it was used last (monotonic seconds)."""

    smtp: smtplib.SMTP
    sent: int = 0
    used: float = 0.0

    def is_expired(self) -> bool:
        return self.sent >= MAX_ON_ONE or time.monotonic() - self.used > IDLE


@dataclass(frozen=True, slots=True)
class SmtpCommand:
    """A command, and the replies that it is to have."""

    command: str
    good: tuple[int, ...]


class SmtpTransport:
    """Each thread that sends has a connection of its own."""

    def __init__(self, server: SmtpSettings) -> None:
        self._server = server
        self._trust = server.trust or ssl.create_default_context()
        self._own = threading.local()
        self._lines: set[SmtpConnection] = set()
        self._guard = threading.Lock()

    def send(self, message: OutgoingMessage, mark_begun: MarkBegun) -> Reply:
        line = self._ready(message)
        try:
            self._try_command(lambda: line.smtp.send(_dot_stuffed(message.data)))
            mark_begun()
            return self._accepted(line)
        except BaseException:  # also where the lease is lost: what has no last dot was never sent
            self._disconnect()
            raise

    def check(self) -> datetime | None:
        """Connect, with TLS and login as for a message, and send none; returns when the server's certificate ends.
        Raises Deferred."""
        smtp = self._connect()
        ends = certificate_end(smtp.sock) if isinstance(smtp.sock, ssl.SSLSocket) else None
        with suppress(*CONNECTION_ERRORS):
            smtp.quit()
        return ends

    def close(self) -> None:
        """Those of every thread: call it when no thread sends any more."""
        with self._guard:
            lines, self._lines = self._lines, set()
        for line in lines:
            with suppress(*CONNECTION_ERRORS):
                line.smtp.quit()

    # --- the steps of one message

    def _ready(self, message: OutgoingMessage) -> SmtpConnection:
        """A connection that waits for the message itself. An old one that turns out to be dead is replaced once."""
        line, fresh = self._connection()
        try:
            self._send_envelope(line, message)
        except Deferred as error:
            self._disconnect()
            if fresh or (error.reply is not None and error.reply.code != CLOSING):
                raise
            line, _ = self._connection()
            self._send_envelope_or_disconnect(line, message)
        except Rejected:
            self._reset(line)
            raise
        return line

    def _send_envelope_or_disconnect(self, line: SmtpConnection, message: OutgoingMessage) -> None:
        try:
            self._send_envelope(line, message)
        except (Deferred, Rejected):
            self._disconnect()
            raise

    def _send_envelope(self, line: SmtpConnection, message: OutgoingMessage) -> None:
        international = not (message.sender + message.recipient).isascii()
        if international and not line.smtp.has_extn("smtputf8"):
            raise Rejected("the server does not accept addresses in this script", Reply(550, "5.6.7"))
        if any(each in message.sender + message.recipient for each in "\r\n<>"):
            raise ValueError("no address holds that")
        options = " SMTPUTF8 BODY=8BITMIME" if international else ""
        steps = (
            SmtpCommand(f"MAIL FROM:<{message.sender}>{options}", (250,)),
            SmtpCommand(f"RCPT TO:<{message.recipient}>", (250, 251)),
            SmtpCommand("DATA", (WAITING,)),
        )
        if line.smtp.has_extn("pipelining"):
            self._send_pipelined(line, steps)
        else:
            for step in steps:
                self._send_pipelined(line, (step,))

    def _send_pipelined(self, line: SmtpConnection, steps: Sequence[SmtpCommand]) -> None:
        """Sent in one go. The first answer that is not good counts."""
        self._try_command(lambda: line.smtp.send("".join(f"{step.command}\r\n" for step in steps).encode()))
        answers = [_reply(self._try_command(line.smtp.getreply)) for _ in steps]
        good = [answer.code in step.good for step, answer in zip(steps, answers, strict=True)]
        if answers[-1].code == WAITING and not all(good):  # RFC 2920 section 3.1: it takes all that comes for a message
            self._disconnect()
        for step, answer in zip(steps, answers, strict=True):
            _checked_reply(step.command[:4], answer, *step.good)

    def _accepted(self, line: SmtpConnection) -> Reply:
        """After the final dot, a missing reply means that the outcome is unknown."""
        smtp = line.smtp
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(self._server.timeout * ACCEPTING)
            smtp.send(b".\r\n")
            answer = smtp.getreply()
            if smtp.sock is not None:
                smtp.sock.settimeout(self._server.timeout)
        except CONNECTION_ERRORS as error:
            raise Unconfirmed("the connection ended before the server confirmed the message") from error
        line.sent += 1
        line.used = time.monotonic()
        return _checked_reply("the message", _reply(answer), 250)

    def _try_command(self, ask: Callable[[], Result]) -> Result:
        """Raises Deferred where the connection does not hold."""
        try:
            return ask()
        except CONNECTION_ERRORS as error:
            raise Deferred("the connection to the mail server was interrupted") from error

    # --- connections

    def _connection(self) -> tuple[SmtpConnection, bool]:
        """The connection of this thread, and whether it is new."""
        known: SmtpConnection | None = getattr(self._own, "line", None)
        if known in self._lines and not known.is_expired():
            return known, False
        self._disconnect()
        line = SmtpConnection(self._connect(), used=time.monotonic())
        self._own.line = line
        with self._guard:
            self._lines.add(line)
        return line, True

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        try:
            if server.security == "tls":
                smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                    server.host, server.port, server.greeting, timeout=server.timeout, context=self._trust
                )
            else:
                smtp = smtplib.SMTP(server.host, server.port, server.greeting, timeout=server.timeout)
        except smtplib.SMTPResponseException as error:
            raise Deferred("the mail server refuses connections", Reply(error.smtp_code)) from error
        except CONNECTION_ERRORS as error:
            raise Deferred("the mail server cannot be reached") from error
        try:
            if smtp.sock is not None:  # else the last dot would wait for the receipt of what came before it
                smtp.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._introduce(smtp)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _introduce(self, smtp: smtplib.SMTP) -> None:
        """Raises Deferred for whatever is wrong: it is nothing that the recipient could help."""
        server = self._server
        try:
            smtp.ehlo_or_helo_if_needed()
            if server.security == "starttls":
                smtp.starttls(context=self._trust)
                smtp.ehlo()
            if server.user is not None:
                smtp.login(server.user, server.password or "")
        except smtplib.SMTPAuthenticationError as error:
            raise Deferred("the mail server rejected the password", Reply(error.smtp_code)) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Deferred("the mail server does not offer TLS or login") from error
        except ssl.SSLError as error:
            raise Deferred("the TLS certificate of the mail server is not trusted") from error
        except CONNECTION_ERRORS as error:
            raise Deferred("the mail server refused to start the session") from error

    def _reset(self, line: SmtpConnection) -> None:
        """After a refused recipient the connection serves the next message."""
        try:
            line.smtp.rset()
        except CONNECTION_ERRORS:
            self._disconnect()

    def _disconnect(self) -> None:
        line: SmtpConnection | None = getattr(self._own, "line", None)
        self._own.line = None
        if line is not None:
            line.smtp.close()
            with self._guard:
                self._lines.discard(line)


def _dot_stuffed(data: bytes) -> bytes:
    """Without the last dot; lines that begin with one get another (RFC 5321 section 4.5.2)."""
    ended = data if data.endswith(b"\r\n") else data + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", ended)


def _reply(answer: tuple[int, bytes]) -> Reply:
    code, text = answer
    found = ENHANCED.match(text)
    return Reply(code, found[1].decode() if found else None)


def _checked_reply(name: str, reply: Reply, *good: int) -> Reply:
    """Raises Rejected for 5xx, Deferred for any other answer that is not good."""
    if reply.code in good:
        return reply
    if 500 <= reply.code <= 599:
        raise Rejected(f"the mail server rejected {name}: {reply}", reply)
    raise Deferred(f"the mail server deferred {name}: {reply}", reply)
