"""Nothing is ignored: an unknown, repeated or malformed part of an address is refused, by name and with a hint."""

from typing import Any

import pytest

from tests.client import problem
from tests.contract.conftest import LoadedService
from tests.corpus import Corpus

pytestmark = pytest.mark.one_engine


def errors(loaded: LoadedService, query: str, collection: str = "entries") -> list[dict[str, Any]]:
    refusal = loaded.kb.client.refused(f"/v1/{collection}?{query}")
    found: list[dict[str, Any]] = refusal["errors"]
    return found


@pytest.mark.parametrize(
    ("query", "parameter", "suggestion"),
    [
        ("topics=ethics", "topics", "topic"),
        ("formt=book", "formt", "format"),
        ("per-page=5", "per-page", "per_page"),
        ("page_size=5", "page_size", None),
        ("authr__not=ada", "authr__not", "author"),
        ("topic=ethcs", "topic", "ethics"),
        ("topic__exact=ethcs", "topic__exact", "ethics"),
        ("kind=publcation", "kind", "publication"),
        ("resource__not=landing-page", "resource__not", "landing_page"),
        ("relation=ispartof", "relation", "IsPartOf"),
        ("sort=titel", "sort", "title"),
        ("sort=-isued,title", "sort", "issued"),
        ("select=titel", "select", "title"),
        ("include=contributor", "include", "contributors"),
        ("facets=topics", "facets", "topic"),
    ],
)
def test_what_is_misspelt_is_named_with_the_nearest_name(
    loaded: LoadedService, query: str, parameter: str, suggestion: str | None
) -> None:
    (error,) = errors(loaded, query)
    assert error["parameter"] == parameter
    assert error["code"].startswith("unknown-")
    if suggestion:
        assert suggestion in error["allowed"]
        assert error["suggestion"] == suggestion


TERM_OPERATORS = ["all", "not", "exists", "exact"]
NOT_OF_A_TERM = "This operator does not apply to a field of type term."
DATE_OPERATORS = ["not", "gte", "lte", "gt", "lt", "within", "exists"]


@pytest.mark.parametrize(
    ("query", "message", "allowed"),
    [
        ("topic__=ethics", "Unknown operator.", TERM_OPERATORS),
        ("topic__any=ethics", NOT_OF_A_TERM, TERM_OPERATORS),
        ("topic__like=ethics", "Unknown operator.", TERM_OPERATORS),
        ("topic__all__not=ethics", "Unknown operator.", TERM_OPERATORS),
        ("topic__gte=a", NOT_OF_A_TERM, TERM_OPERATORS),
        ("issued__all=2020", "This operator does not apply to a field of type date.", DATE_OPERATORS),
        ("year__exact=2020", "This operator does not apply to a field of type year.", None),
        ("updated_at__all=2020", "This operator does not apply to a field of type instant.", None),
        ("kind__gte=event", "This operator does not apply to a field of type keyword.", None),
    ],
)
def test_an_operator_that_a_field_does_not_have_is_refused_with_those_that_it_has(
    loaded: LoadedService, query: str, message: str, allowed: list[str] | None
) -> None:
    parameter = query.partition("=")[0]
    (error,) = errors(loaded, query)
    assert (error["parameter"], error["code"], error["message"]) == (parameter, "unknown-operator", message)
    assert "any" not in error["allowed"]
    assert allowed is None or error["allowed"] == allowed
    field = parameter.partition("__")[0]
    for operator in error["allowed"]:
        again = loaded.kb.client.get(f"/v1/entries?{field}__{operator}=x")
        assert "unknown-operator" not in again.text


@pytest.mark.parametrize("query", ["title__gte=a", "title=Banana", "title__like=Banana"])
def test_what_is_sorted_by_alone_is_said_to_be(loaded: LoadedService, query: str) -> None:
    message = "Lists are sorted by this field, not filtered; search for words with `q`."
    (error,) = errors(loaded, query)
    assert error == {"parameter": query.partition("=")[0], "code": "unknown-operator", "message": message}


@pytest.mark.parametrize("query", ["sort=zzzzzz", "sort=relevance"])
def test_what_cannot_be_sorted_by_comes_with_what_can(loaded: LoadedService, query: str) -> None:
    (error,) = errors(loaded, query)
    assert {"title", "issued", "indexed_at"} <= {*error["allowed"]}
    for allowed in error["allowed"]:
        assert loaded.kb.client.get(f"/v1/entries?sort={allowed}").status_code == 200


def test_an_operator_needs_a_field(loaded: LoadedService) -> None:
    (error,) = errors(loaded, "__exists=true")
    assert (error["parameter"], error["code"]) == ("__exists", "unknown-parameter")


@pytest.mark.parametrize(
    "query",
    [
        "q=a&q=b",
        "page=1&page=2",
        "per_page=5&per_page=5",
        "cursor=*&cursor=*",
        "as=json&as=json",
        "facet_size=1&facet_size=2",
        "issued__gte=2020&issued__gte=2021",
        "doi__exists=true&doi__exists=false",
    ],
)
def test_a_single_parameter_given_twice_is_refused(loaded: LoadedService, query: str) -> None:
    parameter = query.partition("=")[0]
    assert (parameter, "repeated") in [(error["parameter"], error["code"]) for error in errors(loaded, query)]


@pytest.mark.parametrize(
    "query",
    [
        "page=0",
        "page=-1",
        "page=1.5",
        "page=one",
        "page=",
        "page=%C2%B2",
        "page=00000000001",
        "per_page=0",
        "per_page=501",
        "doi__exists=1",
        "doi__exists=TRUE",
        "doi__exists=",
        "doi=not-a-doi",
        "issued=2020-13",
        "issued=20",
        "issued__gte=2021-02-30",
        "year=20x0",
        "updated_at__gte=yesterday",
        "updated_at__lte=2026-01-01T25:00:00Z",
        "updated_at__gte=2026-01-01T00:00:00",
        "language=",
        "licence=",
        "topic=",
        "year=",
        "award_number__not=",
        "sort=",
        "select=",
        "facets=",
        "include=",
        "sort=title,,slug",
        "sort=title,title",
        "sort=title,-title",
        "sort=relevance",
        "q=a&sort=relevance,title",
        "page=2&cursor=*",
        "combine=some",
    ],
)
def test_a_value_that_means_nothing_here_is_refused(loaded: LoadedService, query: str) -> None:
    parameter = query.rpartition("=")[0].rpartition("&")[2]
    assert parameter in {error["parameter"] for error in errors(loaded, query)}


@pytest.mark.parametrize(
    "query", ["topic=%FF", "topic=%00", "q=a%00b", "q=%ED%A0%80", "%FF=1", "q=%1B[0m", "topic=%C3%28"]
)
def test_what_is_no_clean_text_is_refused(loaded: LoadedService, query: str) -> None:
    loaded.kb.client.refused(f"/v1/entries?{query}")


@pytest.mark.parametrize("name", ["sort", "select", "facets", "include"])
def test_a_list_may_be_repeated_instead_of_parted_by_commas(loaded: LoadedService, name: str) -> None:
    names = {"sort": ("title", "slug"), "select": ("title", "url"), "facets": ("topic", "kind")}
    one, other = names.get(name, ("contributors", "relations"))
    repeated = loaded.kb.client.json(f"/v1/entries?{name}={one}&{name}={other}")
    joined = loaded.kb.client.json(f"/v1/entries?{name}={one},{other}")
    assert repeated["results"] == joined["results"]
    assert repeated.get("facets", {}).keys() == joined.get("facets", {}).keys()


def test_all_that_is_wrong_is_said_at_once(loaded: LoadedService) -> None:
    named = {error["parameter"] for error in errors(loaded, "topics=a&issued=x&sort=y&topic=nothing")}
    assert named == {"topics", "issued", "sort", "topic"}


def test_no_rejected_value_is_repeated(loaded: LoadedService) -> None:
    for query in (
        "topic=s3cret-value",
        "issued=s3cret-value",
        "sort=s3cret-value",
        "s3cret-value=1x",
        "page=s3cret-value",
    ):
        text = loaded.kb.client.get(f"/v1/entries?{query}").text
        assert "s3cret-value" not in text.replace('"parameter": "s3cret-value"', "")


@pytest.mark.parametrize("path", ["/v1", "/v1/entries/fields", "/v1/events/fields"])
def test_addresses_without_parameters_take_none(loaded: LoadedService, path: str) -> None:
    assert loaded.kb.client.refused(f"{path}?verbose=1")["errors"][0]["parameter"] == "verbose"


def test_a_single_thing_takes_select_and_include_only(loaded: LoadedService) -> None:
    url = loaded.documents["entries"][0]["url"]
    for query in ("page=1", "topic=ethics", "facets=topic", "q=a", "cursor=*"):
        assert loaded.kb.client.refused(f"{url}?{query}")["errors"][0]["parameter"] == query.partition("=")[0]
    loaded.kb.client.refused(f"{url}?select=nothing")


def test_select_gives_those_members_in_that_order(loaded: LoadedService, collection: str) -> None:
    label = "name" if collection in ("people", "organisations") else "label" if collection == "topics" else "title"
    for each in loaded.kb.client.json(f"/v1/{collection}?select=slug,{label},slug")["results"]:
        assert list(each) == ["slug", label]
    url = loaded.documents[collection][0]["url"]
    assert list(loaded.kb.client.json(f"{url}?select={label}")) == [label, "links"]


def test_a_member_that_a_kind_lacks_is_left_out(loaded: LoadedService) -> None:
    for each in loaded.kb.client.json("/v1/entries?select=kind,venue&per_page=100")["results"]:
        assert list(each) == (["kind", "venue"] if each["kind"] == "publication" else ["kind"])


def test_include_puts_the_whole_document_beside_its_pointer(loaded: LoadedService) -> None:
    by_url = {each["url"]: each for documents in loaded.documents.values() for each in documents}
    pages = loaded.kb.client.walk("/v1/entries?include=contributors,relations&per_page=100")
    pointers = [pointer for each in pages for name in ("contributors", "relations") for pointer in each[name]]
    assert len(pointers) > 50
    assert all(pointer["document"] == by_url[pointer["url"]] for pointer in pointers)
    assert loaded.kb.client.refused("/v1/people?include=contributors")["errors"][0]["parameter"] == "include"


@pytest.mark.parametrize(
    "path",
    [
        "/v1/",
        "/v1/entries/",
        "/v1//entries",
        "//v1/entries",
        "/v1/entries/none/",
        "/v1/entries/fields/",
        "/v1/nothing",
        "/v1/nothing/fields",
        "/v1/nothing/at-all",
        "/v2",
        "/v1/entries.pdf",
        "/v1/entries/none.ris",
        "/v1/Entries",
        "/v1/entries/%20",
    ],
)
def test_what_is_not_there_is_404_without_a_redirect(loaded: LoadedService, path: str) -> None:
    assert "location" not in loaded.kb.client.get(path).headers
    loaded.kb.client.refused(path, 404)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("facet_size=5", "facet_size"),
        ("group_by=format&q=lantern&highlight=true", "highlight"),
        ("sample=5&sort=title", "sort"),
        ("seed=5", "seed"),
        ("sample=5&per_page=5", "per_page"),
        ("combine=all", "combine"),
        ("highlight=true", "highlight"),
        ("q=lantern&highlight=true&per_page=101", "per_page"),
        ("include=relations&select=title", "include"),
        ("include=relations,contributors&select=title,relations", "include"),
    ],
)
def test_what_would_mean_nothing_is_refused(loaded: LoadedService, query: str, parameter: str) -> None:
    assert [error["parameter"] for error in errors(loaded, query)] == [parameter]


@pytest.mark.parametrize(
    ("collection", "query", "suggestion"),
    [
        ("entries", "author=nobody-there-is", None),
        ("entries", "contributor=Ada Ark", "ada"),
        ("entries", "funder=nort", "north"),
        ("entries", "language=fr", None),
        ("events", "place=alpa", "Alpha"),
        ("events", "event_type__not=gamma", "Gamma delta"),
        ("sites", "nation=bet", "beta"),
        ("publications", "venue=delta", "Gamma delta"),
    ],
)
def test_a_value_that_nothing_has_is_refused_with_the_nearest(
    loaded: LoadedService, collection: str, query: str, suggestion: str | None
) -> None:
    (error,) = errors(loaded, query, collection)
    assert (error["code"], error.get("suggestion")) == ("unknown-value", suggestion)


def test_what_is_found_by_value_but_not_listed_may_be_anything(loaded: LoadedService) -> None:
    for query in ("slug=nothing", "doi=10.1234/nothing", "award_number=nothing", "identifier=nothing"):
        assert loaded.kb.client.json(f"/v1/entries?{query}")["meta"]["count"] == 0


@pytest.mark.parametrize(
    ("query", "detail"),
    [
        ("topic=ethics,trust", "`topic` is not a known term: for several, repeat the parameter."),
        ("topic=ethcs", "`topic` is not a known term. Did you mean `ethics`?"),
        ("topics=ethics", "Unknown parameter. Did you mean `topic`?"),
        ("page=0", "`page` must be a whole number from 1 to 10000."),
        ("highlight=true", "`highlight` requires `q`."),
        ("cursor=none", "`cursor` is not a cursor of this service."),
        ("issued=20x0", "`issued` must be a year, a month or a day, for example 2022, 2022-09 or 2022-09-29."),
        ("per_page=50&group_by=year", "`per_page` may have at most 10 with `group_by`."),
    ],
)
def test_the_detail_is_a_sentence_about_the_first_fault(loaded: LoadedService, query: str, detail: str) -> None:
    assert loaded.kb.client.refused(f"/v1/entries?{query}")["detail"] == detail


def test_a_term_is_suggested_by_its_other_names(seeded: Corpus) -> None:
    (fault,) = seeded.client.refused("/v1/publications?topic=ethics")["errors"]
    assert fault["suggestion"] == "trustworthy-innovation"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"page": -1}, "/page"),
        ({"facets": ["nothing"]}, "/facets"),
        ({"q": "x", "sample": 5, "sort": "title"}, "/sort"),
    ],
)
def test_a_fault_in_a_body_points_to_its_member(loaded: LoadedService, body: dict[str, object], pointer: str) -> None:
    answer = loaded.kb.client.request("POST", "/v1/publications/search", json=body)
    (fault,) = problem(answer, 400)["errors"]
    assert (fault["pointer"], "parameter" in fault) == (pointer, False)


@pytest.mark.parametrize(("body", "pointer"), [({"sort": [1]}, "/sort"), ([], "")])
def test_a_body_of_another_form_is_422(loaded: LoadedService, body: object, pointer: str) -> None:
    answer = loaded.kb.client.request("POST", "/v1/publications/search", json=body)
    assert {fault.get("pointer", "") for fault in problem(answer, 422)["errors"]} == {pointer}


@pytest.mark.parametrize("names", [[], [""]])
@pytest.mark.parametrize("member", ["sort", "select", "include", "facets"])
def test_a_list_that_names_nothing_is_not_passed_over(loaded: LoadedService, member: str, names: list[str]) -> None:
    response = loaded.kb.client.request("POST", "/v1/entries/search", json={member: names})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"].startswith(f"/{member}")
