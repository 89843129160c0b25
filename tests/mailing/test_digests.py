"""Who gets which digest, and when: what was published since, as it is now, once to each person."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.catalogue.registry import BY_COLLECTION, BY_NAME
from app.mailing import managing
from app.mailing.consent import Statement
from app.mailing.following import following
from app.mailing.tables import Frequency, SubscriberRow, SubscriptionRow
from app.mailing.taking_place import when_and_where
from tests.factories import change, make_term, reinstate, withdraw
from tests.mailing.posting import Posting, html_of, posting, text_of

PUBLICATION = BY_COLLECTION["publications"]


@pytest.fixture
def office(database: str, tmp_path: Path) -> Iterator[Posting]:
    with posting(database, tmp_path) as made:
        made.later()
        yield made


def test_a_daily_digest_has_what_was_published_since_the_last(office: Posting) -> None:
    office.publish("old")
    office.later(minutes=1)
    office.reader("a@x.test", "publications")
    office.publish("one")
    office.publish("two", "events")
    office.later(hours=1)
    assert office.received() == {}
    office.later(hours=22)
    assert office.received() == {"a@x.test": ["one"]}
    office.publish("three")
    office.later(days=1)
    assert office.received() == {"a@x.test": ["three"]}


def test_nothing_new_is_no_mail(office: Posting) -> None:
    office.reader("a@x.test", "publications?topic=ethics")
    office.publish("other", terms={"format": ["book"], "topic": ["trust"]})
    office.later(days=40)
    assert office.received() == {}
    assert office.deliveries() == []


def test_weekly_on_monday_and_monthly_on_the_first(office: Posting) -> None:
    office.reader("week@x.test", "entries", frequency="weekly")
    office.reader("month@x.test", "entries", frequency="monthly")
    office.publish("one")
    office.later(days=6, hours=21)
    assert office.received() == {}
    office.later(hours=2)
    assert office.received() == {"week@x.test": ["one"]}
    office.later(days=21)
    assert office.received() == {}
    office.later(days=3)
    assert office.received() == {"month@x.test": ["one"]}


def test_at_once_is_at_once(office: Posting) -> None:
    office.reader("a@x.test", "entries?topic=ethics", frequency="at_once")
    office.publish("one", terms={"format": ["book"], "topic": ["consent"]})
    office.publish("two", terms={"format": ["book"], "topic": ["trust"]})
    office.later(seconds=20)
    assert office.received() == {"a@x.test": ["one"]}


def test_a_correction_soon_after_makes_it_news_to_those_it_now_concerns(office: Posting) -> None:
    office.reader("a@x.test", "entries?topic=ethics", frequency="at_once")
    office.reader("b@x.test", "entries?topic=trust", frequency="at_once")
    office.publish("one", terms={"format": ["book"], "topic": ["trust"]})
    office.later(seconds=20)
    assert office.received() == {"b@x.test": ["one"]}
    with office.sessions.write() as session:
        change(session, PUBLICATION, "one", terms={"format": ["book"], "topic": ["trust", "ethics"]})
    office.later(seconds=20)
    assert office.received() == {"a@x.test": ["one"]}


def test_nobody_gets_an_item_twice_whichever_way_it_comes(office: Posting) -> None:
    reader = office.reader("a@x.test", "entries?topic=ethics", frequency="at_once")
    office.subscribe(reader, "publications", "daily")
    office.subscribe(reader, "entries?format=book", "daily")
    office.subscribe(reader, "entries", "weekly")
    office.publish("one", terms={"format": ["book"], "topic": ["ethics"]})
    office.publish("two", terms={"format": ["book"], "topic": ["trust"]})
    office.publish("three", "events")
    office.later(seconds=20)
    assert office.received() == {"a@x.test": ["one"]}
    office.later(days=1)
    assert office.received() == {"a@x.test": ["two"]}
    office.later(days=7)
    assert office.received() == {"a@x.test": ["three"]}
    office.later(days=31)
    assert office.received() == {}


def test_an_edit_is_not_news_and_neither_is_what_comes_back(office: Posting) -> None:
    office.publish("one")
    office.later(minutes=1)
    office.reader("a@x.test", "entries")
    office.reader("b@x.test", "entries", frequency="at_once")
    with office.sessions.write() as session:
        change(session, PUBLICATION, "one", now=office.now, summary="Corrected.")
    office.later(days=1)
    with office.sessions.write() as session:
        withdraw(session, PUBLICATION, "one", now=office.now)
    office.later(days=1)
    with office.sessions.write() as session:
        reinstate(session, PUBLICATION, "one", now=office.now)
    office.later(days=1)
    assert office.received() == {}


def test_what_was_withdrawn_meanwhile_is_not_mailed(office: Posting) -> None:
    office.reader("a@x.test", "entries")
    office.publish("one")
    office.publish("two")
    office.later(minutes=1)
    with office.sessions.write() as session:
        withdraw(session, PUBLICATION, "one")
    office.later(days=1)
    assert office.received() == {"a@x.test": ["two"]}


def test_after_a_long_stop_there_is_one_digest(office: Posting) -> None:
    office.reader("a@x.test", "entries")
    for day in range(5):
        office.publish(f"day-{day}")
        office.now = office.now.replace(day=office.now.day + 1)
    office.later()
    assert office.received() == {"a@x.test": [f"day-{day}" for day in range(5)]}


@pytest.mark.parametrize("frequency", Frequency)
def test_after_a_stop_of_a_month_nobody_has_missed_anything(office: Posting, frequency: str) -> None:
    """The first of them waits two months for a monthly digest that nobody was there to send."""
    office.reader("a@x.test", "entries", frequency=frequency)
    for days in (1, 15, 15, 15, 15):
        office.publish(f"day-{office.now:%m-%d}")
        office.now += timedelta(days=days)
    office.later()
    assert len(office.take()) == 1
    assert {row.state for row in office.deliveries()} == {"sent"}
    (items,) = (office.deliveries()[0].items or {}).values()
    assert len(items) == 5


def test_who_wants_to_hear_at_once_has_what_waited(office: Posting) -> None:
    reader = office.reader("a@x.test")
    number = office.subscribe(reader, "entries", frequency="weekly")
    office.reader("b@x.test", "entries", frequency="weekly")
    office.publish("one")
    office.later(days=2)
    assert office.received() == {}
    with office.sessions.write() as session:
        person = session.get_one(SubscriberRow, reader)
        wish = managing.Change(id=number, frequency=Frequency.at_once)
        managing.change(office.office, session, person, [wish], Statement("test"), now=office.now)
    office.later(seconds=1)
    assert office.received() == {"a@x.test": ["one"]}
    office.publish("two")
    office.later(seconds=20)
    assert office.received() == {"a@x.test": ["two"]}


def test_who_comes_to_a_run_that_has_begun_misses_nothing(office: Posting) -> None:
    """Between the moment it is planned and the one it is decided."""
    office.reader("a@x.test", "entries", frequency="daily")
    reader = office.reader("b@x.test")
    number = office.subscribe(reader, "entries", frequency="weekly")
    for slug in ("one", "two"):
        office.publish(slug)
        office.later(seconds=20)
        office.now += timedelta(days=1)
        following(office.layout, office.settings.mail_hour).run(office.sessions, office.now)
        if slug == "two":
            with office.sessions.write() as session:
                person = session.get_one(SubscriberRow, reader)
                wish = managing.Change(id=number, frequency=Frequency.daily)
                managing.change(office.office, session, person, [wish], Statement("test"), now=office.now)
    office.later(days=1)
    assert {name: sorted(got) for name, got in office.received().items()} == {
        "a@x.test": ["one", "two"],
        "b@x.test": ["one", "two"],
    }


def test_who_is_not_active_and_what_is_paused_gets_nothing(office: Posting) -> None:
    for state in ("pending", "unsubscribed", "bounced", "complained"):
        office.reader(f"{state}@x.test", "entries", state=state)
    reader = office.reader("a@x.test")
    for state in ("pending", "paused", "ended"):
        office.subscribe(reader, "entries", state=state)
    office.publish("one")
    office.later(days=2)
    assert office.received() == {}


def test_a_replaced_term_is_followed_and_a_vanished_one_pauses(office: Posting) -> None:
    office.reader("a@x.test", "entries?topic=unused")
    reader = office.reader("b@x.test")
    lost = office.subscribe(reader, "entries?topic=trust")
    with office.sessions.write() as session:
        row = session.get_one(SubscriptionRow, lost)
        row.query = {**row.query, "where": {"field": "topic", "op": "any", "value": "never-was"}}
        row.query_digest = "0" * 64
        make_term(session, "topic", slug="useful")
        change(session, BY_NAME["term"], "unused", scheme="topic", replaced_by="useful")
    office.publish("one", terms={"format": ["book"], "topic": ["useful"]})
    office.later(days=1)
    assert office.received() == {"a@x.test": ["one"]}
    with office.sessions.read() as session:
        row = session.get_one(SubscriptionRow, lost)
        assert (row.state, row.paused_because) == ("paused", "term_vanished")


@pytest.mark.parametrize("frequency", [Frequency.at_once, Frequency.weekly])
def test_what_was_paused_goes_on_when_its_term_is_there_again(office: Posting, frequency: str) -> None:
    """With all that came meanwhile, by itself."""
    reader = office.reader("a@x.test")
    lost = office.subscribe(reader, "entries?topic=trust", frequency)
    with office.sessions.write() as session:
        row = session.get_one(SubscriptionRow, lost)
        row.query = {**row.query, "where": {"field": "topic", "op": "any", "value": "not-yet"}}
        row.query_digest = "0" * 64
    office.publish("one", terms={"format": ["book"], "topic": ["trust"]})
    office.later(days=8)
    office.publish("two", terms={"format": ["book"], "topic": ["trust"]})
    office.later(days=8)
    assert office.received() == {}
    with office.sessions.write() as session:
        make_term(session, "topic", slug="not-yet")
        terms = {"format": ["book"], "topic": ["not-yet"]}
        change(session, PUBLICATION, "one", now=office.now, terms=terms)
    office.publish("three", terms=terms)
    office.later(days=7)
    assert {name: sorted(got) for name, got in office.received().items()} == {"a@x.test": ["one", "three"]}
    with office.sessions.read() as session:
        row = session.get_one(SubscriptionRow, lost)
        assert (row.state, row.paused_because) == ("active", None)


def test_words_must_all_be_there_as_they_are_spelt(office: Posting) -> None:
    office.reader("a@x.test", "entries?q=trauma informed practice")
    office.publish("one", title="About one", summary="Trauma-informed practice in schools")
    office.publish("two", title="About two", summary="Practice alone")
    office.publish("three", title="About three", summary="Trauma informed practise")
    office.later(days=1)
    assert office.received() == {"a@x.test": ["one"]}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"start": "2027-03-05"}, "5 March 2027"),
        ({"start": "2027-03-05", "end": "2027-03-05", "place": "Bristol"}, "5 March 2027, Bristol"),
        ({"start": "2027-03-05", "end": "2027-03-07", "online": True}, "5 to 7 March 2027, online"),
        ({"start": "2027-03-30", "end": "2027-04-02"}, "30 March to 2 April 2027"),
        ({"start": "2026-12-30", "end": "2027-01-02"}, "30 December 2026 to 2 January 2027"),
        ({"start": "2027-03", "end": "2027-05"}, "March to May 2027"),
        ({"start": "2026", "end": "2027"}, "2026 to 2027"),
        ({"start": "2027-03", "end": "2027"}, "March 2027 to 2027"),
    ],
)
def test_an_event_says_when_and_where(said: dict[str, Any], expected: str) -> None:
    assert when_and_where(said) == expected


def test_a_digest_tells_when_an_event_takes_place_and_nothing_of_what_does_not(office: Posting) -> None:
    office.reader("a@x.test", "entries")
    office.publish("one", "events", start="2027-03-05", end="2027-03-07", place="Bristol & online")
    office.publish("two", issued="2022-09")
    office.later(days=1)
    (mail,) = office.take()
    assert "About one\n  5 to 7 March 2027, Bristol & online\n" in text_of(mail)
    assert "<strong>5 to 7 March 2027, Bristol &amp; online</strong>" in html_of(mail)
    assert "2022" not in text_of(mail)


def test_a_digest_says_why_and_how_to_leave(office: Posting) -> None:
    office.reader("a@x.test", "publications?topic=ethics", "entries?stage=first")
    terms = {"format": ["book"], "topic": ["consent"], "stage": ["first"]}
    office.publish("one", terms=terms, summary="What was learnt <b>there</b>.")
    office.publish("two", "events", terms={"format": ["book"], "stage": ["first", "second"]})
    office.later(days=1)
    (mail,) = office.take()
    assert mail["Subject"] == "2 new entries: About two, and more"
    text = text_of(mail)
    assert "EVENTS\n\nAbout two\n  Stages: First, Second\n" in text
    assert "You get this because you follow: Publications with topic Ethics;" in " ".join(text.split())
    assert "https://kb.test/v1/publications/one" in text
    assert "team@example.org" in text
    assert "<b>there</b>" in text
    assert "&lt;b&gt;there&lt;/b&gt;" in html_of(mail)
    assert max(len(line) for line in text.splitlines() if "http" not in line) <= 76
