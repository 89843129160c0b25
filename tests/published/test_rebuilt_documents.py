"""Documents rendered anew are the documents kept, and an index built afresh is the index kept up to date."""

from contextlib import closing
from typing import Any

import pytest
from pyroaring import BitMap

from app.catalogue.registry import BY_NAME
from app.ops.database.integrity import check_catalogue
from app.search.index.snapshot import Snapshot
from app.search.storage.ordering import Ordering
from app.staff.maintenance.rebuilding import rebuild
from tests.corpus import Corpus
from tests.factories import NOW, change, make_publication
from tests.published.random_changes import Staff

SEEDS = range(2)
STEPS = 40
QUESTIONS = (
    "entries?facets=topic,format,contributor,kind,year,relation,funder,language",
    "entries?q=lantern&sort=title",
    "entries?q=zebra+-book&facets=format",
    "entries?q=children%27s",
    "entries?relation__exists=true&sort=-updated_at,slug",
    "publications?year__gte=2020&sort=-issued,title",
    "frameworks?element_type__exists=true",
    "events?sort=start",
    *("people", "organisations", "topics", "vocabularies"),
)


def rebuilt(kb: Corpus) -> int:
    with kb.write() as session:
        return rebuild(session, now=NOW)


@pytest.mark.parametrize("seed", SEEDS)
def test_rebuilding_finds_nothing_and_the_index_is_the_one_built_afresh(kb: Corpus, database: str, seed: int) -> None:
    staff = Staff(kb, seed)
    for step in range(STEPS):
        staff.work(1)
        kb.client.get("/v1/entries?sort=title&per_page=1")
        if step % 8 == 0:
            assert rebuilt(kb) == 0
    assert check_catalogue(kb.service.sessions, NOW) == []
    with closing(Corpus(database)) as fresh:
        assert contents(kb.snapshot) == contents(fresh.snapshot)
        for question in QUESTIONS:
            assert kb.client.json(f"/v1/{question}") == fresh.client.json(f"/v1/{question}"), question
        fresh.snapshot.orders.warm()
        for key, ordering in kb.snapshot.orderings.items():
            assert in_order(ordering) == in_order(fresh.snapshot.orderings[key]), key
        for column, ordering in kb.snapshot.columns.items():
            assert in_order(ordering) == in_order(fresh.snapshot.columns[column]), column


def contents(snapshot: Snapshot) -> dict[str, Any]:
    """All that an index holds, without the traces of addresses that nothing leads to any more."""
    addresses = dict(snapshot.addresses.items())
    rows = {ident: snapshot.rows.get(ident) for ident in addresses.values()}
    postings = {
        name: {value: set(as_set(posting)) for value, posting in values.items()}
        for name, values in snapshot.postings.items()
    }
    return {
        "head": snapshot.revision,
        "modified": snapshot.modified,
        "addresses": addresses,
        "rows": rows,
        "postings": {name: values for name, values in postings.items() if values},
        "vocabularies": snapshot.registry.vocabularies,
        "collections": list(snapshot.registry.collections),
    }


def as_set(posting: int | BitMap) -> set[int]:
    return {posting} if isinstance(posting, int) else set(posting)


def in_order(ordering: Ordering) -> list[int]:
    return [ident for block in ordering.blocks for ident in block.ids]


def test_a_renamed_vocabulary_is_renamed_in_everything(kb: Corpus, database: str) -> None:
    with kb.write() as session:
        make_publication(session, slug="one", terms={"format": ["book"], "topic": ["trust"]})
    assert kb.client.slugs("/v1/publications?topic=trust") == ["one"]
    with kb.write() as session:
        change(session, BY_NAME["vocabulary"], "topic", slug="subject")
    assert rebuilt(kb) == 0
    assert kb.client.slugs("/v1/publications?subject=trust") == ["one"]
    assert kb.client.refused("/v1/publications?topic=trust")["errors"][0]["parameter"] == "topic"
    with closing(Corpus(database)) as fresh:
        assert contents(kb.snapshot) == contents(fresh.snapshot)


def test_two_entries_may_share_a_web_address(kb: Corpus) -> None:
    shared = [{"type": "watch", "url": "https://example.org/talk"}]
    with kb.write() as session:
        make_publication(session, slug="one", resources=shared)
        make_publication(session, slug="two", resources=shared)
    assert set(kb.client.slugs("/v1/entries?q=https://example.org/talk")) == {"one", "two"}
    with kb.write() as session:
        change(session, BY_NAME["publication"], "two", resources=[])
    assert kb.client.slugs("/v1/entries?q=https://example.org/talk") == ["one"]


def test_rebuilding_puts_right_what_was_damaged(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, slug="one", title="Right")
    with kb.write() as session:
        session.connection().exec_driver_sql("UPDATE document SET body = '{}' WHERE kind = 'publication'")
    assert any("1 document" in problem for problem in check_catalogue(kb.service.sessions, NOW))
    assert rebuilt(kb) == 1
    assert kb.client.json("/v1/publications/one")["title"] == "Right"
    assert check_catalogue(kb.service.sessions, NOW) == []


def test_rebuilding_puts_a_lost_redirect_back(kb: Corpus) -> None:
    """With the revision of the rebuilding, so that whoever keeps a copy hears of it."""
    with kb.write() as session:
        make_publication(session, slug="one")
        change(session, BY_NAME["publication"], "one", slug="two")
        session.connection().exec_driver_sql("DELETE FROM document WHERE uuid IS NULL")
    assert kb.client.get("/v1/publications/one").status_code == 404
    before = kb.client.json("/v1")["revision"]
    assert rebuilt(kb) == 1
    moved = kb.client.get("/v1/publications/one")
    assert (moved.status_code, moved.headers["location"].rpartition("/")[2]) == (301, "two")
    assert kb.client.json("/v1")["revision"] == before + 1
