"""An SMTP server for tests: real sockets, real TLS, and whatever mood a test gives it."""

import re
import socket
import socketserver
import ssl
import threading
from base64 import b64decode
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import trustme

AUTHORITY = trustme.CA()
NAME = "localhost"


@dataclass(frozen=True)
class Received:
    """`data` is as it came over the wire, without its dots."""

    sender: str
    recipient: str
    options: str
    data: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.data, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass
class Mood:
    """How the server treats what comes. Replies by recipient win over `rcpt`; `drop` names where the connection ends:
    `greeting`, `data`, `before` (the last dot came, and nothing is kept) or `after` (it is kept, and not said so).
    `slow` are seconds before the last reply, unless `hurry` is set meanwhile; `hang_up_after` counts messages on one
    connection."""

    rcpt: str = "250 2.1.5 Ok"
    by_recipient: dict[str, str] = field(default_factory=dict)
    final: str = "250 2.0.0 Ok"
    drop: str = ""
    slow: float = 0.0
    hurry: threading.Event = field(default_factory=threading.Event)
    hang_up_after: int = 10**9
    starttls: bool = True
    utf8: bool = True
    pipelining: bool = True
    eager: bool = False
    """Says to go ahead with DATA though it wants nobody (RFC 2920 section 3.1 allows it)."""
    login: tuple[str, str] | None = None


class SmtpServer(socketserver.ThreadingTCPServer):
    """Listens on a free port of the loopback while it is entered."""

    allow_reuse_address = True
    daemon_threads = False  # the end waits for every connection to be closed

    def __init__(self, mood: Mood | None = None, *, wrapped: bool = False, ending: datetime | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.mood = mood or Mood()
        self.received: list[Received] = []
        self.connections = 0
        self.commands: list[str] = []
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        AUTHORITY.issue_cert(NAME, not_after=ending).configure_cert(self.context)
        self.wrapped = wrapped
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def __enter__(self) -> "SmtpServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what some tests are about."""


def trusting() -> ssl.SSLContext:
    """A client's context that knows the tests' authority."""
    context = ssl.create_default_context()
    AUTHORITY.configure_trust(context)
    return context


class Session(socketserver.BaseRequestHandler):
    """One connection."""

    server: SmtpServer

    def setup(self) -> None:
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.server.connections += 1
        self.mood = self.server.mood
        self.secure = False
        self.sender = self.recipient = self.options = ""
        self.count = 0
        if self.server.wrapped:
            self._encrypt()
        self.reader = self.request.makefile("rb")

    def handle(self) -> None:
        if self.mood.drop == "greeting":
            return
        self._say("220 test ESMTP")
        while line := self.reader.readline():
            command = line.decode("utf-8").rstrip("\r\n")
            verb = command.split(" ", 1)[0].upper()
            self.server.commands.append(verb)
            if not getattr(self, f"do_{verb.lower()}", self._unknown)(command):
                return

    def finish(self) -> None:
        self.reader.close()
        self.request.close()

    def _say(self, *lines: str) -> bool:
        text = "".join(f"{line[:3]}{'-' if line is not lines[-1] else ' '}{line[4:]}\r\n" for line in lines)
        self.request.sendall(text.encode())
        return True

    def _unknown(self, _: str) -> bool:
        return self._say("502 5.5.2 What?")

    def _encrypt(self) -> None:
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        self.secure = True

    def do_ehlo(self, _: str) -> bool:
        offers = ["250 test", "250 8BITMIME", "250 ENHANCEDSTATUSCODES"]
        offers += ["250 STARTTLS"] if self.mood.starttls and not self.secure else []
        offers += ["250 AUTH PLAIN"] if self.mood.login else []
        offers += ["250 SMTPUTF8"] if self.mood.utf8 else []
        offers += ["250 PIPELINING"] if self.mood.pipelining else []
        return self._say(*offers)

    def do_starttls(self, _: str) -> bool:
        self._say("220 2.0.0 Go on")
        self._encrypt()
        self.reader = self.request.makefile("rb")
        return True

    def do_auth(self, command: str) -> bool:
        _, user, password = b64decode(command.split()[2]).decode().split("\0")
        good = (user, password) == self.mood.login
        return self._say("235 2.7.0 Welcome" if good else "535 5.7.8 No")

    def do_mail(self, command: str) -> bool:
        if self.count >= self.mood.hang_up_after:
            return False
        found = re.fullmatch(r"(?i)mail from:<(.*?)>(.*)", command)
        assert found is not None
        self.sender, self.options, self.recipient = found[1], found[2].strip(), ""
        return self._say("250 2.1.0 Ok")

    def do_rcpt(self, command: str) -> bool:
        found = re.fullmatch(r"(?i)rcpt to:<(.*)>", command)
        assert found is not None
        answer = self.mood.by_recipient.get(found[1], self.mood.rcpt)
        self.recipient = found[1] if answer.startswith("2") else ""
        return self._say(answer)

    def do_data(self, _: str) -> bool:
        if self.mood.drop == "data":
            return False
        if not self.recipient and not self.mood.eager:
            return self._say("503 5.5.1 For whom?")
        self._say("354 Go ahead")
        lines = []
        while (line := self.reader.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line.removeprefix(b"."))
        if self.mood.drop == "before":
            return False
        if self.mood.final.startswith("2"):
            data = b"".join(lines)
            self.server.received.append(Received(self.sender, self.recipient, self.options, data))
            self.count += 1
        if self.mood.drop == "after":
            return False
        self.mood.hurry.wait(self.mood.slow)
        return self._say(self.mood.final)

    def do_rset(self, _: str) -> bool:
        return self._say("250 2.0.0 Ok")

    def do_noop(self, _: str) -> bool:
        return self._say("250 2.0.0 Ok")

    def do_quit(self, _: str) -> bool:
        self._say("221 2.0.0 Bye")
        self.request.shutdown(socket.SHUT_RDWR)
        return False
