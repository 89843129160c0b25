"""Handing mail over: to a server that is well, ill, slow or gone, and to files where there is no server."""

import os
import smtplib
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from app.jobs.kinds import GiveUp
from app.mailing.delivery.smtp_transport import SmtpSettings, SmtpTransport
from app.mailing.delivery.transports import (
    AllowlistTransport,
    Deferred,
    FileTransport,
    OutgoingMessage,
    Rejected,
    Reply,
    Unconfirmed,
)
from tests.mailing.memory_transport import MemoryTransport
from tests.smtp_server import NAME, SmtpServer, trusting

LETTER = OutgoingMessage(
    "digest/1", "news@kb.test", "reader@example.test", b"Subject: A\r\n\r\n.A dot\r\n..\r\nEnd\r\n"
)


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


class Acts(list[str]):
    """How often the point of no return was passed."""

    def __call__(self) -> None:
        self.append("now")


def transport(server: SmtpServer, **more: Any) -> SmtpTransport:
    given = {"trust": trusting(), "timeout": 5.0, **more}
    return SmtpTransport(SmtpSettings(host=NAME, port=server.port, **given))


def send(server: SmtpServer, message: OutgoingMessage = LETTER, **more: Any) -> Reply:
    with closing(transport(server, **more)) as smtp:
        return smtp.send(message, Acts())


def test_a_message_arrives_as_it_was_handed_over(server: SmtpServer) -> None:
    assert send(server) == Reply(250, "2.0.0")
    (received,) = server.received
    assert (received.sender, received.recipient, received.data) == (LETTER.sender, LETTER.recipient, LETTER.data)
    assert "STARTTLS" in server.commands


def test_a_connection_is_used_again_and_replaced_when_it_died(server: SmtpServer) -> None:
    server.mood.hang_up_after = 3
    with closing(transport(server)) as smtp:
        for _ in range(5):
            smtp.send(LETTER, Acts())
    assert len(server.received) == 5
    assert server.connections == 2


def test_without_tls_nothing_is_sent(server: SmtpServer) -> None:
    server.mood.starttls = False
    with pytest.raises(Deferred, match="does not offer TLS"):
        send(server)
    assert server.received == []
    assert send(server, security="none").code == 250


def test_a_server_with_an_untrusted_certificate_gets_nothing(server: SmtpServer) -> None:
    with pytest.raises(Deferred, match="TLS certificate"):
        send(server, trust=None)
    assert server.received == []


def test_tls_from_the_first_byte() -> None:
    with SmtpServer(wrapped=True) as server:
        assert send(server, security="tls").code == 250
        assert "STARTTLS" not in server.commands


def test_login_succeeds_and_a_wrong_password_defers_the_mail(server: SmtpServer) -> None:
    server.mood.login = ("kb", "s3cret")
    assert send(server, user="kb", password="s3cret").code == 250
    with pytest.raises(Deferred, match="rejected the password") as refused:
        send(server, user="kb", password="wrong")
    assert refused.value.reply == Reply(535)
    with pytest.raises(ValueError, match="without TLS"):
        SmtpSettings(host=NAME, port=1, user="kb", security="none")


@pytest.mark.parametrize(
    ("rcpt", "error", "reply"),
    [
        ("451 4.7.1 <reader@example.test> Later", Deferred, Reply(451, "4.7.1")),
        ("550 5.1.1 <reader@example.test> Nobody", Rejected, Reply(550, "5.1.1")),
        ("552 Full", Rejected, Reply(552)),
        ("421 4.3.2 Closing", Deferred, Reply(421, "4.3.2")),
    ],
)
def test_a_reply_about_a_mailbox_is_reported_by_its_codes_only(
    server: SmtpServer, rcpt: str, error: type[Deferred | Rejected], reply: Reply
) -> None:
    server.mood.rcpt = rcpt
    with pytest.raises((Deferred, Rejected)) as raised:
        send(server)
    assert type(raised.value) is error
    assert raised.value.reply == reply
    assert "example.test" not in str(raised.value)


@pytest.mark.parametrize("together", [True, False])
def test_commands_are_pipelined_where_the_server_supports_it(
    server: SmtpServer, together: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.mood.pipelining = together
    sent: list[bytes] = []
    as_ever = smtplib.SMTP.send

    def send(self: smtplib.SMTP, data: bytes | str) -> None:
        sent.append(data if isinstance(data, bytes) else data.encode())
        as_ever(self, data)

    monkeypatch.setattr(smtplib.SMTP, "send", send)
    with closing(transport(server)) as smtp:
        for _ in range(2):
            assert smtp.send(LETTER, Acts()) == Reply(250, "2.0.0")
    assert [each.data for each in server.received] == [LETTER.data] * 2
    lines = [b"MAIL FROM:<news@kb.test>\r\n", b"RCPT TO:<reader@example.test>\r\n", b"DATA\r\n"]
    commands = [each for each in sent if each.startswith((b"MAIL", b"RCPT", b"DATA"))]
    assert commands == ([b"".join(lines)] if together else lines) * 2


def test_a_server_that_accepts_data_without_recipients_gets_no_message(server: SmtpServer) -> None:
    server.mood.eager = True
    server.mood.by_recipient[LETTER.recipient] = "550 5.1.1 Nobody"
    other = OutgoingMessage("b", LETTER.sender, "other@example.test", LETTER.data)
    with closing(transport(server)) as smtp:
        with pytest.raises(Rejected):
            smtp.send(LETTER, Acts())
        assert smtp.send(other, Acts()).code == 250
    assert [each.recipient for each in server.received] == [other.recipient]


def test_an_address_that_would_inject_a_command_is_refused(server: SmtpServer) -> None:
    bad = OutgoingMessage("b", LETTER.sender, "a@example.test>\r\nRCPT TO:<b@example.test", LETTER.data)
    with pytest.raises(ValueError, match="no address"):
        send(server, bad)
    assert server.received == []


def test_a_refused_mailbox_does_not_end_the_connection(server: SmtpServer) -> None:
    server.mood.by_recipient[LETTER.recipient] = "550 5.1.1 Nobody"
    other = OutgoingMessage("b", LETTER.sender, "other@example.test", LETTER.data)
    with closing(transport(server)) as smtp:
        with pytest.raises(Rejected):
            smtp.send(LETTER, Acts())
        smtp.send(other, Acts())
    assert [each.recipient for each in server.received] == ["other@example.test"]
    assert server.connections == 1


@pytest.mark.parametrize("drop", ["greeting", "data"])
def test_a_connection_that_breaks_before_the_end_may_be_tried_again(server: SmtpServer, drop: str) -> None:
    server.mood.drop = drop
    with pytest.raises(Deferred):
        send(server)


@pytest.mark.parametrize(("drop", "arrived"), [("before", 0), ("after", 1)])
def test_a_connection_that_breaks_after_the_end_leaves_it_uncertain(
    server: SmtpServer, drop: str, arrived: int
) -> None:
    server.mood.drop = drop
    with pytest.raises(Unconfirmed):
        send(server)
    assert len(server.received) == arrived


def test_a_message_can_be_retried_until_its_final_dot(server: SmtpServer) -> None:
    class Lost(Exception):
        pass

    def lose() -> None:
        raise Lost

    with closing(transport(server)) as smtp, pytest.raises(Lost):
        smtp.send(LETTER, lose)
    assert send(server).code == 250
    assert len(server.received) == 1


def test_a_slow_server_is_waited_for_and_a_silent_one_times_out(server: SmtpServer) -> None:
    server.mood.slow = 0.3
    assert send(server, timeout=0.2).code == 250  # it may take ten times the timeout to decide
    server.mood.slow = 60
    with pytest.raises(Unconfirmed):
        send(server, timeout=0.2)
    server.mood.hurry.set()


def test_a_message_refused_at_its_end_is_refused(server: SmtpServer) -> None:
    server.mood.final = "554 5.7.1 Spam"
    with pytest.raises(Rejected) as raised:
        send(server)
    assert raised.value.reply == Reply(554, "5.7.1")


def test_internationalised_addresses_are_used_where_the_server_supports_them(server: SmtpServer) -> None:
    message = OutgoingMessage("a", LETTER.sender, "jörg@example.test", LETTER.data)
    send(server, message)
    assert server.received[0].recipient == "jörg@example.test"
    assert "SMTPUTF8" in server.received[0].options
    server.mood.utf8 = False
    with pytest.raises(Rejected) as raised:
        send(server, message)
    assert raised.value.reply == Reply(550, "5.6.7")


def test_a_refused_connection_is_retried() -> None:
    with SmtpServer() as server:
        port = server.port
    with closing(SmtpTransport(SmtpSettings(host=NAME, port=port, timeout=1.0))) as smtp, pytest.raises(Deferred):
        smtp.send(LETTER, Acts())


def test_mails_are_written_to_files_without_a_server(tmp_path: Path) -> None:
    files = FileTransport(tmp_path / "mail")
    for _ in range(2):
        files.send(LETTER, Acts())
    (written,) = (tmp_path / "mail").iterdir()
    assert written.read_bytes() == LETTER.data
    assert written.suffix == ".eml"
    assert os.stat(written.parent).st_mode & 0o077 == 0


def test_a_loopback_service_mails_only_the_allowed_recipients() -> None:
    memory = MemoryTransport()
    allowed = AllowlistTransport(memory, frozenset({"kb.test", "reader@example.test"}))
    for recipient in ("reader@Example.test", "anybody@kb.test"):
        allowed.send(OutgoingMessage("a", LETTER.sender, recipient, b""), Acts())
    with pytest.raises(GiveUp, match="not in KB_MAIL_ALLOWED"):
        allowed.send(OutgoingMessage("a", LETTER.sender, "other@example.test", b""), Acts())
    assert len(memory.sent) == 2
