"""One mail and what becomes of it: headers, refusals, delays, doubts, and whom it is not sent to."""

import re
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from app.jobs.transports import FileTransport
from app.jobs.transports_smtp import Server, SmtpTransport
from app.mailing import suppression, wanted
from app.mailing.post import make_transport
from app.mailing.tables import Reason, SubscriberRow
from tests.mailing.posting import BASE, SENDER, Posting, html_of, posting, text_of
from tests.smtp_server import NAME, SmtpServer

READER = "reader@x.test"


@pytest.fixture
def server() -> Iterator[SmtpServer]:
    with SmtpServer() as running:
        yield running


@pytest.fixture
def office(database: str, tmp_path: Path, server: SmtpServer) -> Iterator[Posting]:
    transport = SmtpTransport(Server(host=NAME, port=server.port, security="none", timeout=5.0))
    more = {"mail_inbox": "leave@kb.test", "bounce_address": "bounces@kb.test"}
    with posting(database, tmp_path, transport=transport, more=more) as made:
        made.later()
        yield made


def digest(office: Posting, **more: str) -> int:
    """Somebody for whom there is one."""
    number = office.reader(READER, "entries", **more)
    office.publish("one")
    office.later(days=1)
    return number


def raw_headers(data: bytes) -> dict[str, str]:
    lines = data.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")
    assert not any(line[:1].isspace() for line in lines), "no header is folded"
    return dict(line.split(": ", 1) for line in lines)


def test_bulk_mail_as_a_server_received_it(office: Posting, server: SmtpServer) -> None:
    digest(office)
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
    assert parsedate_to_datetime(headers["Date"]).date() == office.now.date()
    assert received.sender.startswith("bounces+1.")
    assert len(received.sender.partition("@")[0]) <= 64
    assert headers["Message-ID"][1:-1].partition("@")[0] == received.sender[8:].partition("@")[0]
    assert max(map(len, received.data.split(b"\r\n"))) <= 998
    assert b"\n" not in received.data.replace(b"\r\n", b"")


def test_transactional_mail_says_so_and_is_no_list(office: Posting, server: SmtpServer) -> None:
    number = office.reader(READER, "entries")
    office.ask(wanted.manage_link(number, 1))
    office.drain()
    message = server.received[0].message
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None
    assert f"{BASE}/subscribe/manage/kbmanage_" in text_of(message)
    assert f"{BASE}/subscribe/manage/kbmanage_" in html_of(message)


def test_a_confirmation_holds_nothing_that_a_stranger_wrote(office: Posting, server: SmtpServer) -> None:
    number = office.reader(READER, state="pending")
    query = "publications?topic=ethics&q=buy pills at evil.test&venue=evil.test"
    office.subscribe(number, query, state="pending", sign_up=7)
    office.ask(wanted.confirmation(number, 7))
    office.drain()
    text = text_of(server.received[0].message)
    assert "* Publications with topic Ethics\n" in text
    assert "evil" not in text
    assert f"{BASE}/subscribe/confirm/kbconfirm_" in text


def test_a_welcome_says_what_to_read_first_and_comes_once(office: Posting, server: SmtpServer) -> None:
    office.publish("one")
    office.publish("two", "events")
    number = office.reader(READER, "entries")
    office.ask(wanted.welcome(number, 1), wanted.welcome(number, 2))
    office.drain()
    (received,) = server.received
    text = text_of(received.message)
    assert "About one" in text
    assert "About two" in text
    assert received.message["List-Unsubscribe"] is not None


def test_later_is_tried_again_with_longer_and_longer_waits(office: Posting, server: SmtpServer) -> None:
    server.mood.rcpt = "451 4.7.1 Greylisted"
    digest(office)
    (row,) = office.deliveries()
    assert (row.state, row.tries, row.reply) == ("deferred", 1, "451 4.7.1")
    office.later(minutes=1)
    assert office.deliveries()[0].tries == 2
    server.mood.rcpt = "250 Ok"
    office.later(minutes=2)
    assert office.deliveries()[0].state == "sent"
    assert len(server.received) == 1


def test_after_a_day_of_trying_it_failed(office: Posting, server: SmtpServer) -> None:
    server.mood.rcpt = "451 4.7.1 Greylisted"
    digest(office)
    began = office.now
    while office.deliveries()[0].state == "deferred":
        office.later(minutes=10)
    assert 18 <= (office.now - began).total_seconds() / 3600 <= 26
    (row,) = office.deliveries()
    assert (row.state, row.tries) == ("failed", 12)


def test_no_such_mailbox_ends_the_subscription(office: Posting, server: SmtpServer) -> None:
    server.mood.rcpt = "550 5.1.1 <reader@x.test>: no such user"
    number = digest(office)
    (row,) = office.deliveries()
    assert (row.state, row.reply) == ("refused", "550 5.1.1")
    with office.sessions.read() as session:
        assert session.get_one(SubscriberRow, number).state == "bounced"
        assert suppression.reasons(session, office.office.keyring, READER) == [Reason.hard_bounce]
    assert not any("x.test" in (error or "") for error in office_errors(office))


def office_errors(office: Posting) -> list[str | None]:
    with office.sessions.read() as session:
        return [row[0] for row in session.connection().exec_driver_sql("SELECT error FROM job").all()]


def test_a_policy_of_the_server_is_not_the_readers_fault(office: Posting, server: SmtpServer) -> None:
    server.mood.final = "554 5.7.1 Not from you"
    number = digest(office)
    assert office.deliveries()[0].state == "refused"
    with office.sessions.read() as session:
        assert session.get_one(SubscriberRow, number).state == "active"


def test_who_is_suppressed_when_the_turn_comes_gets_nothing(office: Posting, server: SmtpServer) -> None:
    server.mood.rcpt = "451 Later"
    digest(office)
    with office.sessions.write() as session:
        suppression.suppress(session, office.office.keyring, READER, Reason.manual, now=office.now)
    server.mood.rcpt = "250 Ok"
    office.later(days=1)
    assert server.received == []
    assert office.deliveries()[0].state == "suppressed"


def test_a_server_that_drops_the_line_is_doubted_three_times_and_then_held(office: Posting, server: SmtpServer) -> None:
    server.mood.drop = "after"
    digest(office)
    for _ in range(6):
        office.later(minutes=2)
    (row,) = office.deliveries()
    assert (row.state, row.doubts) == ("uncertain", 3)
    assert len({each.message["Message-ID"] for each in server.received}) == 1


def test_one_bad_mailbox_does_not_hold_up_the_others(office: Posting, server: SmtpServer) -> None:
    server.mood.by_recipient["bad@x.test"] = "550 5.1.1 No"
    for name in ("a", "bad", "c"):
        office.reader(f"{name}@x.test", "entries")
    office.publish("one")
    office.later(days=1)
    assert sorted(each.recipient for each in server.received) == ["a@x.test", "c@x.test"]


@pytest.mark.parametrize("address", ["a@x.test", "jörg@x.test"])
@pytest.mark.parametrize("title", ["Łódź, żółć " * 40, "łóżko" * 60, "ethics" * 60, "Ethics of it " * 40])
def test_a_long_title_of_any_alphabet_keeps_to_the_lines_of_a_mail(
    office: Posting, server: SmtpServer, title: str, address: str
) -> None:
    """RFC 2047 section 2: encoded words of at most 75 characters; RFC 5322 section 2.1.1."""
    office.reader(address, "entries")
    office.publish("one", title=title)
    office.later(days=1)
    (received,) = server.received
    head = received.data.partition(b"\r\n\r\n")[0].decode()
    subject = head[head.index("Subject:") : head.index("\r\nDate:")]
    assert all(len(line) <= 78 for line in subject.split("\r\n") if " " in line.strip())
    assert all(len(word) <= 75 for word in re.findall(r"=\?\S+\?=", subject))
    assert received.message["Subject"].startswith(f"New: {' '.join(title.split())[:60]}")
    assert len(received.message["Subject"]) <= 130


def test_an_address_of_another_alphabet(office: Posting, server: SmtpServer) -> None:
    office.reader("jörg@xn--bcher-kva.example", "entries")
    office.publish("one")
    office.later(days=1)
    (received,) = server.received
    assert received.recipient == "jörg@xn--bcher-kva.example"
    assert "To: jörg@xn--bcher-kva.example\r\n".encode() in received.data


def test_the_default_configuration_sends_nothing(database: str, tmp_path: Path) -> None:
    with posting(database, tmp_path) as office:
        assert make_transport(office.settings) == FileTransport(tmp_path / "mail")
