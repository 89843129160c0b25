"""Every limit of a question: at it there is an answer, one past it a 400 that says which it was."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from app.kit.text.characters import MAX_LENGTH
from app.reading.requests.list_request import MAX_PARAMETERS
from app.reading.requests.result_window import (
    MAX_FACET_SIZE,
    MAX_FACETS,
    MAX_PER_GROUP,
    MAX_PER_PAGE,
    MAX_RESULTS,
    MAX_SAMPLED,
    facetable,
)
from app.search.query.condition_parser import MAX_SORTS, MAX_VALUES_IN_ALL
from app.search.query.filter_parser import MAX_DEPTH, MAX_LEAVES, MAX_NODES
from app.search.query.model import MAX_VALUES
from tests.client import problem
from tests.corpus import Corpus

pytestmark = pytest.mark.one_engine

Tree = dict[str, Any]
LEAF: Tree = {"field": "language", "op": "exists", "value": True}
NOTHING: Tree = {"field": "slug", "value": "nothing-has-it"}
ORDERS = ("title", "slug", "kind", "issued", "updated_at", "year")


def nested(depth: int) -> Tree:
    tree = LEAF
    for _ in range(depth - 1):
        tree = {"not": tree}
    return {"where": tree}


def grouped(depth: int) -> Tree:
    tree = LEAF
    for level in range(depth - 1):
        tree = {"or" if level % 2 else "and": [tree]}
    return {"where": tree}


def scattered(leaves: int) -> Tree:
    return {"where": {"and": [{"or": [LEAF] * 50}] * (leaves // 50) + [LEAF] * (leaves % 50)}}


def side_by_side(leaves: int) -> Tree:
    return {"where": {"or": [LEAF] * leaves}}


def with_values(count: int) -> Tree:
    return {"where": {"field": "slug", "op": "any", "value": [f"s{number}" for number in range(count)]}}


def with_values_apart(count: int) -> Tree:
    values = [f"s{number}" for number in range(10)]
    leaves = [{"field": "slug", "op": "any", "value": values}] * (count // 10)
    return {"where": {"or": [*leaves, *[{"field": "slug", "op": "any", "value": "s"}] * (count % 10)]}}


def nodes(count: int) -> Tree:
    """Mostly groups: each condition stands in two."""
    whole, rest = divmod(count - 1, 3)
    last = [[], [LEAF], [{"not": LEAF}]][rest]
    return {"where": {"or": [*[{"not": {"not": LEAF}}] * whole, *last]}}


@pytest.mark.parametrize(
    ("make", "limit", "code", "pointer", "message"),
    [
        (nested, MAX_DEPTH, "too-deep", "/where" + "/not" * MAX_DEPTH, "At most 8 levels."),
        (grouped, MAX_DEPTH, "too-deep", "/where" + "/or/0/and/0" * (MAX_DEPTH // 2), "At most 8 levels."),
        (scattered, MAX_LEAVES, "too-many-leaves", f"/where/and/{MAX_LEAVES // 50}", "At most 200 conditions."),
        (side_by_side, MAX_LEAVES, "too-many-leaves", "/where/or", "At most 200 conditions."),
        (with_values, MAX_VALUES, "too-many-values", "/where", "At most 200 values."),
        (nodes, MAX_NODES, "too-many-leaves", "/where/or/166/not", "At most 500 groups and conditions."),
        (
            with_values_apart,
            MAX_VALUES_IN_ALL,
            "too-many-values",
            "/where/or/100",
            "At most 1000 values in all conditions together.",
        ),
        (lambda size: {"q": "a" * size}, MAX_LENGTH, "too-long", "/q", "At most 1000 characters."),
        (
            lambda size: {"sort": ",".join(ORDERS[:size])},
            MAX_SORTS,
            "too-many-values",
            "/sort",
            "At most 5 sort fields.",
        ),
        (lambda size: {"sort": ORDERS[:size]}, MAX_SORTS, "too-many-values", "/sort", "At most 5 sort fields."),
    ],
    ids=[
        "depth",
        "depth of groups",
        "leaves",
        "leaves of one group",
        "values",
        "nodes",
        "values of all",
        "words",
        "orders",
        "order list",
    ],
)
def test_of_a_tree(seeded: Corpus, make: Any, limit: int, code: str, pointer: str, message: str) -> None:
    assert "meta" in seeded.client.search("entries", make(limit))
    refusal = problem(seeded.client.request("POST", "/v1/entries/search", json=make(limit + 1)), 400)
    (fault,) = refusal["errors"]
    assert fault == {"pointer": pointer, "code": code, "message": message}


def test_a_tree_in_an_address_is_as_deep_as_in_a_body(seeded: Corpus) -> None:
    deepest, deeper = (nested(depth)["where"] for depth in (MAX_DEPTH, MAX_DEPTH + 1))
    assert seeded.client.request("GET", "/v1/entries", params={"query": json.dumps(deepest)}).status_code == 200
    refusal = problem(seeded.client.request("GET", "/v1/entries", params={"query": json.dumps(deeper)}), 400)
    assert refusal["errors"] == [{"parameter": "query", "code": "too-deep", "message": "At most 8 levels."}]


@pytest.mark.parametrize(
    "others",
    [
        [{"or": [NOTHING] * 50}] * 3 + [NOTHING] * (MAX_LEAVES - 151),
        [{"not": {"not": NOTHING}}] * ((MAX_NODES - 2) // 3) + [NOTHING] * ((MAX_NODES - 2) % 3),
    ],
    ids=["leaves", "nodes"],
)
def test_the_last_condition_that_is_allowed_counts(seeded: Corpus, others: list[Tree]) -> None:
    found = seeded.client.search("entries", {"where": {"or": [*others, {"field": "kind", "value": "event"}]}})
    assert found["meta"]["count"] == seeded.client.json("/v1/events")["meta"]["count"] > 0


@pytest.mark.parametrize(
    ("name", "more", "limit", "code"),
    [
        ("per_page", "", MAX_PER_PAGE, "out-of-range"),
        ("per_page", "group_by=kind", MAX_PER_GROUP, "too-many-in-groups"),
        ("page", "per_page=100", MAX_RESULTS // 100, "too-deep"),
        ("sample", "", MAX_SAMPLED, "out-of-range"),
        ("facet_size", "facets=topic", MAX_FACET_SIZE, "out-of-range"),
    ],
)
def test_of_a_number(seeded: Corpus, name: str, more: str, limit: int, code: str) -> None:
    assert "meta" in seeded.client.json(f"/v1/entries?{more}&{name}={limit}")
    (fault,) = seeded.client.refused(f"/v1/entries?{more}&{name}={limit + 1}")["errors"]
    assert (fault["parameter"], fault["code"]) == (name, code)
    assert str(limit) in fault["message"] or str(MAX_RESULTS) in fault["message"]


def test_of_values_in_an_address(seeded: Corpus) -> None:
    values = [("slug", f"s{number}") for number in range(MAX_VALUES + 1)]
    assert seeded.client.json(f"/v1/entries?{urlencode(values[1:])}")["meta"]["count"] == 0
    (fault,) = seeded.client.refused(f"/v1/entries?{urlencode(values)}")["errors"]
    assert fault == {"parameter": "slug", "code": "too-many-values", "message": "At most 200 values."}


def test_of_facets_in_one_question(seeded: Corpus) -> None:
    names = facetable(seeded.snapshot, "entries")
    assert len(names) > MAX_FACETS
    assert len(seeded.client.json(f"/v1/entries?facets={','.join(names[:MAX_FACETS])}")["facets"]) == MAX_FACETS
    (fault,) = seeded.client.refused(f"/v1/entries?facets={','.join(names[: MAX_FACETS + 1])}")["errors"]
    assert (fault["parameter"], fault["code"]) == ("facets", "too-many-values")


def test_of_parameters_in_an_address(seeded: Corpus) -> None:
    refusal = seeded.client.refused("/v1/entries?" + "&".join(["slug=a"] * (MAX_PARAMETERS + 1)))
    assert refusal["detail"] == "At most 500 parameters."
