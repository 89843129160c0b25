"""No answer has more than 2 MB: what would is refused, and the refusal says what would not."""

from urllib.parse import urlencode

import pytest

from app.reading import documents, size
from app.reading.size import LARGEST, TooManyBytes, as_refusal, check_size
from app.search.parsing import in_address, in_body
from tests.client import problem
from tests.knowledge import Knowledge

SMALL = 40_000


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    """A largest answer that seed data are enough to pass."""
    monkeypatch.setattr(size, "LARGEST", SMALL)
    return SMALL


@pytest.mark.parametrize(
    "query",
    ["", "select=title,summary,contributors,relations,identifiers,url", "q=innovation"],
)
def test_a_page_beyond_it_names_one_that_fits(seeded: Knowledge, small: int, query: str) -> None:
    (error,) = seeded.client.refused(f"/v1/entries?{query}&per_page=99")["errors"]
    assert (error["parameter"], error["code"]) == ("per_page", "answer-too-large")
    answer = seeded.client.get(f"/v1/entries?{query}&per_page={error['suggestion']}")
    assert answer.status_code == 200
    assert len(answer.content) <= small
    assert f"`per_page={error['suggestion']}`" in error["message"]


def test_of_a_body_it_points_to_the_member(seeded: Knowledge, small: int) -> None:
    refusal = problem(seeded.client.request("POST", "/v1/entries/search", json={"per_page": 100}), 400)
    assert [error["pointer"] for error in refusal["errors"]] == ["/per_page"]


def test_addresses_of_values_count_before_they_are_written(seeded: Knowledge, small: int) -> None:
    query = urlencode(
        {"venue__not": "x" * 1000, "facets": "topic,author,stage,format,year,kind", "facet_size": 100, "per_page": 1}
    )
    (error,) = seeded.client.refused(f"/v1/entries?{query}")["errors"]
    assert (error["parameter"], error["code"]) == ("facet_size", "answer-too-large")


def test_documents_to_be_included_count_before_they_are_read(
    seeded: Knowledge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(size, "LARGEST", 40_000)
    read = []
    monkeypatch.setattr(documents.orjson, "loads", lambda body: read.append(body))
    seeded.client.refused("/v1/entries?include=contributors&per_page=100")
    assert read == []


def test_a_document_that_is_too_large_alone_can_be_selected_from() -> None:
    for place, member in ((in_address, "parameter"), (in_body, "pointer")):
        (error,) = as_refusal(TooManyBytes(9 * LARGEST), "per_page", 1, place).errors
        assert getattr(error, member).strip("/") == "select"


def test_at_the_limit_there_is_an_answer() -> None:
    check_size((LARGEST - 1, 1))
    with pytest.raises(TooManyBytes):
        check_size((LARGEST, 1))
