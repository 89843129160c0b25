"""Bounces and complaints: by a signed request, and by reports that come as mail."""

import hmac
import json
import mailbox
import time
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.mailing.content.mime import envelope_sender, message_id_local_part
from app.mailing.delivery.bounces import BounceType, classify, record_report
from app.mailing.delivery.dsn import parse_report, read_messages
from app.mailing.models import SubscriberRow
from tests.client import problem
from tests.corpus import Corpus
from tests.mailing.mail_service import BASE, SENDER, MailService, mail_service, parsed, text_of
from tests.mailing.memory_transport import MemoryTransport

SECRET = "s" * 40


@pytest.fixture
def context(database: str, tmp_path: Path) -> Iterator[MailService]:
    """Three readers who have a mail each, numbered 1 to 3."""
    with mail_service(database, tmp_path, more={"bounce_address": "bounces@kb.test"}) as made:
        made.later()
        for name in "abc":
            made.reader(f"{name}@x.test", "entries")
        made.publish("one")
        made.later(days=1)
        yield made


@pytest.fixture
def service(context: MailService) -> Iterator[Corpus]:
    own = {"bounce_secret": SECRET, "secret_file": str(context.folder / "secrets")}
    with closing(Corpus(context.url, **own)) as found:
        yield found


def named(context: MailService, number: int) -> str:
    return f"<{message_id_local_part(context.context.signing_keys, number)}@kb.test>"


def report(service: Corpus, *events: dict[str, Any], secret: str = SECRET, age: int = 0) -> httpx.Response:
    body = json.dumps({"events": events}).encode()
    stamp = str(int(time.time()) - age)
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Mail-Timestamp": stamp, "X-Mail-Signature": signature}
    return service.client.request("POST", "/v1/mail-reports", content=body, headers=headers)


def event(context: MailService, number: int, name: str = "e", **more: Any) -> dict[str, Any]:
    return {"id": name, "type": "bounce", "message_id": named(context, number), "status": "5.1.1", **more}


def states(context: MailService) -> list[tuple[str, str]]:
    """Of the readers and of their mails."""
    with context.sessions.read() as session:
        readers = [session.get_one(SubscriberRow, number).state for number in (1, 2, 3)]
    return list(zip(readers, (row.state for row in context.deliveries()), strict=True))


def test_a_signed_report_counts_once(context: MailService, service: Corpus) -> None:
    assert report(service, event(context, 1)).json() == {"taken": 1}
    assert report(service, event(context, 1), event(context, 1)).json() == {"taken": 0}
    assert report(service, event(context, 2, "f", type="complaint")).json() == {"taken": 1}
    assert states(context) == [("bounced", "bounced"), ("complained", "complained"), ("active", "sent")]


def test_the_address_in_the_header_unsubscribes_in_one_click(context: MailService, service: Corpus) -> None:
    """Of a mail that was sent for two subscriptions; the link in its text is the same one."""
    reader = context.reader("both@x.test", "entries", "publications")
    context.publish("two")
    context.later(days=1)
    assert isinstance(context.transport, MemoryTransport)
    (data,) = [each.data for each in context.transport.sent if each.recipient == "both@x.test"]
    (field,) = [line for line in data.split(b"\r\n") if line.startswith(b"List-Unsubscribe: ")]
    path = field.decode("ascii").removeprefix(f"List-Unsubscribe: <{BASE}").removesuffix(">")
    assert f"{BASE}{path}" in text_of(parsed(data))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        answer = service.client.request("POST", path, content=b"List-Unsubscribe=One-Click", headers=form)
        assert answer.status_code == 200
    with context.sessions.read() as session:
        assert session.get_one(SubscriberRow, reader).state == "unsubscribed"
    context.publish("three")
    context.later(days=1)
    assert [each.recipient for each in context.transport.sent if b"About three" in each.data].count("both@x.test") == 0


def test_forged_stale_or_unknown_reports_change_nothing(context: MailService, service: Corpus) -> None:
    problem(report(service, event(context, 1), secret="x" * 40), 401)
    problem(report(service, event(context, 1), age=400), 422)
    problem(report(service, event(context, 1), age=-400), 422)
    invented = named(context, 1).replace("<1.", "<2.")
    assert report(service, event(context, 1, message_id=invented)).json() == {"taken": 0}
    assert report(service, event(context, 99)).json() == {"taken": 0}
    assert states(context) == [("active", "sent")] * 3


def test_without_a_secret_nobody_can_report(context: MailService) -> None:
    with closing(Corpus(context.url, secret_file=str(context.folder / "secrets"))) as plain:
        problem(report(plain, event(context, 1)), 404)


def test_five_soft_bounces_are_one_hard_one(context: MailService) -> None:
    for number in range(5):
        assert reader_state(context) == "active"
        if number:
            context.publish(f"more-{number}")
            context.later(days=1)
        last = max(row.id for row in context.deliveries() if row.subscriber_id == 1)
        with context.sessions.write() as session:
            for again in range(2):
                event = f"{number}/{again}"
                record_report(context.context, session, event, last, BounceType.soft, "4.2.2", now=context.now)
    assert reader_state(context) == "bounced"


def reader_state(context: MailService) -> str:
    with context.sessions.read() as session:
        return session.get_one(SubscriberRow, 1).state


def delivery_report(to: str, status: str, *, action: str = "failed", returned: str = "") -> bytes:
    return f"""From: MAILER-DAEMON@mx.test
To: {to}
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.test

Final-Recipient: rfc822; a@x.test
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} No such user
--b
Content-Type: text/rfc822-headers

Subject: New
Message-ID: {returned}
--b--
""".encode()


def complaint(returned: str) -> bytes:
    return f"""From: feedback@provider.test
To: abuse@kb.test
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

A complaint.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: Provider/1.0
Version: 1
--b
Content-Type: message/rfc822

Subject: New
Message-ID: {returned}

Text
--b--
""".encode()


def read(context: MailService, raw: bytes) -> tuple[int, str, str | None] | None:
    found = parse_report(context.context.signing_keys, raw)
    return None if found is None else (found.delivery, found.verdict, found.status)


def test_reports_are_read(context: MailService) -> None:
    verp = envelope_sender(context.mailer.sender, 1)
    assert read(context, delivery_report(verp, "5.1.1")) == (1, "hard", "5.1.1")
    assert read(context, delivery_report(SENDER, "4.4.7", returned=named(context, 2))) == (2, "soft", "4.4.7")
    assert read(context, complaint(named(context, 3))) == (3, "complaint", None)


def test_other_mail_is_not_taken_for_a_bounce(context: MailService) -> None:
    verp = envelope_sender(context.mailer.sender, 1)
    assert read(context, delivery_report(verp, "4.4.1", action="delayed")) is None
    assert read(context, delivery_report(SENDER, "5.1.1", returned="<1.aaaaaaaa@kb.test>")) is None
    assert read(context, delivery_report(verp.replace("+1.", "+2."), "5.1.1")) is None
    assert read(context, b"Subject: Hello\n\nI am away until Monday.\n") is None
    assert read(context, b"\xff\x00 not a mail") is None


def test_reports_stand_in_mailboxes_and_folders(context: MailService, tmp_path: Path) -> None:
    reports = [delivery_report(envelope_sender(context.mailer.sender, number), "5.1.1") for number in (1, 2)]
    box = mailbox.mbox(tmp_path / "mbox")
    maildir = mailbox.Maildir(tmp_path / "maildir")
    for raw in reports:
        box.add(raw)
        maildir.add(raw)
    box.close()
    (tmp_path / "one.eml").write_bytes(reports[0])
    for place, expected in (("mbox", [1, 2]), ("maildir", [1, 2]), ("one.eml", [1])):
        found = [parse_report(context.context.signing_keys, raw) for raw in read_messages(tmp_path / place)]
        assert sorted(each.delivery for each in found if each) == expected


@pytest.mark.parametrize(
    ("code", "enhanced", "verdict"),
    [
        (550, "5.1.1", "hard"),
        (550, "5.1.10", "hard"),
        (550, "5.2.1", "hard"),
        (552, "5.2.2", "soft"),
        (552, "5.2.3", "other"),
        (550, "5.7.1", "other"),
        (553, "5.1.8", "other"),
        (554, "5.4.4", "soft"),
        (550, None, "hard"),
        (552, None, "soft"),
        (554, None, "other"),
        (451, "4.7.1", "soft"),
    ],
)
def test_rejections_classify_the_mailbox(code: int, enhanced: str | None, verdict: str) -> None:
    assert classify(code, enhanced) == verdict
