"""Consumers of the change feed: each reads on from its own cursor, and none knows of another."""

from datetime import UTC, datetime, timedelta

from app.catalogue.registry import BY_NAME
from app.documents.revisions import PublishedRevisionRow, published_number
from app.feed.cursors import FeedBatch, feed_position, follow_feed, is_behind
from app.feed.first_publications import first_published, last_changed
from app.mailing.digest_schedule import CONSUMER as DIGESTS
from tests.corpus import Corpus
from tests.factories import NOW, change, make_publication, make_term, withdraw

WEBHOOKS = "webhooks"
KINDS = ("publication",)
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
PUBLICATION = BY_NAME["publication"]


def follow(kb: Corpus, consumer: str) -> FeedBatch | None:
    with kb.write() as session:
        return follow_feed(session, consumer, KINDS)


def publish(kb: Corpus, slug: str) -> int:
    with kb.write() as session:
        make_publication(session, slug=slug)
        return published_number(session)


def edit(kb: Corpus, slug: str, title: str) -> int:
    with kb.write() as session:
        change(session, PUBLICATION, slug, title=title)
        return published_number(session)


def first_revisions(kb: Corpus, batch: FeedBatch | None) -> list[int]:
    assert batch is not None
    with kb.read() as session:
        found = first_published(session, batch.after, batch.until, since=LONG_AGO)
        return sorted(each.revision for each in found)


def changed_revisions(kb: Corpus, batch: FeedBatch | None, *, since: datetime = LONG_AGO) -> list[int]:
    """Those with which the entries were first published that changed last in the batch."""
    assert batch is not None
    with kb.read() as session:
        found = last_changed(session, batch.after, batch.until, since=since)
        return sorted(each.revision for each in found)


def test_a_consumer_reads_each_change_once(kb: Corpus) -> None:
    first = publish(kb, "one")
    assert follow(kb, DIGESTS) == FeedBatch(0, first, has_entries=True)
    assert follow(kb, DIGESTS) is None
    second = publish(kb, "two")
    assert follow(kb, DIGESTS) == FeedBatch(first, second, has_entries=True)


def test_a_second_consumer_reads_the_same_at_its_own_pace(kb: Corpus) -> None:
    first = publish(kb, "one")
    follow(kb, DIGESTS)
    second = publish(kb, "two")
    digests, webhooks = follow(kb, DIGESTS), follow(kb, WEBHOOKS)
    assert digests == FeedBatch(first, second, has_entries=True)
    assert webhooks == FeedBatch(0, second, has_entries=True)
    assert first_revisions(kb, digests) == [second]
    assert first_revisions(kb, webhooks) == [first, second]
    assert (follow(kb, DIGESTS), follow(kb, WEBHOOKS)) == (None, None)


def test_an_entry_is_first_published_once_whoever_read_of_it_first(kb: Corpus) -> None:
    first = publish(kb, "one")
    follow(kb, WEBHOOKS)
    edit(kb, "one", "Corrected")
    digests, webhooks = follow(kb, DIGESTS), follow(kb, WEBHOOKS)
    assert first_revisions(kb, digests) == changed_revisions(kb, digests) == [first]
    assert first_revisions(kb, webhooks) == []
    assert changed_revisions(kb, webhooks) == [first]
    assert changed_revisions(kb, webhooks, since=NOW + timedelta(seconds=1)) == []


def test_what_is_withdrawn_and_what_is_no_entry_moves_the_cursor_alone(kb: Corpus) -> None:
    publish(kb, "one")
    follow(kb, DIGESTS)
    with kb.write() as session:
        withdraw(session, PUBLICATION, "one")
        make_term(session, "topic")
    batch = follow(kb, DIGESTS)
    assert batch is not None
    assert not batch.has_entries
    assert changed_revisions(kb, batch) == []


def test_a_batch_counts_as_read_when_the_transaction_commits_and_not_before(kb: Corpus) -> None:
    first = publish(kb, "one")
    with kb.write() as session:
        assert follow_feed(session, DIGESTS, KINDS)
        session.rollback()
    with kb.read() as session:
        assert is_behind(session, DIGESTS)
        assert feed_position(session, DIGESTS) == 0
        assert first_published(session, 0, first, since=LONG_AGO) == []
    batch = follow(kb, DIGESTS)
    assert first_revisions(kb, batch) == [first]
    with kb.read() as session:
        assert not is_behind(session, DIGESTS)
        assert is_behind(session, WEBHOOKS)


def test_after_a_backup_was_restored_everybody_reads_on_from_there(kb: Corpus) -> None:
    first = publish(kb, "one")
    publish(kb, "two")
    for consumer in (DIGESTS, WEBHOOKS):
        follow(kb, consumer)
    with kb.write() as session:
        for row in session.query(PublishedRevisionRow).where(PublishedRevisionRow.number > first):
            session.delete(row)
    assert (follow(kb, DIGESTS), follow(kb, WEBHOOKS)) == (None, None)
    with kb.read() as session:
        assert feed_position(session, DIGESTS) == feed_position(session, WEBHOOKS) == first
