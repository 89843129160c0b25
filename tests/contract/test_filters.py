"""Every filter equals going through the documents one by one."""

from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.search.query.schema import Field
from app.search.query.value_types import BOUNDS
from tests.contract.brute_force import holds
from tests.contract.conftest import LoadedService

pytestmark = pytest.mark.one_engine

Tree = dict[str, Any]
RANDOM = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
ABSENT = {
    "keyword": ["nothing-like-it", "10.1234/absent", "2049-3630", "978-0-306-40615-7"],
    "boolean": [],
    "integer": ["7"],
    "year": ["1999"],
    "date": ["1999-01", "2020-05", "2020", "2021-01-01", "2030"],
    "period": ["2020-05", "2020-06/2021", "2018", "2030"],
    "instant": ["2026-02", "2026-02-01", "2026-03-01T01:00:00Z", "2026", "2031-01-01T00:00:00Z"],
    "duration": ["PT1S", "PT65M", "PT3H"],
}
"""Values that may stand in no document."""


def asked_values(loaded: LoadedService, collection: str, field: Field) -> list[str]:
    """What a condition on a field may ask for: all that is there, and some that is not."""
    if field.type.name == "term":
        return [each["slug"] for name in field.collections for each in loaded.documents[name]]
    there = {value for document in loaded.documents[collection] for value in field.values(document)}
    return [*sorted(there), *(value for value in ABSENT[field.type.name] if is_possible(field, value))]


def is_possible(field: Field, value: str) -> bool:
    """Whether a value has the form that the field asks for, as that of a DOI, or is one of few."""
    if field.is_closed:
        return value in field.choices
    try:
        return field.parse is None or bool(field.parse(value))
    except ValueError:
        return False


@st.composite
def conditions(draw: st.DrawFn, loaded: LoadedService, collection: str) -> Tree:
    fields = loaded.fields(collection)
    name = draw(st.sampled_from([name for name, field in fields.items() if field.type.operators]))
    op = draw(st.sampled_from(fields[name].type.operators))
    if op == "exists":
        return {"field": name, "op": op, "value": draw(st.booleans())}
    values = asked_values(loaded, collection, fields[name])
    if op in BOUNDS:
        return {"field": name, "op": op, "value": draw(st.sampled_from(values))}
    return {"field": name, "op": op, "value": draw(st.lists(st.sampled_from(values), min_size=1, max_size=3))}


@st.composite
def trees(draw: st.DrawFn, loaded: LoadedService, collection: str, depth: int = 3) -> Tree:
    form = draw(st.sampled_from(("leaf", "and", "or", "not") if depth else ("leaf",)))
    if form == "leaf":
        return draw(conditions(loaded, collection))
    inner = trees(loaded, collection, depth - 1)
    return {form: draw(inner if form == "not" else st.lists(inner, min_size=1, max_size=3))}


def expected(loaded: LoadedService, collection: str, where: Tree) -> set[str]:
    return {
        each["url"]
        for each in loaded.documents[collection]
        if holds(where, each, loaded.fields_of(collection, each["kind"]), loaded.narrower)
    }


def found(loaded: LoadedService, collection: str, where: Tree) -> set[str]:
    body: Tree = {"where": where, "per_page": 100, "cursor": "*"}
    page = loaded.kb.client.search(collection, body)
    results = page["results"]
    while page["meta"]["next_cursor"]:
        page = loaded.kb.client.search(collection, body | {"cursor": page["meta"]["next_cursor"]})
        results += page["results"]
    assert len(results) == page["meta"]["count"]
    return {each["url"] for each in results}


def test_every_operator_of_every_field_equals_brute_force(loaded: LoadedService, collection: str) -> None:
    for name, field in loaded.fields(collection).items():
        values = asked_values(loaded, collection, field) if field.type.operators else []
        for op in field.type.operators:
            for value in [True, False] if op == "exists" else values[:8]:
                where = {"field": name, "op": op, "value": value}
                assert found(loaded, collection, where) == expected(loaded, collection, where), where


@given(data=st.data())
@RANDOM
def test_any_tree_of_conditions_equals_brute_force(loaded: LoadedService, collection: str, data: st.DataObject) -> None:
    where = data.draw(trees(loaded, collection))
    assert found(loaded, collection, where) == expected(loaded, collection, where)


@given(data=st.data())
@RANDOM
def test_parameters_and_tree_and_what_was_understood_mean_the_same(
    loaded: LoadedService, collection: str, data: st.DataObject
) -> None:
    parts = data.draw(
        st.lists(conditions(loaded, collection), max_size=3, unique_by=lambda each: (each["field"], each["op"]))
    )
    sort = data.draw(st.sampled_from([None, "slug", "-updated_at,slug"]))
    pairs = [pair for part in parts for pair in parameters(part)] + ([("sort", sort)] if sort else [])
    client = loaded.kb.client
    listed = client.json(f"/v1/{collection}?{urlencode([*pairs, ('per_page', 100)])}")
    tree = client.search(collection, {"where": {"and": parts} if parts else None, "sort": sort, "per_page": 100})
    query = listed["meta"]["query"]
    understood = client.search(collection, {"where": query["where"], "sort": query["sort"], "per_page": 100})
    assert listed["results"] == tree["results"] == understood["results"]
    assert query == tree["meta"]["query"] == understood["meta"]["query"]
    assert client.json(tree["links"]["self"])["results"] == listed["results"]


def parameters(condition: Tree) -> list[tuple[str, str]]:
    """A condition as it is written in an address."""
    name = condition["field"] if condition["op"] == "any" else f"{condition['field']}__{condition['op']}"
    values = condition["value"] if isinstance(condition["value"], list) else [condition["value"]]
    return [(name, str(value).lower() if isinstance(value, bool) else value) for value in values]


@pytest.mark.parametrize(
    "spellings",
    [
        ("topic=trust&language=en", "language=en&topic=trust", "topic=trust&topic=trust&language=en"),
        ("topic=ethics&topic=trust", "topic=trust&topic=ethics"),
        ("doi=10.1234/ABC", "doi=https://doi.org/10.1234/abc", "doi=doi:10.1234/abc"),
        ("year=2021", "year=2021-05", "year=2021-05-17"),
        ("q=two%20words", "q=+two++words+"),
        ("sort=-issued,title", ""),
    ],
)
def test_questions_that_mean_the_same_are_the_same(loaded: LoadedService, spellings: tuple[str, ...]) -> None:
    queries = [loaded.kb.client.json(f"/v1/entries?{each}")["meta"]["query"] for each in spellings]
    assert all(query == queries[0] for query in queries)


def test_trees_that_mean_the_same_are_the_same(loaded: LoadedService) -> None:
    one = {"field": "topic", "op": "any", "value": "trust"}
    other = {"field": "language", "op": "any", "value": ["en"]}
    trees = (
        {"and": [one, other]},
        {"and": [other, {"and": [one, one]}]},
        {"and": [{"or": [other]}, {"not": {"not": one}}]},
        {"and": [{"field": "topic", "value": ["trust", "trust"]}, other]},
    )
    queries = [loaded.kb.client.search("entries", {"where": tree})["meta"]["query"] for tree in trees]
    assert all(query == queries[0] for query in queries)
