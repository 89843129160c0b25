"""What the service waits for: nothing slow in the event loop, and a database that fails is told as such."""

import threading
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy.exc import OperationalError

from app.db.engine import sqlite3
from app.documents.revisions import PublishedRevision
from app.search.index import live_index as indexing
from app.search.query.model import Query, parse_sort
from tests.corpus import Corpus
from tests.factories import make_publication

PATHS = ("/v1/publications?sort=slug", "/v1/publications/one")
MADE_INTO_ANOTHER_FORMAT = "/v1/publications.csv?sort=slug&per_page=5"


@pytest.fixture
def forgetful(database: str) -> Iterator[Corpus]:
    """It keeps no documents in memory, so every answer reads them."""
    corpus = Corpus(database, document_memory=0)
    with corpus.write() as session:
        make_publication(session, slug="one", title="one")
    yield corpus
    corpus.close()


@pytest.mark.parametrize("error", [OperationalError("SELECT", {}, Exception()), sqlite3.OperationalError("disk")])
@pytest.mark.parametrize("path", [*PATHS, MADE_INTO_ANOTHER_FORMAT])
def test_a_database_that_fails_while_answering_is_unavailable(
    forgetful: Corpus, monkeypatch: pytest.MonkeyPatch, path: str, error: Exception
) -> None:
    def failing(_ids: Sequence[int], _at_least: PublishedRevision) -> object:
        raise error

    monkeypatch.setattr(forgetful.service.index, "_fetch", failing)
    answer = forgetful.client.get(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert answer.json()["detail"] == "The database is temporarily unavailable."


@pytest.mark.parametrize(
    ("path", "far"), [*((path, far) for path in PATHS for far in (True, False)), (MADE_INTO_ANOTHER_FORMAT, True)]
)
def test_documents_from_another_machine_are_awaited_in_a_thread(
    forgetful: Corpus, monkeypatch: pytest.MonkeyPatch, path: str, far: bool
) -> None:
    index = forgetful.service.index
    fetch, threads = index._fetch, []

    def noted(ids: Sequence[int], at_least: PublishedRevision) -> object:
        threads.append(threading.current_thread())
        return fetch(ids, at_least)

    monkeypatch.setattr(index, "_fetch", noted)
    monkeypatch.setattr(index, "_far", far)
    assert forgetful.client.get(path).status_code == 200
    assert [thread is not threading.main_thread() for thread in threads] == [far]


def test_other_formats_are_made_in_a_thread(forgetful: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    index = forgetful.service.index
    fetch, threads = index._fetch, []

    def noted(ids: Sequence[int], at_least: PublishedRevision) -> object:
        threads.append(threading.current_thread())
        return fetch(ids, at_least)

    monkeypatch.setattr(index, "_fetch", noted)
    assert forgetful.client.get(MADE_INTO_ANOTHER_FORMAT).status_code == 200
    assert threads[0] is not threading.main_thread()


def test_what_is_in_memory_is_quick_but_for_words_and_new_orders_of_much(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = Corpus(database)
    with corpus.write() as session:
        make_publication(session, slug="one", title="one")
    index, snapshot = corpus.service.index, corpus.snapshot
    monkeypatch.setattr(index, "_far", True)
    sort = parse_sort("-issued,title")
    query = Query("publications", sort=sort)
    assert index.is_quick(snapshot)
    assert index.is_quick(snapshot, query)
    assert not index.is_quick(snapshot, Query("publications", words="one", sort=sort))
    monkeypatch.setattr(indexing, "MAX_QUICK_SORT", 0)
    assert index.is_quick(snapshot, query)
    assert not index.is_quick(snapshot, Query("publications", sort=parse_sort("-title,slug")))
    snapshot.orderings.clear()
    assert not index.is_quick(snapshot, query)
    corpus.close()


def test_facets_are_quick_once_their_values_are_listed_in_an_order_of_their_own_too(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = Corpus(database)
    with corpus.write() as session:
        make_publication(session, slug="one", title="one")
    monkeypatch.setattr(indexing, "MAX_QUICK_SORT", 0)
    index, snapshot, facets = corpus.service.index, corpus.snapshot, ("stage", "topic")
    query = Query("publications", sort=parse_sort(snapshot.default_sort("publications")))
    assert not index.is_quick(snapshot, query, facets)
    assert corpus.client.get("/v1/publications?facets=stage,topic").status_code == 200
    assert index.is_quick(snapshot, query, facets)
    corpus.close()
