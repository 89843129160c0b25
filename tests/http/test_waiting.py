"""What the service waits for: nothing slow in the event loop, and a database that fails is told as such."""

import threading
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy.exc import OperationalError

from app.db.engine import sqlite3
from app.documents.revisions import PublishedRevision
from app.search.index import live_index as indexing
from app.search.index import pagination
from app.search.index.snapshot import Snapshot
from app.search.query.model import RELEVANCE, And, Leaf, Not, Query, parse_sort
from app.search.words import word_search
from tests.corpus import Corpus
from tests.factories import STAGES, make_publication, make_term

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


def test_what_is_in_memory_is_quick_but_for_new_orders_of_much(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    corpus = Corpus(database)
    with corpus.write() as session:
        make_publication(session, slug="one", title="one")
    index, snapshot = corpus.service.index, corpus.snapshot
    monkeypatch.setattr(index, "_far", True)
    sort = parse_sort("-issued,title")
    query = Query("publications", sort=sort)
    assert index.is_quick(snapshot)
    assert index.is_quick(snapshot, query)
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
    for most, quick in ((len(STAGES), True), (len(STAGES) - 1, False)):
        monkeypatch.setattr(pagination, "FEW_VALUES", most)
        assert index.is_quick(snapshot, query, facets) == quick
    corpus.close()


def test_bounds_are_quick_once_what_they_bound_is_in_order(told: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indexing, "MAX_QUICK_SORT", 0)
    index, snapshot = told.service.index, told.snapshot
    sort = parse_sort(snapshot.default_sort("publications"))
    query = Query("publications", Leaf("updated_at", "gte", ("2020",)), sort=sort)
    assert told.client.get("/v1/publications").status_code == 200
    assert index.is_quick(snapshot, Query("publications", sort=sort))
    assert not index.is_quick(snapshot, query)
    assert told.client.get("/v1/publications?updated_at__gte=2020").status_code == 200
    assert index.is_quick(snapshot, query)


RANKED = (RELEVANCE,)


@pytest.fixture
def told(database: str) -> Iterator[Corpus]:
    """Three publications, one of which carries a topic; words have been looked for once."""
    corpus = Corpus(database)
    with corpus.write() as session:
        make_term(session, slug="care", label="Care leavers")
        terms = {"format": ["article"], "topic": ["care"]}
        make_publication(session, slug="one", title="A harbour for young people", terms=terms)
        make_publication(session, slug="two", title="A harbour, once more: what is this, leaving?")
        make_publication(session, slug="three", title="A lighthouse")
    corpus.snapshot.find("harbour")
    yield corpus
    corpus.close()


SIXTY = "harbour" + " what is" * 6 + " this"
PLAIN = ("harbour", "Harbour", "young people", "what is a harbour", "care leavers", "harbour young people care", SIXTY)
PHRASES = ('"young people"', "harbour -lighthouse", "-harbour", "harbour OR lighthouse", "NOT harbour")
UNKNOWN = ("harbuor", "harbour harbuor", "?")
LONG = ("harbour " * 8, "harbour young people leaving care", "what is this", "a " + SIXTY)


def test_a_few_plain_words_that_something_has_are_quick_and_no_others(told: Corpus) -> None:
    index, snapshot = told.service.index, told.snapshot
    tried = (*PLAIN, *PHRASES, *UNKNOWN, *LONG)
    quick = [words for words in tried if index.is_quick(snapshot, Query("publications", words=words, sort=RANKED))]
    assert quick == [*PLAIN]


def test_many_values_are_not_quick(told: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    where = And((Leaf("topic", "any", ("care", "trust")), Not(Leaf("format", "any", ("article",)))))
    query = Query("publications", where, sort=parse_sort("-issued,title"))
    monkeypatch.setattr(indexing, "MAX_QUICK_VALUES", 3)
    assert told.service.index.is_quick(told.snapshot, query)
    monkeypatch.setattr(indexing, "MAX_QUICK_VALUES", 2)
    assert not told.service.index.is_quick(told.snapshot, query)


def test_words_of_much_are_not_quick_until_they_have_been_read(told: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    index, snapshot = told.service.index, told.snapshot
    known, unknown = (Query("publications", words=words, sort=RANKED) for words in ("harbour", "lighthouse"))
    monkeypatch.setattr(word_search, "MAX_QUICK_READ", 0)
    assert (index.is_quick(snapshot, known), index.is_quick(snapshot, unknown)) == (True, False)
    snapshot.find("lighthouse")
    assert index.is_quick(snapshot, unknown)


def test_words_of_very_much_are_never_quick(told: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    query = Query("publications", words="harbour lighthouse", sort=RANKED)
    monkeypatch.setattr(word_search, "MAX_QUICK_RANKED", 3)
    assert told.service.index.is_quick(told.snapshot, query)
    monkeypatch.setattr(word_search, "MAX_QUICK_RANKED", 2)
    assert not told.service.index.is_quick(told.snapshot, query)


def test_words_of_names_are_not_quick_where_there_is_much(told: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_search, "MAX_QUICK_NAMED", 0)
    index, snapshot = told.service.index, told.snapshot
    of_no_name, of_a_name = (Query("publications", words=words, sort=RANKED) for words in ("harbour", "leaver"))
    assert index.is_quick(snapshot, of_no_name)
    assert not index.is_quick(snapshot, of_a_name)
    monkeypatch.setattr(word_search, "MAX_QUICK_NAMED", len(snapshot.words.everything))
    assert index.is_quick(snapshot, of_a_name)


def test_the_first_words_of_a_snapshot_are_not_quick(told: Corpus) -> None:
    query = Query("publications", words="harbour", sort=RANKED)
    with told.write() as session:
        make_publication(session, slug="four", title="Another harbour")
    assert not told.service.index.is_quick(told.snapshot, query)
    told.service.index.warm()
    assert not told.service.index.is_quick(told.snapshot, query)
    assert told.client.get("/v1/publications?q=harbour").json()["meta"]["count"] == 3
    assert told.service.index.is_quick(told.snapshot, query)


def test_words_in_several_languages_are_not_quick(told: Corpus) -> None:
    with told.write() as session:
        make_publication(session, slug="hafen", title="Ein Hafen", language="de")
    told.snapshot.find("harbour")
    assert not told.service.index.is_quick(told.snapshot, Query("publications", words="harbour", sort=RANKED))


def test_words_with_facets_or_an_order_of_their_own_are_quick_once_these_are_made(
    told: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "MAX_QUICK_SORT", 0)
    index, snapshot, facets = told.service.index, told.snapshot, ("topic",)
    ranked = Query("publications", words="harbour", sort=RANKED)
    assert index.is_quick(snapshot, ranked)
    assert not index.is_quick(snapshot, ranked, facets)
    assert not index.is_quick(snapshot, Query("publications", words="harbour", sort=parse_sort("-title,slug")))
    assert told.client.get("/v1/publications?facets=topic").status_code == 200
    assert index.is_quick(snapshot, ranked, facets)


@pytest.mark.parametrize(("path", "in_loop"), [("?q=harbour", True), ("?q=%22a+harbour%22", False)])
def test_quick_words_are_found_in_the_event_loop(
    told: Corpus, monkeypatch: pytest.MonkeyPatch, path: str, in_loop: bool
) -> None:
    find, threads = Snapshot.match, []

    def noted(snapshot: Snapshot, query: Query) -> object:
        threads.append(threading.current_thread())
        return find(snapshot, query)

    monkeypatch.setattr(Snapshot, "match", noted)
    assert told.client.get(f"/v1/publications{path}").json()["meta"]["count"] == 2
    assert {thread is threading.main_thread() for thread in threads} == {in_loop}
