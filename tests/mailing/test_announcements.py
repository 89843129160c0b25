"""Updates: written by staff, for everybody or some; scheduled, stopped and taken up again; nobody gets one twice."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.catalogue.parts.confidential import ConfidentialRow
from app.catalogue.registry import BY_NAME
from app.kit.errors import Conflict, Invalid
from app.mailing.campaigns import announcements
from app.mailing.campaigns.digest_planner import DIGEST_MAIL
from app.mailing.delivery import bulk
from app.mailing.delivery.models import AnnouncementRow
from tests.factories import make_entry
from tests.mailing.mail_service import MailService, html_of, mail_service, text_of

BODY = """Read the **report**: [here](https://example.test/report).

![pixel](https://evil.test/p.png) <img src="https://evil.test/q.png"> [no](javascript:alert(1))
"""


@pytest.fixture
def context(database: str, tmp_path: Path) -> Iterator[MailService]:
    with mail_service(database, tmp_path) as made:
        made.later()
        yield made


def write(context: MailService, audience: str | None = None, body: str = BODY) -> int:
    with context.sessions.write() as session:
        stored = None if audience is None else context.stored(session, audience)
        return announcements.create_draft(session, "Report", body, stored, by="Jo", now=context.now).id


def start(context: MailService, number: int, **after: float) -> None:
    with context.sessions.write() as session:
        send_at = context.now + timedelta(**after) if after else None
        announcements.start_announcement(
            session, announcements.find(session, number), send_at, by="Jo", now=context.now
        )


def cancel(context: MailService, number: int) -> None:
    with context.sessions.write() as session:
        announcements.cancel_announcement(session, announcements.find(session, number), now=context.now)


def state(context: MailService, number: int) -> tuple[str, dict[str, int]]:
    with context.sessions.read() as session:
        return session.get_one(AnnouncementRow, number).state, announcements.counts(session, [number])[number]


def recipients(context: MailService) -> list[str]:
    return sorted(mail["To"] for mail in context.take())


def test_everybody_gets_it_once(context: MailService) -> None:
    reader = context.reader("a@x.test", "entries", "events")
    context.subscribe(reader, "publications", "monthly")
    context.reader("b@x.test", "events", frequency="monthly")
    context.reader("c@x.test", "entries", state="unsubscribed")
    context.reader("d@x.test")
    number = write(context)
    start(context, number)
    context.drain()
    assert recipients(context) == ["a@x.test", "b@x.test"]
    assert state(context, number) == ("sent", {"sent": 2})


def test_an_audience_is_who_follows_something_of_it(context: MailService) -> None:
    context.publish("one", terms={"format": ["book"], "topic": ["ethics"]})
    context.publish("two", terms={"format": ["video"], "topic": ["trust"]})
    context.reader("topic@x.test", "entries?topic=ethics")
    context.reader("books@x.test", "publications?format=book")
    context.reader("videos@x.test", "entries?format=video")
    context.reader("events@x.test", "events")
    number = write(context, "entries?topic=ethics")
    start(context, number)
    context.drain()
    assert recipients(context) == ["books@x.test", "topic@x.test"]


def test_it_waits_for_its_time_and_what_is_six_hours_late_waits_for_staff(context: MailService) -> None:
    context.reader("a@x.test", "entries")
    timely, late = write(context), write(context)
    start(context, timely, hours=3)
    start(context, late, hours=3)
    context.later(hours=2)
    assert recipients(context) == []
    cancel(context, late)
    context.later(hours=1)
    assert recipients(context) == ["a@x.test"]
    start(context, late, hours=1)
    context.now += timedelta(hours=7, seconds=1)
    context.drain()
    assert recipients(context) == []
    assert state(context, late) == ("missed", {})
    start(context, late)
    context.drain()
    assert recipients(context) == ["a@x.test"]


def test_an_announcement_with_confidential_words_is_not_sent(context: MailService) -> None:
    """Neither what is known to be when it is started, nor what has become so by its time."""
    context.reader("a@x.test", "entries")
    early, telling = write(context, body="At Place A, among lampwrights."), write(context, body="At Place A.")
    start(context, early, hours=3)
    with context.sessions.write() as session:
        site = make_entry(session, BY_NAME["site"], slug="place-a", title="Place A")
        kept = ConfidentialRow(entry_id=site.id, version=1, name=None, notes="", words=["lampwright"])
        kept.updated_at, kept.updated_by = context.now, "Jo"
        session.add(kept)
    with context.sessions.write() as session:
        announcements.change_announcement(
            announcements.find(session, telling), {"subject": "Lampwrights"}, now=context.now
        )
    with pytest.raises(Invalid) as refusal:
        start(context, telling)
    assert [each.pointer for each in refusal.value.errors] == ["/subject"]
    assert "ampwright" not in f"{refusal.value} {refusal.value.errors}"
    context.later(hours=3)
    assert state(context, early) == ("missed", {})
    assert recipients(context) == []


def test_an_announcement_can_be_cancelled_and_resumed(context: MailService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcements, "SUBSCRIBERS", 2)
    monkeypatch.setattr(bulk, "BATCH", 1)
    context.worker = context.new_worker()
    names = [f"{name}@x.test" for name in "abcde"]
    for name in names:
        context.reader(name, "entries")
    number = write(context)
    start(context, number)
    while len(context.mails) < 2:
        context.worker.step()
    cancel(context, number)
    context.drain()
    assert len(context.mails) == 2
    assert state(context, number)[0] == "cancelled"
    start(context, number)
    context.drain()
    assert recipients(context) == names
    assert state(context, number) == ("sent", {"sent": 5})


def test_markdown_without_remote_content(context: MailService) -> None:
    context.reader("a@x.test", "entries")
    start(context, write(context))
    context.drain()
    (mail,) = context.take()
    html = html_of(mail)
    assert "<strong>report</strong>" in html
    assert '<a href="https://example.test/report">' in html
    assert "<img" not in html
    assert "javascript:" not in html.partition("[no]")[0]
    assert 'href="javascript' not in html
    assert "Read the **report**" in text_of(mail)
    assert mail["List-Unsubscribe"] is not None


def test_digests_go_on_beside_it(context: MailService) -> None:
    context.reader("a@x.test", "entries")
    start(context, write(context))
    context.drain()
    context.publish("one")
    context.later(days=1)
    assert [row.kind for row in context.deliveries()] == [announcements.ANNOUNCEMENT_MAIL, DIGEST_MAIL]
    assert context.received() == {"a@x.test": ["one"]}


def test_only_some_states_lead_to_others(context: MailService) -> None:
    number = write(context)
    cancel(context, number)
    assert state(context, number)[0] == "draft"
    start(context, number)
    context.drain()
    for act in (start, discard):
        with pytest.raises(Conflict):
            act(context, number)


def discard(context: MailService, number: int) -> None:
    with context.sessions.write() as session:
        announcements.discard_announcement(session, announcements.find(session, number))
