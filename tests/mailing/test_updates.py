"""Updates: written by staff, for everybody or some; scheduled, stopped and taken up again; nobody gets one twice."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.catalogue.confidential import ConfidentialRow
from app.catalogue.registry import BY_NAME
from app.kit.errors import Invalid
from app.mailing import bulk, updates
from app.mailing.deciding import DIGEST
from app.mailing.delivery_tables import UpdateRow
from tests.factories import make_entry
from tests.mailing.posting import Posting, html_of, posting, text_of

BODY = """Read the **report**: [here](https://example.test/report).

![pixel](https://evil.test/p.png) <img src="https://evil.test/q.png"> [no](javascript:alert(1))
"""


@pytest.fixture
def office(database: str, tmp_path: Path) -> Iterator[Posting]:
    with posting(database, tmp_path) as made:
        made.later()
        yield made


def write(office: Posting, audience: str | None = None, body: str = BODY) -> int:
    with office.sessions.write() as session:
        stored = None if audience is None else office.stored(session, audience)
        return updates.draft(session, "Report", body, stored, by="Jo", now=office.now).id


def start(office: Posting, number: int, **after: float) -> None:
    with office.sessions.write() as session:
        send_at = office.now + timedelta(**after) if after else None
        updates.start(session, updates.find(session, number), send_at, by="Jo", now=office.now)


def cancel(office: Posting, number: int) -> None:
    with office.sessions.write() as session:
        updates.cancel(session, updates.find(session, number), now=office.now)


def state(office: Posting, number: int) -> tuple[str, dict[str, int]]:
    with office.sessions.read() as session:
        return session.get_one(UpdateRow, number).state, updates.counts(session, [number])[number]


def recipients(office: Posting) -> list[str]:
    return sorted(mail["To"] for mail in office.take())


def test_everybody_gets_it_once(office: Posting) -> None:
    reader = office.reader("a@x.test", "entries", "events")
    office.subscribe(reader, "publications", "monthly")
    office.reader("b@x.test", "events", frequency="monthly")
    office.reader("c@x.test", "entries", state="unsubscribed")
    office.reader("d@x.test")
    number = write(office)
    start(office, number)
    office.drain()
    assert recipients(office) == ["a@x.test", "b@x.test"]
    assert state(office, number) == ("sent", {"sent": 2})


def test_an_audience_is_who_follows_something_of_it(office: Posting) -> None:
    office.publish("one", terms={"format": ["book"], "topic": ["ethics"]})
    office.publish("two", terms={"format": ["video"], "topic": ["trust"]})
    office.reader("topic@x.test", "entries?topic=ethics")
    office.reader("books@x.test", "publications?format=book")
    office.reader("videos@x.test", "entries?format=video")
    office.reader("events@x.test", "events")
    number = write(office, "entries?topic=ethics")
    start(office, number)
    office.drain()
    assert recipients(office) == ["books@x.test", "topic@x.test"]


def test_it_waits_for_its_time_and_what_is_six_hours_late_waits_for_staff(office: Posting) -> None:
    office.reader("a@x.test", "entries")
    timely, late = write(office), write(office)
    start(office, timely, hours=3)
    start(office, late, hours=3)
    office.later(hours=2)
    assert recipients(office) == []
    cancel(office, late)
    office.later(hours=1)
    assert recipients(office) == ["a@x.test"]
    start(office, late, hours=1)
    office.now += timedelta(hours=7, seconds=1)
    office.drain()
    assert recipients(office) == []
    assert state(office, late) == ("missed", {})
    start(office, late)
    office.drain()
    assert recipients(office) == ["a@x.test"]


def test_what_is_confidential_is_not_sent(office: Posting) -> None:
    """Neither what is known to be when it is started, nor what has become so by its time."""
    office.reader("a@x.test", "entries")
    early, telling = write(office, body="At Place A, among lampwrights."), write(office, body="At Place A.")
    start(office, early, hours=3)
    with office.sessions.write() as session:
        site = make_entry(session, BY_NAME["site"], slug="place-a", title="Place A")
        kept = ConfidentialRow(entry_id=site.id, version=1, name=None, notes="", words=["lampwright"])
        kept.updated_at, kept.updated_by = office.now, "Jo"
        session.add(kept)
    with office.sessions.write() as session:
        updates.change(updates.find(session, telling), {"subject": "Lampwrights"}, now=office.now)
    with pytest.raises(Invalid) as refusal:
        start(office, telling)
    assert [each.pointer for each in refusal.value.errors] == ["/subject"]
    assert "ampwright" not in f"{refusal.value} {refusal.value.errors}"
    office.later(hours=3)
    assert state(office, early) == ("missed", {})
    assert recipients(office) == []


def test_stopped_in_the_middle_and_taken_up_again(office: Posting, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(updates, "SUBSCRIBERS", 2)
    monkeypatch.setattr(bulk, "BATCH", 1)
    office.worker = office.new_worker()
    names = [f"{name}@x.test" for name in "abcde"]
    for name in names:
        office.reader(name, "entries")
    number = write(office)
    start(office, number)
    while len(office.mails) < 2:
        office.worker.step()
    cancel(office, number)
    office.drain()
    assert len(office.mails) == 2
    assert state(office, number)[0] == "cancelled"
    start(office, number)
    office.drain()
    assert recipients(office) == names
    assert state(office, number) == ("sent", {"sent": 5})


def test_markdown_without_anything_from_elsewhere(office: Posting) -> None:
    office.reader("a@x.test", "entries")
    start(office, write(office))
    office.drain()
    (mail,) = office.take()
    html = html_of(mail)
    assert "<strong>report</strong>" in html
    assert '<a href="https://example.test/report">' in html
    assert "<img" not in html
    assert "javascript:" not in html.partition("[no]")[0]
    assert 'href="javascript' not in html
    assert "Read the **report**" in text_of(mail)
    assert mail["List-Unsubscribe"] is not None


def test_digests_go_on_beside_it(office: Posting) -> None:
    office.reader("a@x.test", "entries")
    start(office, write(office))
    office.drain()
    office.publish("one")
    office.later(days=1)
    assert [row.kind for row in office.deliveries()] == [updates.MAIL, DIGEST]
    assert office.received() == {"a@x.test": ["one"]}


def test_only_some_states_lead_to_others(office: Posting) -> None:
    number = write(office)
    cancel(office, number)
    assert state(office, number)[0] == "draft"
    start(office, number)
    office.drain()
    refused: list[Any] = []
    for act in (lambda: start(office, number), lambda: discard(office, number)):
        with pytest.raises(updates.Conflict):
            act()
        refused.append(act)
    assert len(refused) == 2


def discard(office: Posting, number: int) -> None:
    with office.sessions.write() as session:
        updates.discard(session, updates.find(session, number))
