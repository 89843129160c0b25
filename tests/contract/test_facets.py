"""Facets: each count is what asking for the value gives, under the other filters but not the facet's own."""

from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest

from tests.contract.conftest import LoadedService
from tests.corpus import Corpus
from tests.factories import make_publication, make_term

OTHERS = (
    "",
    "language=cy",
    "topic=ethics&stage=first",
    "q=lantern",
    "issued__gte=2020-06&format__not=book",
    "topic=trust",
    "topic=trust&q=lantern",
)


def facets_of(loaded: LoadedService, collection: str) -> list[str]:
    names: list[str] = loaded.kb.client.json(f"/v1/{collection}/fields")["facets"]
    return names


def count(loaded: LoadedService, collection: str, *parts: str) -> int:
    found: int = loaded.kb.client.json(f"/v1/{collection}?per_page=1&{'&'.join(part for part in parts if part)}")[
        "meta"
    ]["count"]
    return found


def facet(loaded: LoadedService, collection: str, name: str, query: str = "", size: int = 1000) -> dict[str, Any]:
    page = loaded.kb.client.json(f"/v1/{collection}?per_page=1&facet_size={size}&facets={name}&{query}".rstrip("&"))
    found: dict[str, Any] = page["facets"][name]
    return found


def without_urls(values: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: each for key, each in value.items() if key != "url"} for value in values]


def without(query: str, name: str) -> str:
    """The other filters: all but the choice of values of this field."""
    return "&".join(part for part in query.split("&") if part.split("=")[0] not in (name, f"{name}__exact"))


@pytest.mark.parametrize("query", OTHERS)
def test_a_count_is_what_asking_for_the_value_gives(loaded: LoadedService, query: str) -> None:
    for name in facets_of(loaded, "entries"):
        found = facet(loaded, "entries", name, query)
        others = without(query, name)
        for value in found["values"]:
            assert value["count"] == count(loaded, "entries", others, urlencode({name: value["slug"]})), (name, value)
        assert found["missing"] == count(loaded, "entries", others, f"{name}__exists=false"), name
        assert not found["truncated"]


def test_every_value_with_a_document_is_there(loaded: LoadedService, collection: str) -> None:
    for name in facets_of(loaded, collection):
        field = loaded.fields(collection)[name]
        there = {value for document in loaded.documents[collection] for value in field.values(document)}
        if field.type.name == "year":
            there = {value[:4] for value in there}
        shown = {value["slug"] for value in facet(loaded, collection, name)["values"]}
        assert there <= shown
        assert field.type.name == "term" or shown == there


def test_values_are_in_order_of_their_count_unless_they_have_one(loaded: LoadedService) -> None:
    depths = {"ethics": 0, "consent": 1, "capacity": 2}
    for name in set(facets_of(loaded, "entries")) - {"year", "stage"}:
        values = facet(loaded, "entries", name)["values"]
        assert values == sorted(values, key=lambda each: (-each["count"], depths.get(each["slug"], 0), each["slug"]))


def test_years_come_newest_first_and_an_ordered_vocabulary_as_it_is_ordered(loaded: LoadedService) -> None:
    years = [value["slug"] for value in facet(loaded, "entries", "year")["values"]]
    assert years == sorted(years, reverse=True)
    assert len(years) > 2
    stages = [each["slug"] for each in loaded.documents["stages"]]
    for query in OTHERS:
        shown = [value["slug"] for value in facet(loaded, "entries", "stage", query)["values"]]
        assert shown == [slug for slug in stages if slug in shown]
        assert shown
    grouped = loaded.kb.client.json("/v1/entries?group_by=stage")["groups"]
    assert [group["slug"] for group in grouped] == stages


def test_a_term_never_comes_before_the_wider_one_nor_without_it(loaded: LoadedService) -> None:
    for query in ("", "topic=capacity", "topic__all=capacity", "topic=capacity&combine=all", "q=lantern"):
        for size in (1, 2, 3, 4):
            values = facet(loaded, "entries", "topic", query, size)["values"]
            shown = [value["slug"] for value in values]
            for place, value in enumerate(values):
                assert value["parent"] is None or value["parent"] in shown[:place], (query, size, shown)


def test_narrower_terms_count_for_the_wider_one_and_name_it(loaded: LoadedService) -> None:
    values = {value["slug"]: value for value in facet(loaded, "entries", "topic")["values"]}
    assert {slug: value["parent"] for slug, value in values.items()} == {
        "ethics": None,
        "consent": "ethics",
        "capacity": "consent",
        "trust": None,
    }
    assert values["ethics"]["count"] > values["consent"]["count"] > values["capacity"]["count"] > 0
    assert values["consent"]["label"] == "Consent"


@pytest.mark.parametrize("name", ["topic", "contributor", "year", "kind"])
def test_a_short_facet_is_the_beginning_of_the_long_one(loaded: LoadedService, name: str) -> None:
    whole = facet(loaded, "entries", name)["values"]
    for size in range(1, len(whole) + 2):
        short = facet(loaded, "entries", name, size=size)
        assert without_urls(short["values"]) == without_urls(whole[:size])
        assert short["truncated"] == (size < len(whole))


def test_what_is_selected_is_shown_even_if_rare(loaded: LoadedService) -> None:
    rarest = facet(loaded, "entries", "contributor")["values"][-1]
    found = facet(loaded, "entries", "contributor", f"contributor={rarest['slug']}", size=1)
    assert [value["slug"] for value in found["values"]][-1] == rarest["slug"]
    assert [value["selected"] for value in found["values"]] == [False, True]


@pytest.mark.parametrize("name", ["contributor", "topic", "kind", "year"])
def test_a_facet_is_cut_short_where_a_value_is_left_that_is_not_selected(loaded: LoadedService, name: str) -> None:
    values = [value["slug"] for value in facet(loaded, "entries", name)["values"]]
    for left_out in range(len(values)):
        chosen = "&".join(f"{name}={value}" for value in values[1 + left_out :])
        found = facet(loaded, "entries", name, chosen, size=1)
        shown = {value["slug"] for value in found["values"]}
        assert found["truncated"] == (not shown.issuperset(values)), chosen


def test_a_selected_value_without_a_document_is_shown_with_nought(loaded: LoadedService) -> None:
    values = facet(loaded, "entries", "topic", "topic=unused")["values"]
    assert [(value["slug"], value["count"]) for value in values if value["selected"]] == [("unused", 0)]


@pytest.mark.one_engine
@pytest.mark.parametrize("name", ["topic", "topic__all", "topic__exact"])
def test_what_is_asked_for_in_any_way_is_selected(loaded: LoadedService, name: str) -> None:
    values = facet(loaded, "entries", "topic", f"{name}=consent", size=1)["values"]
    assert {value["slug"]: value["selected"] for value in values} == {"ethics": False, "consent": True}


@pytest.mark.one_engine
@pytest.mark.parametrize("size", [1, 2, 9])
def test_chosen_years_of_nothing_are_newest_first_too(kb: Corpus, size: int) -> None:
    with kb.write() as session:
        for year in ("2021", "2018"):
            make_publication(session, issued=year)
    chosen = "year=2022&year=2020&year=2018&year=1999"
    found = kb.client.json(f"/v1/publications?facets=year&facet_size={size}&{chosen}")["facets"]["year"]
    assert [(value["slug"], value["count"]) for value in found["values"]] == [
        ("2022", 0),
        ("2021", 1),
        ("2020", 0),
        ("2018", 1),
        ("1999", 0),
    ]


@pytest.mark.one_engine
def test_a_chosen_term_of_nothing_stands_where_its_vocabulary_has_it(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, terms={"format": ["article"], "stage": ["third"]})
    values = kb.client.json("/v1/publications?facets=stage&stage=second")["facets"]["stage"]["values"]
    assert [(value["slug"], value["count"]) for value in values] == [("second", 0), ("third", 1)]


@pytest.mark.one_engine
def test_a_chosen_term_of_nothing_comes_after_the_wider_one_of_nothing(kb: Corpus) -> None:
    with kb.write() as session:
        for slug, broader in (("zinc", None), ("metal", "zinc"), ("alloy", "metal")):
            make_term(session, "topic", slug=slug, broader=broader)
        make_publication(session, terms={"format": ["article"], "topic": ["trust"]})
    values = kb.client.json("/v1/publications?facets=topic&topic=alloy&topic=unused")["facets"]["topic"]["values"]
    assert [value["slug"] for value in values] == ["trust", "unused", "zinc", "metal", "alloy"]


def test_the_address_of_a_value_adds_it_or_takes_it_away(loaded: LoadedService) -> None:
    client = loaded.kb.client
    page = client.json("/v1/entries?topic=trust&language=en&facets=topic&sort=title")
    for value in page["facets"]["topic"]["values"]:
        where = client.json(value["url"])["meta"]["query"]["where"]
        topics = {"ethics", "consent", "capacity", "trust"} & set(str(where).split("'"))
        expected = {"trust"} ^ {value["slug"]}
        assert topics == expected
        assert "facets" in client.json(value["url"])


def test_the_address_of_a_value_keeps_all_that_was_asked_but_the_page(loaded: LoadedService) -> None:
    kept = "topic__not=trust&stage__all=first&doi__exists=true&q=lantern"
    shape = "select=title,contributors&per_page=2&include=contributors&highlight=true&facet_size=3&facets=topic,stage"
    page = loaded.kb.client.json(f"/v1/entries?{kept}&{shape}&page=2")
    for name in ("topic", "stage"):
        for value in page["facets"][name]["values"]:
            given = dict(parse_qsl(urlsplit(value["url"]).query))
            assert {*parse_qsl(f"{kept}&{shape}")} - {("stage__all", "first")} <= given.items()
            assert "page" not in given


@pytest.mark.parametrize("query", [*OTHERS, "topic=ethics&topic=trust", "topic__all=consent", "year=2020&year=2021"])
def test_with_combine_all_a_count_is_what_is_left_when_the_value_is_added(loaded: LoadedService, query: str) -> None:
    for name in ("topic", "stage", "year", "kind", "contributor"):
        for value in facet(loaded, "entries", name, f"{query}&combine=all")["values"]:
            if not value["selected"]:
                assert loaded.kb.client.json(value["url"])["meta"]["count"] == value["count"] > 0, (name, value)


def test_facets_and_their_values_have_labels(loaded: LoadedService) -> None:
    found = loaded.kb.client.json("/v1/entries?facets=topic,kind,resource,relation&facet_size=1000")["facets"]
    assert {name: each["label"] for name, each in found.items()} == {
        "topic": "Topics",
        "kind": "Kind",
        "resource": "Resource",
        "relation": "Relation",
    }
    labels = {value["slug"]: value["label"] for each in found.values() for value in each["values"]}
    assert labels["landing_page"] == "Landing page"
    assert labels["IsPartOf"] == "Is part of"
    assert labels["publication"] == "Publication"


def test_a_value_that_is_no_name_of_the_program_is_its_own_label(kb: Corpus) -> None:
    with kb.write() as session:
        make_publication(session, licence="CC-BY-4.0", language="cy", issued="2021", publisher="Press of iSchools_UK")
    found = kb.client.json("/v1/publications?facets=licence,language,year,publisher")["facets"]
    assert {name: [value["label"] for value in each["values"]] for name, each in found.items()} == {
        "licence": ["CC-BY-4.0"],
        "language": ["cy"],
        "year": ["2021"],
        "publisher": ["Press of iSchools_UK"],
    }


def test_a_tree_has_an_address_and_so_have_the_values_of_its_facets(loaded: LoadedService) -> None:
    where = {
        "or": [{"field": "topic", "op": "any", "value": "trust"}, {"field": "language", "op": "any", "value": "cy"}]
    }
    found = loaded.kb.client.search("entries", {"where": where, "facets": ["format"], "per_page": 2})
    assert sum(value["count"] for value in found["facets"]["format"]["values"]) == found["meta"]["count"]
    again = loaded.kb.client.json(found["links"]["self"])
    assert (again["results"], again["meta"], again["facets"]) == (found["results"], found["meta"], found["facets"])
    assert loaded.kb.client.json(found["links"]["next"])["meta"]["page"] == 2
    for value in found["facets"]["format"]["values"]:
        assert loaded.kb.client.json(value["url"])["meta"]["count"] == value["count"]


@pytest.mark.parametrize("tree", ["", "[]", "{", '{"and": []}', '{"field": "topic", "value": "nothing"}', "1" * 5000])
def test_a_tree_in_an_address_that_is_none_is_refused(loaded: LoadedService, tree: str) -> None:
    query = urlencode({"query": tree})
    assert {error["parameter"] for error in loaded.kb.client.refused(f"/v1/entries?{query}")["errors"]} == {"query"}


@pytest.mark.parametrize("size", ["0", "1001", "-1", "ten", "1.0", ""])
def test_a_size_out_of_range_is_refused(loaded: LoadedService, size: str) -> None:
    (error,) = loaded.kb.client.refused(f"/v1/entries?facets=topic&facet_size={size}")["errors"]
    assert error["parameter"] == "facet_size"


@pytest.mark.parametrize(
    "query",
    [
        "topic__not=ethics",
        "topic__all=ethics&topic__all=trust",
        "topic__exact=ethics",
        "topic__exists=true",
        "year__gte=2021",
    ],
)
def test_the_address_of_a_value_gives_what_the_count_promises(loaded: LoadedService, query: str) -> None:
    name = query.split("__")[0]
    values = facet(loaded, "publications", name, query)["values"]
    assert values
    for value in values:
        if not value["selected"]:
            assert loaded.kb.client.json(value["url"])["meta"]["count"] == value["count"], value["slug"]


def test_groups_say_what_is_in_none_of_them_and_whether_there_are_more(loaded: LoadedService) -> None:
    whole = loaded.kb.client.json("/v1/publications?group_by=year")
    undated = loaded.kb.client.json("/v1/publications?issued__exists=false")["meta"]["count"]
    assert (whole["meta"]["missing"], whole["meta"]["truncated"]) == (undated, False)
    assert sum(group["count"] for group in whole["groups"]) + undated == whole["meta"]["count"]
    assert loaded.kb.client.json("/v1/publications?group_by=year&facet_size=1")["meta"]["truncated"]


@pytest.mark.parametrize(
    "publisher", ['The "Press" \\ Co', "Söhne & 50 % + 1", "a=b&c#d/?é,*", "two\u2028lines {0}", "%s%%"]
)
def test_any_text_may_be_a_value(kb: Corpus, publisher: str) -> None:
    with kb.write() as session:
        make_publication(session, publisher=publisher)
        make_publication(session, publisher="Another")
    (value,) = (
        each
        for each in kb.client.json("/v1/publications?facets=publisher")["facets"]["publisher"]["values"]
        if each["slug"] != "Another"
    )
    assert (value["slug"], value["label"], value["count"], value["selected"]) == (publisher, publisher, 1, False)
    chosen = kb.client.json(value["url"])
    assert chosen["meta"]["count"] == 1
    selected = {each["slug"]: each for each in chosen["facets"]["publisher"]["values"]}[publisher]
    assert selected["selected"]
    assert kb.client.json(selected["url"])["meta"]["count"] == 2


def test_values_have_no_address_where_the_question_is_too_long_for_one(loaded: LoadedService) -> None:
    where = {"or": [{"field": "issued", "op": "gte", "value": f"{year}-01-01"} for year in range(1850, 2020)]}
    found = loaded.kb.client.search("entries", {"where": where, "facets": ["format"]})
    values = found["facets"]["format"]["values"]
    assert values
    assert {value["url"] for value in values} == {None}
