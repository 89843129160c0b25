"""No answer has more than 2 MB: what would is refused, and the refusal says what would not."""

from urllib.parse import urlencode

import orjson
import pytest

from app.reading.content import response_size
from app.reading.content.response_size import MAX_SIZE, TooManyBytes, check_size, size_error
from app.search.query.condition_parser import in_body, in_url
from tests.client import problem
from tests.corpus import Corpus

pytestmark = pytest.mark.one_engine

SMALL = 40_000


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    """A largest answer that seed data are enough to pass."""
    monkeypatch.setattr(response_size, "MAX_SIZE", SMALL)
    return SMALL


@pytest.mark.parametrize(
    "query",
    ["", "select=title,summary,contributors,relations,identifiers,url", "q=innovation"],
)
def test_a_page_beyond_it_names_one_that_fits(seeded: Corpus, small: int, query: str) -> None:
    (error,) = seeded.client.refused(f"/v1/entries?{query}&per_page=99")["errors"]
    assert (error["parameter"], error["code"]) == ("per_page", "answer-too-large")
    answer = seeded.client.get(f"/v1/entries?{query}&per_page={error['suggestion']}")
    assert answer.status_code == 200
    assert len(answer.content) <= small
    assert f"`per_page={error['suggestion']}`" in error["message"]


def test_of_a_body_it_points_to_the_member(seeded: Corpus, small: int) -> None:
    refusal = problem(seeded.client.request("POST", "/v1/entries/search", json={"per_page": 100}), 400)
    assert [error["pointer"] for error in refusal["errors"]] == ["/per_page"]


def test_addresses_of_values_count_before_they_are_written(seeded: Corpus, small: int) -> None:
    query = urlencode(
        {
            "q": "innovation -" + "x" * 900,
            "facets": "topic,author,stage,format,year,kind",
            "facet_size": 100,
            "per_page": 1,
        }
    )
    (error,) = seeded.client.refused(f"/v1/entries?{query}")["errors"]
    assert (error["parameter"], error["code"]) == ("facet_size", "answer-too-large")


def test_documents_to_be_included_count_before_they_are_read(seeded: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(response_size, "MAX_SIZE", 40_000)
    read: list[object] = []
    monkeypatch.setattr(orjson, "loads", read.append)
    seeded.client.refused("/v1/entries?include=contributors&per_page=99")
    assert read == []


def test_a_document_that_is_too_large_alone_can_be_selected_from() -> None:
    for place, member in ((in_url, "parameter"), (in_body, "pointer")):
        (error,) = size_error(TooManyBytes(9 * MAX_SIZE), "per_page", 1, place).errors
        assert getattr(error, member).strip("/") == "select"


def test_at_the_limit_there_is_an_answer() -> None:
    check_size((MAX_SIZE - 1, 1))
    with pytest.raises(TooManyBytes):
        check_size((MAX_SIZE, 1))
