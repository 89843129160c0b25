"""One mail and what becomes of it: headers, refusals, delays, doubts, and whom it is not sent to."""

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from app.mailing.consent import suppression
from app.mailing.delivery.mailer import make_transport
from app.mailing.delivery.smtp_transport import SmtpSettings, SmtpTransport
from app.mailing.delivery.transports import FileTransport
from app.mailing.models import SubscriberRow, SuppressionReason
from app.mailing.subscriptions import job_requests
from tests.mailing.mail_service import BASE, SENDER, MailService, html_of, mail_service, text_of
from tests.smtp_server import NAME, SmtpServer

READER = "reader@x.test"


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


@pytest.fixture
def context(database: str, tmp_path: Path, server: SmtpServer) -> Iterator[MailService]:
    transport = SmtpTransport(SmtpSettings(host=NAME, port=server.port, security="none", timeout=5.0))
    more = {"mail_inbox": "leave@kb.test", "bounce_address": "bounces@kb.test"}
    with mail_service(database, tmp_path, transport=transport, more=more) as made:
        made.later()
        yield made


def digest(context: MailService, **more: str) -> int:
    """Somebody for whom there is one."""
    number = context.reader(READER, "entries", **more)
    context.publish("one")
    context.later(days=1)
    return number


def raw_headers(data: bytes) -> dict[str, str]:
    lines = data.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
    assert not any(line[:1].isspace() for line in lines), "no header is folded"
    return dict(line.split(": ", 1) for line in lines)


def test_bulk_mail_as_a_server_received_it(context: MailService, server: SmtpServer) -> None:
    digest(context)
    (received,) = server.received
    headers = raw_headers(received.data)
    assert list(headers) == [
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "Content-Language",
        "List-Id",
        "List-Help",
        "List-Unsubscribe",
        "List-Unsubscribe-Post",
        "MIME-Version",
        "Content-Type",
    ]
    assert headers["From"] == f"Knowledge base <{SENDER}>"
    assert headers["List-Id"] == "<updates.kb.test>"
    one_click, by_mail = headers["List-Unsubscribe"].split(", ")
    assert one_click.startswith(f"<{BASE}/v1/unsubscribe/")
    assert by_mail.startswith("<mailto:leave@kb.test?subject=unsubscribe%20")
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert parsedate_to_datetime(headers["Date"]).date() == context.now.date()
    assert received.sender.startswith("bounces+1.")
    assert len(received.sender.partition("@")[0]) <= 64
    assert headers["Message-ID"][1:-1].partition("@")[0] == received.sender[8:].partition("@")[0]
    assert max(map(len, received.data.split(b"\r\n"))) <= 998
    assert b"\n" not in received.data.replace(b"\r\n", b"")


def test_transactional_mail_says_so_and_is_no_list(context: MailService, server: SmtpServer) -> None:
    number = context.reader(READER, "entries")
    context.ask(job_requests.manage_link(number, 1))
    context.drain()
    message = server.received[0].message
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None
    assert f"{BASE}/subscribe/manage/kbmanage_" in text_of(message)
    assert f"{BASE}/subscribe/manage/kbmanage_" in html_of(message)


def test_a_confirmation_holds_nothing_that_a_stranger_wrote(context: MailService, server: SmtpServer) -> None:
    number = context.reader(READER, state="pending")
    query = "publications?topic=ethics&q=buy pills at evil.test&venue=evil.test"
    context.subscribe(number, query, state="pending", sign_up=7)
    context.ask(job_requests.confirmation(number, 7))
    context.drain()
    text = text_of(server.received[0].message)
    assert "* Publications with topic Ethics\n" in text
    assert "evil" not in text
    assert f"{BASE}/subscribe/confirm/kbconfirm_" in text


def test_a_welcome_says_what_to_read_first_and_comes_once(context: MailService, server: SmtpServer) -> None:
    context.publish("one")
    context.publish("two", "events")
    number = context.reader(READER, "entries")
    context.ask(job_requests.welcome(number, 1), job_requests.welcome(number, 2))
    context.drain()
    (received,) = server.received
    text = text_of(received.message)
    assert "About one" in text
    assert "About two" in text
    assert received.message["List-Unsubscribe"] is not None


def test_a_deferred_mail_is_retried_with_increasing_waits(context: MailService, server: SmtpServer) -> None:
    server.mood.rcpt = "451 4.7.1 Greylisted"
    digest(context)
    (row,) = context.deliveries()
    assert (row.state, row.tries, row.reply) == ("deferred", 1, "451 4.7.1")
    context.later(minutes=1)
    assert context.deliveries()[0].tries == 2
    server.mood.rcpt = "250 Ok"
    context.later(minutes=2)
    assert context.deliveries()[0].state == "sent"
    assert len(server.received) == 1


def test_after_a_day_of_retries_a_delivery_has_failed(context: MailService, server: SmtpServer) -> None:
    server.mood.rcpt = "451 4.7.1 Greylisted"
    digest(context)
    began = context.now
    while context.deliveries()[0].state == "deferred":
        context.later(minutes=10)
    assert 18 <= (context.now - began).total_seconds() / 3600 <= 26
    (row,) = context.deliveries()
    assert (row.state, row.tries) == ("failed", 12)


def test_an_unknown_mailbox_ends_the_subscription(context: MailService, server: SmtpServer) -> None:
    server.mood.rcpt = "550 5.1.1 <reader@x.test>: no such user"
    number = digest(context)
    (row,) = context.deliveries()
    assert (row.state, row.reply) == ("refused", "550 5.1.1")
    with context.sessions.read() as session:
        assert session.get_one(SubscriberRow, number).state == "bounced"
        assert suppression.reasons(session, context.context.signing_keys, READER) == [SuppressionReason.hard_bounce]
    assert not any("x.test" in (error or "") for error in office_errors(context))


def office_errors(context: MailService) -> list[str | None]:
    with context.sessions.read() as session:
        return [row[0] for row in session.connection().exec_driver_sql("SELECT error FROM job").all()]


def test_a_policy_rejection_does_not_end_the_subscription(context: MailService, server: SmtpServer) -> None:
    server.mood.final = "554 5.7.1 Not from you"
    number = digest(context)
    assert context.deliveries()[0].state == "refused"
    with context.sessions.read() as session:
        assert session.get_one(SubscriberRow, number).state == "active"


def test_an_address_suppressed_before_sending_gets_nothing(context: MailService, server: SmtpServer) -> None:
    server.mood.rcpt = "451 Later"
    digest(context)
    with context.sessions.write() as session:
        suppression.suppress(session, context.context.signing_keys, READER, SuppressionReason.manual, now=context.now)
    server.mood.rcpt = "250 Ok"
    context.later(days=1)
    assert server.received == []
    assert context.deliveries()[0].state == "suppressed"


def test_a_delivery_unconfirmed_three_times_is_held_for_staff(context: MailService, server: SmtpServer) -> None:
    server.mood.drop = "after"
    digest(context)
    for _ in range(6):
        context.later(minutes=2)
    (row,) = context.deliveries()
    assert (row.state, row.doubts) == ("uncertain", 3)
    assert len({each.message["Message-ID"] for each in server.received}) == 1


def test_one_bad_mailbox_does_not_hold_up_the_others(context: MailService, server: SmtpServer) -> None:
    server.mood.by_recipient["bad@x.test"] = "550 5.1.1 No"
    for name in ("a", "bad", "c"):
        context.reader(f"{name}@x.test", "entries")
    context.publish("one")
    context.later(days=1)
    assert sorted(each.recipient for each in server.received) == ["a@x.test", "c@x.test"]


@pytest.mark.parametrize("address", ["a@x.test", "jörg@x.test"])
@pytest.mark.parametrize("title", ["Łódź, żółć " * 40, "łóżko" * 60, "ethics" * 60, "Ethics of it " * 40])
def test_a_long_title_of_any_alphabet_keeps_to_the_lines_of_a_mail(
    context: MailService, server: SmtpServer, title: str, address: str
) -> None:
    """RFC 2047 section 2: encoded words of at most 75 characters; RFC 5322 section 2.1.1."""
    context.reader(address, "entries")
    context.publish("one", title=title)
    context.later(days=1)
    (received,) = server.received
    head = received.data.partition(b"\r\n\r\n")[0].decode()
    subject = head[head.index("Subject:") : head.index("\r\nDate:")]
    assert all(len(line) <= 78 for line in subject.split("\r\n") if " " in line.strip())
    assert all(len(word) <= 75 for word in re.findall(r"=\?\S+\?=", subject))
    assert received.message["Subject"].startswith(f"New: {' '.join(title.split())[:60]}")
    assert len(received.message["Subject"]) <= 130


def test_an_address_of_another_alphabet(context: MailService, server: SmtpServer) -> None:
    context.reader("jörg@xn--bcher-kva.example", "entries")
    context.publish("one")
    context.later(days=1)
    (received,) = server.received
    assert received.recipient == "jörg@xn--bcher-kva.example"
    assert "To: jörg@xn--bcher-kva.example\r\n".encode() in received.data


def test_the_default_configuration_sends_nothing(database: str, tmp_path: Path) -> None:
    with mail_service(database, tmp_path) as context:
        assert make_transport(context.settings) == FileTransport(tmp_path / "mail")
