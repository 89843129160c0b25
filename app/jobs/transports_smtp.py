"""SMTP (RFC 5321): TLS unless it is switched off, one connection a thread, kept while it is used; what a server need
not be asked one by one is sent in one go where it offers that (RFC 2920)."""

import re
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from app.jobs.transports import Act, Deferred, Outgoing, Refused, Reply, Unanswered

Security = Literal["starttls", "tls", "none"]
Result = TypeVar("Result")

IDLE: Final = 20.0
"""Seconds after which a connection is made anew rather than tried: servers hang up on those who are silent."""
MOST_ON_ONE: Final = 200
"""Messages on one connection."""
DECIDING: Final = 10
"""Times the timeout: what a server may take to accept a whole message (RFC 5321 section 4.5.3.2.6)."""
CLOSING, WAITING = 421, 354
ENHANCED: Final = re.compile(rb"([245]\.\d{1,3}\.\d{1,3})(?!\S)")
TROUBLE: Final = (OSError, smtplib.SMTPException)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
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


@dataclass(slots=True, eq=False)
class Line:
    """A connection, how many messages went over it, and when it was used last (monotonic seconds)."""

    smtp: smtplib.SMTP
    sent: int = 0
    used: float = 0.0

    def is_worn(self) -> bool:
        return self.sent >= MOST_ON_ONE or time.monotonic() - self.used > IDLE


@dataclass(frozen=True, slots=True)
class Step:
    """A command, and the replies that it is to have."""

    command: str
    good: tuple[int, ...]


class SmtpTransport:
    """Each thread that sends has a connection of its own."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._trust = server.trust or ssl.create_default_context()
        self._own = threading.local()
        self._lines: set[Line] = set()
        self._guard = threading.Lock()

    def send(self, message: Outgoing, act: Act) -> Reply:
        line = self._ready(message)
        try:
            self._step_silently(lambda: line.smtp.send(_stuffed(message.data)))
            act()
            return self._accepted(line)
        except BaseException:  # also where the lease is lost: what has no last dot was never sent
            self._hang_up()
            raise

    def close(self) -> None:
        """Those of every thread: call it when no thread sends any more."""
        with self._guard:
            lines, self._lines = self._lines, set()
        for line in lines:
            with suppress(*TROUBLE):
                line.smtp.quit()

    # --- the steps of one message

    def _ready(self, message: Outgoing) -> Line:
        """A connection that waits for the message itself. An old one that turns out to be dead is replaced once."""
        line, fresh = self._line()
        try:
            self._address(line, message)
        except Deferred as error:
            self._hang_up()
            if fresh or (error.reply is not None and error.reply.code != CLOSING):
                raise
            line, _ = self._line()
            self._address_or_hang_up(line, message)
        except Refused:
            self._reset(line)
            raise
        return line

    def _address_or_hang_up(self, line: Line, message: Outgoing) -> None:
        try:
            self._address(line, message)
        except (Deferred, Refused):
            self._hang_up()
            raise

    def _address(self, line: Line, message: Outgoing) -> None:
        international = not (message.sender + message.recipient).isascii()
        if international and not line.smtp.has_extn("smtputf8"):
            raise Refused("the server takes no address of this alphabet", Reply(550, "5.6.7"))
        if any(each in message.sender + message.recipient for each in "\r\n<>"):
            raise ValueError("no address holds that")
        options = " SMTPUTF8 BODY=8BITMIME" if international else ""
        steps = (
            Step(f"MAIL FROM:<{message.sender}>{options}", (250,)),
            Step(f"RCPT TO:<{message.recipient}>", (250, 251)),
            Step("DATA", (WAITING,)),
        )
        if line.smtp.has_extn("pipelining"):
            self._step_together(line, steps)
        else:
            for step in steps:
                self._step_together(line, (step,))

    def _step_together(self, line: Line, steps: Sequence[Step]) -> None:
        """Sent in one go. The first answer that is not good counts."""
        self._step_silently(lambda: line.smtp.send("".join(f"{step.command}\r\n" for step in steps).encode()))
        answers = [_reply(self._step_silently(line.smtp.getreply)) for _ in steps]
        good = [answer.code in step.good for step, answer in zip(steps, answers, strict=True)]
        if answers[-1].code == WAITING and not all(good):  # RFC 2920 section 3.1: it takes all that comes for a message
            self._hang_up()
        for step, answer in zip(steps, answers, strict=True):
            _judged(step.command[:4], answer, *step.good)

    def _accepted(self, line: Line) -> Reply:
        """From the last dot on, silence means that nobody knows."""
        smtp = line.smtp
        try:
            if smtp.sock is not None:
                smtp.sock.settimeout(self._server.timeout * DECIDING)
            smtp.send(b".\r\n")
            answer = smtp.getreply()
            if smtp.sock is not None:
                smtp.sock.settimeout(self._server.timeout)
        except TROUBLE as error:
            raise Unanswered("the connection ended before the server said whether it took the message") from error
        line.sent += 1
        line.used = time.monotonic()
        return _judged("the message", _reply(answer), 250)

    def _step_silently(self, ask: Callable[[], Result]) -> Result:
        """Raises Deferred where the connection does not hold."""
        try:
            return ask()
        except TROUBLE as error:
            raise Deferred("the connection to the mail server broke off") from error

    # --- connections

    def _line(self) -> tuple[Line, bool]:
        """The connection of this thread, and whether it is new."""
        known: Line | None = getattr(self._own, "line", None)
        if known in self._lines and not known.is_worn():
            return known, False
        self._hang_up()
        line = Line(self._connect(), used=time.monotonic())
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
            raise Deferred("the mail server does not want to talk", Reply(error.smtp_code)) from error
        except TROUBLE as error:
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
            raise Deferred("the mail server refuses the password", Reply(error.smtp_code)) from error
        except smtplib.SMTPNotSupportedError as error:
            raise Deferred("the mail server offers no TLS, or no way to log in") from error
        except ssl.SSLError as error:
            raise Deferred("the mail server cannot prove who it is, or speaks no TLS we trust") from error
        except TROUBLE as error:
            raise Deferred("the mail server did not let us begin") from error

    def _reset(self, line: Line) -> None:
        """After a refused recipient the connection serves the next message."""
        try:
            line.smtp.rset()
        except TROUBLE:
            self._hang_up()

    def _hang_up(self) -> None:
        line: Line | None = getattr(self._own, "line", None)
        self._own.line = None
        if line is not None:
            line.smtp.close()
            with self._guard:
                self._lines.discard(line)


def _stuffed(data: bytes) -> bytes:
    """Without the last dot; lines that begin with one get another (RFC 5321 section 4.5.2)."""
    ended = data if data.endswith(b"\r\n") else data + b"\r\n"
    return re.sub(rb"(?m)^\.", b"..", ended)


def _reply(answer: tuple[int, bytes]) -> Reply:
    code, text = answer
    found = ENHANCED.match(text)
    return Reply(code, found[1].decode() if found else None)


def _judged(name: str, reply: Reply, *good: int) -> Reply:
    """Raises Refused for 5xx, Deferred for any other answer that is not good."""
    if reply.code in good:
        return reply
    if 500 <= reply.code <= 599:
        raise Refused(f"the mail server refuses {name}: {reply}", reply)
    raise Deferred(f"the mail server puts off {name}: {reply}", reply)
