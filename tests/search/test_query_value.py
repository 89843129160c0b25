"""A query is a value: written and read again it is the same, and what means the same is equal."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.catalogue.entries import canonical_doi
from app.reading.requests.list_request import parse_query_string
from app.reading.requests.urls import MAX_QUERY_LENGTH, encoded, query_pairs
from app.search.query.filter_parser import MAX_DEPTH, MAX_LEAVES, parse_parameters, parse_tree
from app.search.query.model import MAX_VALUES, Query, leaves
from app.search.query.schema import Field, extract_at
from app.search.query.value_types import (
    BOOLEAN,
    BOUNDS,
    DATE,
    DURATION,
    INSTANT,
    INTEGER,
    KEYWORD,
    PERIOD,
    TERM,
    YEAR,
    ValueType,
)

Tree = dict[str, Any]
Pairs = list[tuple[str, str]]
SAME = settings(max_examples=200, deadline=None, derandomize=True)
TERMS = ("consent", "ethics", "scaling-up", "trust")
TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
VALUES: Mapping[ValueType, st.SearchStrategy[str]] = {
    TERM: st.sampled_from(TERMS),
    KEYWORD: TEXT | st.sampled_from(("a,b", "a&b=c", "+", "%20", " a ", "*", "a#b", "é", "e\u0301")),
    INTEGER: st.integers(-99, 99).map(str) | st.sampled_from(("007", "-0", "00")),
    YEAR: st.sampled_from(("2021", "2022", "2022-09", "0001")),
    DATE: st.dates().map(str) | st.sampled_from(("2021", "2022-06")),
    PERIOD: st.sampled_from(("2021", "2022-06/2023", "2021-01-01/2021-01-02")),
    INSTANT: st.sampled_from(("2026", "2026-03-29", "2026-03-29T12:00:00Z")),
    DURATION: st.sampled_from(("PT90S", "PT1M30S", "PT45M", "PT1H")),
    BOOLEAN: st.sampled_from(("true", "false", "TRUE")),
}
DOIS = ("10.1093/bjsw/bcac183", "https://doi.org/10.1093/BJSW/bcac183", "doi:10.1234/a(b)<c>;d")
FIELDS = {field.name: field for field in (
    *(Field(kind.name, kind, extract_at(kind.name), "A field.", sortable=True) for kind in VALUES),
    Field("doi", KEYWORD, extract_at("doi"), "In any spelling.", parse=canonical_doi),
    Field("kind", KEYWORD, extract_at("kind"), "One of few.", choices=("event", "site")),
)}  # fmt: skip


class Small:
    """Knows a field of each type, and four terms."""

    def fields(self, collection: str) -> Mapping[str, Field]:
        return FIELDS

    def default_sort(self, collection: str) -> str:
        return "-date,keyword"

    def resolve_term(self, field: Field, slug: str) -> tuple[str, str] | None:
        return (field.name, slug) if slug in TERMS else None

    def near_terms(self, field: Field, text: str) -> Sequence[str]:
        return ()


SMALL: Any = Small()


def values_of(field: Field) -> st.SearchStrategy[str]:
    if field.parse:
        return st.sampled_from(DOIS)
    return st.sampled_from(field.choices) if field.choices else VALUES[field.type]


@st.composite
def conditions(draw: st.DrawFn) -> Tree:
    field = FIELDS[draw(st.sampled_from(sorted(FIELDS)))]
    op = draw(st.sampled_from(field.type.operators))
    if op == "exists":
        return {"field": field.name, "op": op, "value": draw(st.booleans())}
    if op in BOUNDS:
        return {"field": field.name, "op": op, "value": draw(values_of(field))}
    return {"field": field.name, "op": op, "value": draw(st.lists(values_of(field), min_size=1, max_size=3))}


GROUPS = st.sampled_from(("and", "or"))
TREES = st.recursive(
    conditions(),
    lambda inner: (
        st.fixed_dictionaries({"not": inner})
        | GROUPS.flatmap(lambda name: st.fixed_dictionaries({name: st.lists(inner, min_size=1, max_size=3)}))
    ),
    max_leaves=8,
).filter(lambda tree: depth(tree) <= MAX_DEPTH)
FLAT = st.lists(conditions(), max_size=4, unique_by=lambda each: (each["field"], each["op"]))
WORDS = st.none() | st.sampled_from(("trust", '"a phrase"  OR -word', " ", "é & ü=1+1", "100%"))
SORTS = st.sampled_from((None, "-date,keyword", "keyword", "-integer,year,-duration"))


def parts_of(tree: Tree) -> list[Tree]:
    return tree.get("and") or tree.get("or") or ([tree["not"]] if "not" in tree else [])


def depth(tree: Tree) -> int:
    return 1 + max(map(depth, parts_of(tree)), default=0)


def size(tree: Tree) -> int:
    return sum(map(size, parts_of(tree))) or 1


def as_pairs(parts: Iterable[Tree], words: str | None, sort: str | None) -> Pairs:
    """Conditions as they stand in an address."""
    pairs = [("q", words)] if words is not None else []
    pairs += [("sort", sort)] if sort else []
    for part in parts:
        name = part["field"] if part["op"] == "any" else f"{part['field']}__{part['op']}"
        several = part["value"] if isinstance(part["value"], list) else [part["value"]]
        pairs += [(name, str(value).lower() if isinstance(value, bool) else value) for value in several]
    return pairs


def parsed(pairs: Pairs) -> Query:
    return parse_parameters(SMALL, "things", pairs)


def read(where: Tree | None, words: str | None = None, sort: str | None = None) -> Query:
    return parse_tree(SMALL, "things", {"where": where, "q": words, "sort": sort})


@given(FLAT, WORDS, SORTS)
@SAME
def test_an_address_gives_a_query_that_gives_an_address_that_gives_the_query(
    parts: list[Tree], words: str | None, sort: str | None
) -> None:
    query = parsed(as_pairs(parts, words, sort))
    pairs = query_pairs(SMALL, query)
    address = encoded(pairs)
    assert parsed(list(parse_query_string(address.encode("ascii")))) == query
    assert query_pairs(SMALL, parsed(pairs)) == pairs


@given(st.none() | TREES, WORDS, SORTS)
@SAME
def test_a_tree_gives_a_query_that_gives_json_that_gives_the_query(
    where: Tree | None, words: str | None, sort: str | None
) -> None:
    query = read(where, words, sort)
    kept = json.dumps(query.as_json())
    again = parse_tree(SMALL, query.collection, json.loads(kept))
    assert again == query
    assert hash(again) == hash(query)
    assert json.dumps(again.as_json()) == kept


@given(TREES)
@SAME
def test_a_query_is_the_same_by_either_way(where: Tree) -> None:
    query = read(where)
    assert parsed(query_pairs(SMALL, query)) == query


@given(FLAT, WORDS, SORTS, st.randoms(use_true_random=False))
@SAME
def test_an_address_and_a_tree_that_ask_the_same_are_one_query(
    parts: list[Tree], words: str | None, sort: str | None, chance: Any
) -> None:
    pairs = as_pairs(parts, words, sort)
    chance.shuffle(pairs)
    assert parsed(pairs) == read({"and": parts} if parts else None, words, sort)


@st.composite
def two_wordings(draw: st.DrawFn) -> tuple[Tree, Tree]:
    """A tree, and one that says the same in another way."""
    tree = draw(TREES)
    return tree, reworded(draw, tree)


def reworded(draw: st.DrawFn, tree: Tree) -> Tree:
    if "field" in tree:
        other = _reworded_condition(draw, tree)
    elif "not" in tree:
        other = {"not": reworded(draw, tree["not"])}
    else:
        ((name, parts),) = tree.items()
        parts = [reworded(draw, part) for part in parts]
        repeated = [*parts, draw(st.sampled_from(parts))]
        other = {name: draw(st.permutations(repeated))}
        if draw(st.booleans()):
            other = {name: [{name: other[name][:1]}, {name: other[name]}]}
    wrappings = (
        lambda inner: inner,
        lambda inner: {"and": [inner]},
        lambda inner: {"or": [inner, inner]},
        lambda inner: {"not": {"not": inner}},
    )
    wrapped: dict[str, Any] = draw(st.sampled_from(wrappings))(other)
    return wrapped


def _reworded_condition(draw: st.DrawFn, leaf: Tree) -> Tree:
    """Its values in another order, repeated, or in conditions of their own; its negation negated."""
    name, op, value = leaf["field"], leaf["op"], leaf["value"]
    if op == "exists":
        return draw(st.sampled_from((leaf, {"not": {**leaf, "value": not value}})))
    if op in BOUNDS:
        return leaf
    shuffled = {**leaf, "value": draw(st.permutations([*value, value[0]]))}
    group = "or" if op in ("any", "exact", "within") else "and"
    apart = {group: [{**leaf, "value": each} for each in value]}
    wordings = [shuffled, apart]
    if op in ("any", "not"):
        opposite = {"any": "not", "not": "any"}[op]
        wordings.append({"not": {"field": name, "op": opposite, "value": value}})
    if op == "any":
        wordings.append({"field": name, "value": value})
    return draw(st.sampled_from(wordings))


@given(two_wordings())
@SAME
def test_what_means_the_same_is_equal(wordings: tuple[Tree, Tree]) -> None:
    one, other = wordings
    assume(depth(other) <= MAX_DEPTH and size(other) <= MAX_LEAVES)
    assert read(one) == read(other)


def of_terms(op: str, *values: str) -> Tree:
    return {"field": "term", "op": op, "value": list(values)}


@pytest.mark.parametrize(("group", "op"), [("or", "all"), ("or", "not"), ("and", "any"), ("and", "exact")])
def test_conditions_are_not_one_where_that_would_mean_something_else(group: str, op: str) -> None:
    apart = {group: [of_terms(op, "ethics"), of_terms(op, "trust")]}
    assert read(apart) != read(of_terms(op, "ethics", "trust"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"field": "term", "value": "trust"}, {"field": "term", "value": "ethics"}),
        ({"field": "term", "value": "trust"}, {"field": "term", "op": "exact", "value": "trust"}),
        ({"field": "term", "value": ["ethics", "trust"]}, {"field": "term", "op": "all", "value": ["ethics", "trust"]}),
        ({"field": "date", "op": "gte", "value": "2021"}, {"not": {"field": "date", "op": "lte", "value": "2021"}}),
        ({"field": "keyword", "value": "a"}, {"field": "keyword", "value": "A"}),
        ({"field": "keyword", "value": "7"}, {"field": "integer", "value": "7"}),
    ],
)
def test_what_means_something_else_is_not_equal(one: Tree, other: Tree) -> None:
    assert read(one) != read(other)
    assert read({"and": [one, other]}) != read({"or": [one, other]})
    assert read(one, "trust") != read(one)
    assert read(one, sort="keyword") != read(one, sort="-keyword")


def test_conditions_stay_apart_where_together_they_would_be_too_much_for_one() -> None:
    several = [{"field": "integer", "value": list(range(start, start + 150))} for start in (0, 100)]
    query = read({"or": several})
    assert len(list(leaves(query.where))) == 2
    assert max(len(leaf.values) for leaf in leaves(query.where)) <= MAX_VALUES
    assert parse_tree(SMALL, "things", query.as_json()) == query
    fitting = [{"field": "integer", "value": list(range(start, start + MAX_VALUES // 2))} for start in (0, 500)]
    assert [len(leaf.values) for leaf in leaves(read({"or": fitting}).where)] == [MAX_VALUES]


@pytest.mark.parametrize(("length", "remembered"), [(MAX_QUERY_LENGTH - 1, True), (MAX_QUERY_LENGTH, False)])
def test_no_query_string_is_remembered_that_is_too_long_to_be_given_out(length: int, remembered: bool) -> None:
    pairs = [("q", "\u00e9" * length)]
    first, second = encoded(pairs), encoded(pairs)
    assert first == second == f"q={'%C3%A9' * length}"
    assert (first is second) is remembered
