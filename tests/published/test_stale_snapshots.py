"""A change between the choice of documents and their reading: the answer is made again, and shows one state."""

from collections.abc import Iterator, Sequence
from contextlib import closing

import pytest

from app.catalogue.registry import BY_NAME
from app.documents.revisions import PublishedRevision
from tests.corpus import Corpus
from tests.factories import change, make_publication, withdraw

PUBLICATION = BY_NAME["publication"]


@pytest.fixture
def forgetful(database: str) -> Iterator[Corpus]:
    """It keeps no documents in memory, so every answer reads them."""
    corpus = Corpus(database, document_memory=0)
    with corpus.write() as session:
        for slug in ("one", "two"):
            make_publication(session, slug=slug, title=slug)
    yield corpus
    corpus.close()


def interrupt(monkeypatch: pytest.MonkeyPatch, corpus: Corpus, times: int) -> list[int]:
    """Before each of the first `times` readings, somebody publishes a correction."""
    index = corpus.service.index
    fetch, readings = index._fetch, []

    def overtaken(ids: Sequence[int], at_least: PublishedRevision) -> object:
        readings.append(len(ids))
        if len(readings) <= times:
            with corpus.write() as session:
                change(session, PUBLICATION, "one", title=f"one, corrected {len(readings)}")
        return fetch(ids, at_least)

    monkeypatch.setattr(index, "_fetch", overtaken)
    return readings


@pytest.mark.parametrize(
    "path", ["/v1/publications?sort=slug", "/v1/publications.csv?sort=slug&per_page=25", "/v1/publications/one"]
)
def test_the_answer_has_the_change_that_overtook_it(
    forgetful: Corpus, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    readings = interrupt(monkeypatch, forgetful, times=2)
    answer = forgetful.client.get(path)
    assert answer.status_code == 200
    assert "one, corrected 2" in answer.text
    assert len(readings) == 3


def test_an_export_has_what_memory_had_no_room_for(database: str) -> None:
    """The body of before is still there: it is not that of the revision."""
    with closing(Corpus(database, document_memory=6_000)) as corpus:
        with corpus.write() as session:
            make_publication(session, slug="one", title="before", body="x" * 3_000)
        assert [each["title"] for each in corpus.client.json("/v1/publications")["results"]] == ["before"]
        with corpus.write() as session:
            change(session, PUBLICATION, "one", title="after")
        assert not corpus.service.index._bodies.complete
        assert "after" in corpus.client.get("/v1/publications.ndjson").text
        assert [each["title"] for each in corpus.client.json("/v1/publications")["results"]] == ["after"]


def test_an_export_survives_a_withdrawal(forgetful: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    index = forgetful.service.index
    fetch = index._fetch

    def overtaken(ids: Sequence[int], at_least: PublishedRevision) -> object:
        monkeypatch.setattr(index, "_fetch", fetch)
        with forgetful.write() as session:
            withdraw(session, PUBLICATION, "one")
        return fetch(ids, at_least)

    monkeypatch.setattr(index, "_fetch", overtaken)
    answer = forgetful.client.get("/v1/publications.csl?per_page=25")
    assert [each["title"] for each in answer.json()] == ["two"]


def test_without_an_end_of_changes_the_answer_is_to_come_back(
    forgetful: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupt(monkeypatch, forgetful, times=99)
    answer = forgetful.client.get("/v1/publications/one")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
