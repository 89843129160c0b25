"""However much is wrong with a request, its refusal stays small, and costs no more than a few searches for names."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from app.feed.stored_queries import parse_stored_query
from app.kit.error_collector import MAX_SUGGESTIONS
from app.kit.errors import MAX_ERRORS, BadQuery
from app.mailing.subscriptions.broken_queries import query_errors
from app.mailing.subscriptions.saved_queries import describe_stored_query
from app.search.index.snapshot import Snapshot
from tests.client import problem
from tests.corpus import Corpus

pytestmark = pytest.mark.one_engine

MAX_SIZE = 16 * 1024
LEAF = {"field": "topic", "op": "any"}
MANY = [f"x{number}" for number in range(2_000)]
ADDRESSES = {
    "commas": "sort=" + "," * 8_000,
    "orders": "sort=titel,isued,slg,knd,yeer",
    "unknown names": "select=" + ",".join(f"titel{number}" for number in range(95)),
    "too many names": "select=" + ",".join(MANY[:1_000]),
    "facets": "facets=" + ",".join(f"topic{number}" for number in range(95)),
    "groups": "group_by=" + ",".join(MANY[:1_000]),
    "unknown parameters": urlencode([(f"topc{number}", "a") for number in range(400)]),
    "unknown terms": urlencode([("topic", f"ethcs{number}") for number in range(200)]),
    "terms of several fields": urlencode([(f, f"e{n}") for f in ("topic", "stage", "format") for n in range(150)]),
    "values that are none": urlencode([("issued", f"20x{number}") for number in range(200)]),
    "the same again": urlencode([("page", "1")] * 400),
    "long names": urlencode([("t" * 1_500 + str(number), "a") for number in range(5)]),
    "names that grow": "&".join(f"{quote('é' * 40)}{number}=a" for number in range(30)),
    "no text": "&".join(f"t{number}=%ff" for number in range(900)),
}
TREES: dict[str, Any] = {
    "terms": {"where": {"or": [{**LEAF, "value": [f"ethcs{n}" for n in range(100)]}] * 199}},
    "too many values": {"where": {"or": [{**LEAF, "value": MANY[:400]}] * 199}},
    "no values": {"where": {**LEAF, "value": [{}] * 9_000}},
    "fields": {"where": {"or": [{"field": f"topc{n}", "value": "a"} for n in range(200)]}},
    "no conditions": {"where": {"or": [{}] * 200}},
    "names": {"select": MANY},
    "near names": {"select": [f"titel{number}" for number in range(100)]},
    "orders": {"sort": MANY},
    "numbers for names": {"sort": [1] * 8_000, "select": [1] * 1_000},
    "unknown keys": dict.fromkeys(MANY, 1),
    "more keys than are read": {f"k{number}": 1 for number in range(80_000)},
    "long keys": {f"{number:0>190}": 1 for number in range(50)},
    "not even a tree": [[]] * 9_000,
}


@pytest.fixture(autouse=True)
def searches(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What names were looked for."""
    found: list[str] = []
    near_terms = Snapshot.near_terms

    def noted(*given: Any) -> Sequence[str]:
        found.append("term")
        return near_terms(*given)

    monkeypatch.setattr(Snapshot, "near_terms", noted)
    return found


def check(answer: Any, status: tuple[int, ...], searches: list[str]) -> None:
    document = problem(answer, answer.status_code)
    assert answer.status_code in status
    assert len(answer.content) <= MAX_SIZE
    errors = document.get("errors", [])
    assert len(errors) <= MAX_ERRORS
    assert sum("suggestion" in error for error in errors) <= MAX_SUGGESTIONS
    assert len(searches) <= MAX_SUGGESTIONS
    assert len(document["detail"]) <= 400
    if len(errors) == MAX_ERRORS:
        assert document["detail"].endswith("There are more errors: see the first 20 in `errors`.")


@pytest.mark.parametrize("query", ADDRESSES.values(), ids=ADDRESSES)
def test_of_an_address(seeded: Corpus, query: str, searches: list[str]) -> None:
    check(seeded.client.get(f"/v1/entries?{query}"), (400,), searches)


@pytest.mark.parametrize("body", TREES.values(), ids=TREES)
def test_of_a_body(seeded: Corpus, body: Any, searches: list[str]) -> None:
    check(seeded.client.request("POST", "/v1/entries/search", json=body), (400, 413, 422), searches)


@pytest.mark.parametrize("place", ["fields", "{slug}", "{slug}/related", "search"])
def test_of_addresses_that_take_little(seeded: Corpus, place: str, searches: list[str]) -> None:
    slug = seeded.client.slugs("/v1/entries?per_page=1")[0]
    query = urlencode([(f"p{number}", "a") for number in range(400)])
    method = "POST" if place == "search" else "GET"
    answer = seeded.client.request(method, f"/v1/entries/{place.format(slug=slug)}?{query}", json={})
    check(answer, (400,), searches)


@pytest.mark.parametrize("body", TREES.values(), ids=TREES)
def test_of_a_sign_up(seeded: Corpus, body: Any, searches: list[str]) -> None:
    query = {"collection": "entries", "where": body.get("where")} if isinstance(body, dict) else body
    sent = {"address": "reader@example.org", "queries": [query] * 20}
    if isinstance(body, dict) and "where" not in body:
        sent |= body
    check(seeded.client.request("POST", "/v1/subscriptions", json=sent), (413, 422), searches)


def test_of_a_sign_up_with_filters(seeded: Corpus, searches: list[str]) -> None:
    filters = {"topic": [f"ethcs{number}" for number in range(200)]}
    sent = {"address": "reader@example.org", "queries": [{"filters": filters}] * 20}
    check(seeded.client.request("POST", "/v1/subscriptions", json=sent), (422,), searches)


def test_of_a_stored_query_whose_collection_is_gone(seeded: Corpus) -> None:
    stored = {"collection": "methods", "where": None, "q": None, "sort": ["title"]}
    with pytest.raises(BadQuery) as refused:
        parse_stored_query(seeded.snapshot, stored)
    assert [error.code for error in refused.value.errors] == ["unknown-collection"]
    assert query_errors(seeded.snapshot, stored) == ["Unknown collection."]
    assert describe_stored_query(seeded.snapshot, stored, {}) == "A search for something that no longer exists"


def test_what_is_most_wrong_is_said_first(seeded: Corpus) -> None:
    document = seeded.client.refused("/v1/entries?topic=ethcs&page=0")
    assert document["detail"] == "`topic` is not a known term. See `errors` for 1 more."
    assert [error["parameter"] for error in document["errors"]] == ["topic", "page"]


def test_ligatures_count_as_the_letters_that_they_stand_for(seeded: Corpus) -> None:
    assert "meta" in seeded.client.json("/v1/entries?" + urlencode({"q": "\ufdfa" * 55}))
    for query in ({"q": "\ufdfa" * 56}, {"venue": "\ufdfa" * 56}, {"topic": "a" * 1_001}):
        (error,) = seeded.client.refused("/v1/entries?" + urlencode(query))["errors"]
        assert "at most 1000 characters" in error["message"].lower()
    (error,) = seeded.client.refused("/v1/autocomplete?" + urlencode({"q": "\ufdfa" * 12}))["errors"]
    assert error["code"] == "too-long"


def test_a_collector_keeps_one_error_more_than_it_reports() -> None:
    assert MAX_ERRORS == 20
    assert json.dumps(TREES["terms"]).count("ethcs") == 19_900
