"""A tree of conditions that is none is refused, with where it lies and what it should be: in a body and in an address
alike."""

import json
from typing import Any

import pytest

from tests.client import problem
from tests.corpus import Corpus

pytestmark = pytest.mark.one_engine

LEAF = {"field": "kind", "value": "event"}
NOT_VALUES = "Must be text, a number, true or false, or a list of them."
NOT_TEXT = "`field` and `op` must be text."
NO_GROUP = "Must be a list with members."
NO_NODE = "Must be one of and, or, not, or a field with op and value."
NODES = ["and", "or", "not", "field"]
DATE_OPERATORS = ["any", "not", "gte", "lte", "gt", "lt", "within", "exists"]


@pytest.mark.parametrize(
    ("where", "pointer", "code", "message"),
    [
        ({"not": "kind"}, "/where/not", "invalid-value", "Must be an object."),
        ({"and": [LEAF, 1]}, "/where/and/1", "invalid-value", "Must be an object."),
        ({"not": [LEAF]}, "/where/not", "invalid-value", "Must be an object."),
        ({"and": []}, "/where/and", "invalid-value", NO_GROUP),
        ({"or": LEAF}, "/where/or", "invalid-value", NO_GROUP),
        ({"or": [LEAF, {"and": {}}]}, "/where/or/1/and", "invalid-value", NO_GROUP),
        ({"field": 1, "value": "event"}, "/where", "invalid-value", NOT_TEXT),
        ({"field": "kind", "op": None, "value": "event"}, "/where", "invalid-value", NOT_TEXT),
        ({"field": "kind", "op": ["any"], "value": "event"}, "/where", "invalid-value", NOT_TEXT),
        ({"field": "kind", "value": []}, "/where/value", "invalid-value", NOT_VALUES),
        ({"field": "kind", "value": None}, "/where/value", "invalid-value", NOT_VALUES),
        ({"field": "kind", "value": 1.5}, "/where/value", "invalid-value", NOT_VALUES),
        ({"field": "kind", "value": {}}, "/where/value", "invalid-value", NOT_VALUES),
        ({"field": "kind", "value": ["event", None]}, "/where/value", "invalid-value", NOT_VALUES),
        ({"field": "kind", "value": ["event", ["site"]]}, "/where/value", "invalid-value", NOT_VALUES),
        ({"not": {"field": "kind", "value": []}}, "/where/not/value", "invalid-value", NOT_VALUES),
    ],
)
def test_what_is_no_tree(seeded: Corpus, where: Any, pointer: str, code: str, message: str) -> None:
    refusal = problem(seeded.client.request("POST", "/v1/entries/search", json={"where": where}), 400)
    assert refusal["errors"] == [{"pointer": pointer, "code": code, "message": message}]
    refusal = problem(seeded.client.request("GET", "/v1/entries", params={"query": json.dumps(where)}), 400)
    assert refusal["errors"] == [{"parameter": "query", "code": code, "message": message}]


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"field": "kind"},
        {"value": "event"},
        {"field": "kind", "op": "any"},
        LEAF | {"more": 1},
        LEAF | {"and": [LEAF]},
        {"and": [LEAF], "or": [LEAF]},
        {"and": [LEAF], "not": LEAF},
        {"not": LEAF, "op": "any"},
        {"nor": [LEAF]},
    ],
)
def test_members_that_do_not_belong_together(seeded: Corpus, where: Any) -> None:
    refusal = problem(seeded.client.request("POST", "/v1/entries/search", json={"where": {"not": where}}), 400)
    assert refusal["errors"] == [
        {"pointer": "/where/not", "code": "invalid-node", "message": NO_NODE, "allowed": NODES}
    ]


def test_an_operator_of_another_type_is_refused_with_those_there_are(seeded: Corpus) -> None:
    where = {"and": [LEAF, {"field": "issued", "op": "all", "value": "2020"}]}
    refusal = problem(seeded.client.request("POST", "/v1/entries/search", json={"where": where}), 400)
    message = "This operator does not apply to a field of type date."
    assert refusal["errors"] == [
        {"pointer": "/where/and/1", "code": "unknown-operator", "message": message, "allowed": DATE_OPERATORS}
    ]


def test_numbers_and_truths_are_written_as_they_are_in_an_address(seeded: Corpus) -> None:
    where = {"and": [{"field": "year", "op": "gte", "value": 2020}, {"field": "doi", "op": "exists", "value": False}]}
    by_body = seeded.client.search("entries", {"where": where})
    by_address = seeded.client.json("/v1/entries?year__gte=2020&doi__exists=false")
    assert by_body["meta"]["query"] == by_address["meta"]["query"]
    assert by_body["meta"]["query"]["where"] == {
        "and": [
            {"field": "doi", "op": "exists", "value": False},
            {"field": "year", "op": "gte", "value": "2020"},
        ]
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "Must be a tree of conditions, as JSON."),
        ("kind:event", "Must be a tree of conditions, as JSON."),
        ('{"field": "kind", "field": "kind", "value": "event"}', "This object has the same key twice."),
    ],
)
def test_an_address_whose_tree_is_no_clean_json(seeded: Corpus, text: str, message: str) -> None:
    refusal = problem(seeded.client.request("GET", "/v1/entries", params={"query": text}), 400)
    assert refusal["errors"] == [{"parameter": "query", "code": "invalid-value", "message": message}]
