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

from app.jobs.transports import MemoryTransport
from app.mailing.bounces import Verdict, judged, take_in
from app.mailing.composing import envelope_sender, message_name
from app.mailing.reports import messages, read_report
from app.mailing.tables import SubscriberRow
from tests.client import problem
from tests.knowledge import Knowledge
from tests.mailing.posting import BASE, SENDER, Posting, parsed, posting, text_of

SECRET = "s" * 40


@pytest.fixture
def office(database: str, tmp_path: Path) -> Iterator[Posting]:
    """Three readers who have a mail each, numbered 1 to 3."""
    with posting(database, tmp_path, more={"bounce_address": "bounces@kb.test"}) as made:
        made.later()
        for name in "abc":
            made.reader(f"{name}@x.test", "entries")
        made.publish("one")
        made.later(days=1)
        yield made


@pytest.fixture
def service(office: Posting) -> Iterator[Knowledge]:
    own = {"bounce_secret": SECRET, "secret_file": str(office.folder / "secrets")}
    with closing(Knowledge(office.url, **own)) as found:
        yield found


def named(office: Posting, number: int) -> str:
    return f"<{message_name(office.office.keyring, number)}@kb.test>"


def report(service: Knowledge, *events: dict[str, Any], secret: str = SECRET, age: int = 0) -> httpx.Response:
    body = json.dumps({"events": events}).encode()
    stamp = str(int(time.time()) - age)
    signature = hmac.new(secret.encode(), f"{stamp}.".encode() + body, sha256).hexdigest()
    headers = {"Content-Type": "application/json", "X-Mail-Timestamp": stamp, "X-Mail-Signature": signature}
    return service.client.request("POST", "/v1/mail-reports", content=body, headers=headers)


def event(office: Posting, number: int, name: str = "e", **more: Any) -> dict[str, Any]:
    return {"id": name, "type": "bounce", "message_id": named(office, number), "status": "5.1.1", **more}


def states(office: Posting) -> list[tuple[str, str]]:
    """Of the readers and of their mails."""
    with office.sessions.read() as session:
        readers = [session.get_one(SubscriberRow, number).state for number in (1, 2, 3)]
    return list(zip(readers, (row.state for row in office.deliveries()), strict=True))


def test_a_signed_report_counts_once(office: Posting, service: Knowledge) -> None:
    assert report(service, event(office, 1)).json() == {"taken": 1}
    assert report(service, event(office, 1), event(office, 1)).json() == {"taken": 0}
    assert report(service, event(office, 2, "f", type="complaint")).json() == {"taken": 1}
    assert states(office) == [("bounced", "bounced"), ("complained", "complained"), ("active", "sent")]


def test_one_click_with_the_address_as_it_was_received(office: Posting, service: Knowledge) -> None:
    """Of a mail that was sent for two subscriptions; the link in its text is the same one."""
    reader = office.reader("both@x.test", "entries", "publications")
    office.publish("two")
    office.later(days=1)
    assert isinstance(office.transport, MemoryTransport)
    (data,) = [each.data for each in office.transport.sent if each.recipient == "both@x.test"]
    (field,) = [line for line in data.split(b"\r\n") if line.startswith(b"List-Unsubscribe: ")]
    path = field.decode("ascii").removeprefix(f"List-Unsubscribe: <{BASE}").removesuffix(">")
    assert f"{BASE}{path}" in text_of(parsed(data))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        answer = service.client.request("POST", path, content=b"List-Unsubscribe=One-Click", headers=form)
        assert answer.status_code == 200
    with office.sessions.read() as session:
        assert session.get_one(SubscriberRow, reader).state == "unsubscribed"
    office.publish("three")
    office.later(days=1)
    assert [each.recipient for each in office.transport.sent if b"About three" in each.data].count("both@x.test") == 0


def test_what_is_forged_stale_or_unknown_changes_nothing(office: Posting, service: Knowledge) -> None:
    problem(report(service, event(office, 1), secret="x" * 40), 401)
    problem(report(service, event(office, 1), age=400), 422)
    problem(report(service, event(office, 1), age=-400), 422)
    invented = named(office, 1).replace("<1.", "<2.")
    assert report(service, event(office, 1, message_id=invented)).json() == {"taken": 0}
    assert report(service, event(office, 99)).json() == {"taken": 0}
    assert states(office) == [("active", "sent")] * 3


def test_without_a_secret_nobody_can_report(office: Posting) -> None:
    with closing(Knowledge(office.url, secret_file=str(office.folder / "secrets"))) as plain:
        problem(report(plain, event(office, 1)), 404)


def test_five_soft_bounces_are_one_hard_one(office: Posting) -> None:
    for number in range(5):
        assert reader_state(office) == "active"
        if number:
            office.publish(f"more-{number}")
            office.later(days=1)
        last = max(row.id for row in office.deliveries() if row.subscriber_id == 1)
        with office.sessions.write() as session:
            for again in range(2):
                event = f"{number}/{again}"
                take_in(office.office, session, event, last, Verdict.soft, "4.2.2", now=office.now)
    assert reader_state(office) == "bounced"


def reader_state(office: Posting) -> str:
    with office.sessions.read() as session:
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


def read(office: Posting, raw: bytes) -> tuple[int, str, str | None] | None:
    found = read_report(office.office.keyring, raw)
    return None if found is None else (found.delivery, found.verdict, found.status)


def test_reports_are_read(office: Posting) -> None:
    verp = envelope_sender(office.post.head, 1)
    assert read(office, delivery_report(verp, "5.1.1")) == (1, "hard", "5.1.1")
    assert read(office, delivery_report(SENDER, "4.4.7", returned=named(office, 2))) == (2, "soft", "4.4.7")
    assert read(office, complaint(named(office, 3))) == (3, "complaint", None)


def test_what_is_no_report_about_our_mail_is_none(office: Posting) -> None:
    verp = envelope_sender(office.post.head, 1)
    assert read(office, delivery_report(verp, "4.4.1", action="delayed")) is None
    assert read(office, delivery_report(SENDER, "5.1.1", returned="<1.aaaaaaaa@kb.test>")) is None
    assert read(office, delivery_report(verp.replace("+1.", "+2."), "5.1.1")) is None
    assert read(office, b"Subject: Hello\n\nI am away until Monday.\n") is None
    assert read(office, b"\xff\x00 not a mail") is None


def test_reports_stand_in_mailboxes_and_folders(office: Posting, tmp_path: Path) -> None:
    reports = [delivery_report(envelope_sender(office.post.head, number), "5.1.1") for number in (1, 2)]
    box = mailbox.mbox(tmp_path / "mbox")
    maildir = mailbox.Maildir(tmp_path / "maildir")
    for raw in reports:
        box.add(raw)
        maildir.add(raw)
    box.close()
    (tmp_path / "one.eml").write_bytes(reports[0])
    for place, expected in (("mbox", [1, 2]), ("maildir", [1, 2]), ("one.eml", [1])):
        found = [read_report(office.office.keyring, raw) for raw in messages(tmp_path / place)]
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
def test_what_a_refusal_says_of_the_mailbox(code: int, enhanced: str | None, verdict: str) -> None:
    assert judged(code, enhanced) == verdict
