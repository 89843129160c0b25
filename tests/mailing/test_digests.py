"""Who gets which digest, and when: what was published since, as it is now, once to each person."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.catalogue.registry import BY_COLLECTION, BY_NAME
from app.mailing.consent.consent_log import ConsentStatement
from app.mailing.digest_schedule import digest_schedule_task
from app.mailing.models import Frequency, SubscriberRow, SubscriptionRow
from app.mailing.subscriptions import management
from app.pages.dates import format_event
from tests.factories import change, make_term, reinstate, withdraw
from tests.mailing.mail_service import MailService, html_of, mail_service, text_of

PUBLICATION = BY_COLLECTION["publications"]


@pytest.fixture
def context(database: str, tmp_path: Path) -> Iterator[MailService]:
    with mail_service(database, tmp_path) as made:
        made.later()
        yield made


def test_a_daily_digest_has_what_was_published_since_the_last(context: MailService) -> None:
    context.publish("old")
    context.later(minutes=1)
    context.reader("a@x.test", "publications")
    context.publish("one")
    context.publish("two", "events")
    context.later(hours=1)
    assert context.received() == {}
    context.later(hours=22)
    assert context.received() == {"a@x.test": ["one"]}
    context.publish("three")
    context.later(days=1)
    assert context.received() == {"a@x.test": ["three"]}


def test_nothing_new_is_no_mail(context: MailService) -> None:
    context.reader("a@x.test", "publications?topic=ethics")
    context.publish("other", terms={"format": ["book"], "topic": ["trust"]})
    context.later(days=40)
    assert context.received() == {}
    assert context.deliveries() == []


def test_weekly_on_monday_and_monthly_on_the_first(context: MailService) -> None:
    context.reader("week@x.test", "entries", frequency="weekly")
    context.reader("month@x.test", "entries", frequency="monthly")
    context.publish("one")
    context.later(days=6, hours=21)
    assert context.received() == {}
    context.later(hours=2)
    assert context.received() == {"week@x.test": ["one"]}
    context.later(days=21)
    assert context.received() == {}
    context.later(days=3)
    assert context.received() == {"month@x.test": ["one"]}


def test_at_once_is_at_once(context: MailService) -> None:
    context.reader("a@x.test", "entries?topic=ethics", frequency="at_once")
    context.publish("one", terms={"format": ["book"], "topic": ["consent"]})
    context.publish("two", terms={"format": ["book"], "topic": ["trust"]})
    context.later(seconds=20)
    assert context.received() == {"a@x.test": ["one"]}


def test_an_early_correction_reaches_newly_matching_subscribers(context: MailService) -> None:
    context.reader("a@x.test", "entries?topic=ethics", frequency="at_once")
    context.reader("b@x.test", "entries?topic=trust", frequency="at_once")
    context.publish("one", terms={"format": ["book"], "topic": ["trust"]})
    context.later(seconds=20)
    assert context.received() == {"b@x.test": ["one"]}
    with context.sessions.write() as session:
        change(session, PUBLICATION, "one", terms={"format": ["book"], "topic": ["trust", "ethics"]})
    context.later(seconds=20)
    assert context.received() == {"a@x.test": ["one"]}


def test_nobody_gets_an_entry_twice(context: MailService) -> None:
    reader = context.reader("a@x.test", "entries?topic=ethics", frequency="at_once")
    context.subscribe(reader, "publications", "daily")
    context.subscribe(reader, "entries?format=book", "daily")
    context.subscribe(reader, "entries", "weekly")
    context.publish("one", terms={"format": ["book"], "topic": ["ethics"]})
    context.publish("two", terms={"format": ["book"], "topic": ["trust"]})
    context.publish("three", "events")
    context.later(seconds=20)
    assert context.received() == {"a@x.test": ["one"]}
    context.later(days=1)
    assert context.received() == {"a@x.test": ["two"]}
    context.later(days=7)
    assert context.received() == {"a@x.test": ["three"]}
    context.later(days=31)
    assert context.received() == {}


def test_edits_and_reinstatements_are_not_mailed(context: MailService) -> None:
    context.publish("one")
    context.later(minutes=1)
    context.reader("a@x.test", "entries")
    context.reader("b@x.test", "entries", frequency="at_once")
    with context.sessions.write() as session:
        change(session, PUBLICATION, "one", now=context.now, summary="Corrected.")
    context.later(days=1)
    with context.sessions.write() as session:
        withdraw(session, PUBLICATION, "one", now=context.now)
    context.later(days=1)
    with context.sessions.write() as session:
        reinstate(session, PUBLICATION, "one", now=context.now)
    context.later(days=1)
    assert context.received() == {}


def test_an_entry_withdrawn_before_sending_is_not_mailed(context: MailService) -> None:
    context.reader("a@x.test", "entries")
    context.publish("one")
    context.publish("two")
    context.later(minutes=1)
    with context.sessions.write() as session:
        withdraw(session, PUBLICATION, "one")
    context.later(days=1)
    assert context.received() == {"a@x.test": ["two"]}


def test_after_a_long_outage_there_is_one_digest(context: MailService) -> None:
    context.reader("a@x.test", "entries")
    for day in range(5):
        context.publish(f"day-{day}")
        context.now = context.now.replace(day=context.now.day + 1)
    context.later()
    assert context.received() == {"a@x.test": [f"day-{day}" for day in range(5)]}


@pytest.mark.parametrize("frequency", Frequency)
def test_after_a_month_of_outage_no_entry_is_missed(context: MailService, frequency: str) -> None:
    """The first of them waits two months for a monthly digest that nobody was there to send."""
    context.reader("a@x.test", "entries", frequency=frequency)
    for days in (1, 15, 15, 15, 15):
        context.publish(f"day-{context.now:%m-%d}")
        context.now += timedelta(days=days)
    context.later()
    assert len(context.take()) == 1
    assert {row.state for row in context.deliveries()} == {"sent"}
    (items,) = (context.deliveries()[0].items or {}).values()
    assert len(items) == 5


def test_switching_to_immediate_mail_sends_what_waited(context: MailService) -> None:
    reader = context.reader("a@x.test")
    number = context.subscribe(reader, "entries", frequency="weekly")
    context.reader("b@x.test", "entries", frequency="weekly")
    context.publish("one")
    context.later(days=2)
    assert context.received() == {}
    with context.sessions.write() as session:
        person = session.get_one(SubscriberRow, reader)
        signup = management.SubscriptionUpdate(id=number, frequency=Frequency.at_once)
        management.change(context.context, session, person, [signup], ConsentStatement("test"), now=context.now)
    context.later(seconds=1)
    assert context.received() == {"a@x.test": ["one"]}
    context.publish("two")
    context.later(seconds=20)
    assert context.received() == {"a@x.test": ["two"]}


def test_a_subscriber_who_confirms_during_a_run_misses_nothing(context: MailService) -> None:
    """Between the moment it is planned and the one it is decided."""
    context.reader("a@x.test", "entries", frequency="daily")
    reader = context.reader("b@x.test")
    number = context.subscribe(reader, "entries", frequency="weekly")
    for slug in ("one", "two"):
        context.publish(slug)
        context.later(seconds=20)
        context.now += timedelta(days=1)
        digest_schedule_task(context.registry, context.settings.digest_hour).run(context.sessions, context.now)
        if slug == "two":
            with context.sessions.write() as session:
                person = session.get_one(SubscriberRow, reader)
                signup = management.SubscriptionUpdate(id=number, frequency=Frequency.daily)
                management.change(context.context, session, person, [signup], ConsentStatement("test"), now=context.now)
    context.later(days=1)
    assert {name: sorted(got) for name, got in context.received().items()} == {
        "a@x.test": ["one", "two"],
        "b@x.test": ["one", "two"],
    }


def test_inactive_subscribers_and_paused_subscriptions_get_nothing(context: MailService) -> None:
    for state in ("pending", "unsubscribed", "bounced", "complained"):
        context.reader(f"{state}@x.test", "entries", state=state)
    reader = context.reader("a@x.test")
    for state in ("pending", "paused", "ended"):
        context.subscribe(reader, "entries", state=state)
    context.publish("one")
    context.later(days=2)
    assert context.received() == {}


def test_a_replaced_term_is_followed_and_a_deleted_one_pauses_the_subscription(context: MailService) -> None:
    context.reader("a@x.test", "entries?topic=unused")
    reader = context.reader("b@x.test")
    lost = context.subscribe(reader, "entries?topic=trust")
    with context.sessions.write() as session:
        row = session.get_one(SubscriptionRow, lost)
        row.query = {**row.query, "where": {"field": "topic", "op": "any", "value": "never-was"}}
        row.query_digest = "0" * 64
        make_term(session, "topic", slug="useful")
        change(session, BY_NAME["term"], "unused", scheme="topic", replaced_by="useful")
    context.publish("one", terms={"format": ["book"], "topic": ["useful"]})
    context.later(days=1)
    assert context.received() == {"a@x.test": ["one"]}
    with context.sessions.read() as session:
        row = session.get_one(SubscriptionRow, lost)
        assert (row.state, row.paused_because) == ("paused", "term_vanished")


@pytest.mark.parametrize("frequency", [Frequency.at_once, Frequency.weekly])
def test_a_paused_subscription_resumes_when_its_term_exists_again(context: MailService, frequency: str) -> None:
    """With all that came meanwhile, by itself."""
    reader = context.reader("a@x.test")
    lost = context.subscribe(reader, "entries?topic=trust", frequency)
    with context.sessions.write() as session:
        row = session.get_one(SubscriptionRow, lost)
        row.query = {**row.query, "where": {"field": "topic", "op": "any", "value": "not-yet"}}
        row.query_digest = "0" * 64
    context.publish("one", terms={"format": ["book"], "topic": ["trust"]})
    context.later(days=8)
    context.publish("two", terms={"format": ["book"], "topic": ["trust"]})
    context.later(days=8)
    assert context.received() == {}
    with context.sessions.write() as session:
        make_term(session, "topic", slug="not-yet")
        terms = {"format": ["book"], "topic": ["not-yet"]}
        change(session, PUBLICATION, "one", now=context.now, terms=terms)
    context.publish("three", terms=terms)
    context.later(days=7)
    assert {name: sorted(got) for name, got in context.received().items()} == {"a@x.test": ["one", "three"]}
    with context.sessions.read() as session:
        row = session.get_one(SubscriptionRow, lost)
        assert (row.state, row.paused_because) == ("active", None)


def test_digest_queries_match_all_words_as_spelt(context: MailService) -> None:
    context.reader("a@x.test", "entries?q=trauma informed practice")
    context.publish("one", title="About one", summary="Trauma-informed practice in schools")
    context.publish("two", title="About two", summary="Practice alone")
    context.publish("three", title="About three", summary="Trauma informed practise")
    context.later(days=1)
    assert context.received() == {"a@x.test": ["one"]}


@pytest.mark.parametrize(
    ("values", "expected"),
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
def test_an_event_says_when_and_where(values: dict[str, Any], expected: str) -> None:
    assert format_event(values) == expected


def test_a_digest_says_when_an_event_takes_place_and_nothing_of_entries_without_a_time(context: MailService) -> None:
    context.reader("a@x.test", "entries")
    context.publish("one", "events", start="2027-03-05", end="2027-03-07", place="Bristol & online")
    context.publish("two", issued="2022-09")
    context.later(days=1)
    (mail,) = context.take()
    assert "About one\n  5 to 7 March 2027, Bristol & online\n" in text_of(mail)
    assert "<strong>5 to 7 March 2027, Bristol &amp; online</strong>" in html_of(mail)
    assert "2022" not in text_of(mail)


def test_a_digest_says_why_and_how_to_leave(context: MailService) -> None:
    context.reader("a@x.test", "publications?topic=ethics", "entries?stage=first")
    terms = {"format": ["book"], "topic": ["consent"], "stage": ["first"]}
    context.publish("one", terms=terms, summary="What was learnt <b>there</b>.")
    context.publish("two", "events", terms={"format": ["book"], "stage": ["first", "second"]})
    context.later(days=1)
    (mail,) = context.take()
    assert mail["Subject"] == "2 new entries: About two, and more"
    text = text_of(mail)
    assert "EVENTS\n\nAbout two\n  Stages: First, Second\n" in text
    assert "You get this because you follow: Publications with topic Ethics;" in " ".join(text.split())
    assert "https://kb.test/publications/one" in text
    assert "team@example.org" in text
    assert "<b>there</b>" in text
    assert "&lt;b&gt;there&lt;/b&gt;" in html_of(mail)
    assert max(len(line) for line in text.splitlines() if "http" not in line) <= 76
